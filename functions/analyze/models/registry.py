"""What is done with models: added once they are examined, verified, listed, promoted and rolled back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from . import aliases, examine
from .aliases import Aliases
from .library import Library, Taken, versions
from .manifest import MAX_MANIFEST, Manifest, dump
from .names import Reference, folder
from .store import ALIASES, CARD, MANIFEST, MODEL, PREPARED
from .structure import BadModel
from .trial import Verdict

MAX_CARD: Final = 256 * 1024  # bytes


class Added(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A model that was added, and what was measured on the way."""

    manifest: Manifest
    verdict: Verdict


class Checked(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One version looked at again; `problem` is empty where it holds."""

    model: str
    sha256: str
    sample: bool
    problem: str = ""
    run: dict[str, float] = {}


def add(library: Library, model: bytes, manifest: Manifest, card: str) -> Added:
    """Examine a model and keep it as the version that its manifest says.

    Raises BadModel where it is refused, Taken where there is such a version already.
    """
    sha256 = hashlib.sha256(model).hexdigest()
    if manifest.sha256 not in ("", sha256):
        raise BadModel(f"the file has the sha256 {sha256}; its manifest says {manifest.sha256}")
    if manifest.size not in (0, len(model)):
        raise BadModel(f"the file has {len(model)} bytes; its manifest says {manifest.size}")
    said = replace(manifest, sha256=sha256, size=len(model), prepared=None, threads=0)
    place = folder(said.name, said.version)
    if library.read(f"{place}/{MANIFEST}", limit=MAX_MANIFEST) is not None:
        raise Taken(f"{place} is there already; versions are never changed, only added")
    verdict, prepared = examine.tried(model, said)
    whole = replace(said, prepared=verdict.prepared, threads=verdict.threads)
    # The manifest last: without it there is no such version, and adding can be done again.
    parts = {MODEL: model, PREPARED: prepared, CARD: (card or drafted_card(whole)).encode(), MANIFEST: dump(whole)}
    for file, data in parts.items():
        if data:
            library.write(f"{place}/{file}", data, generation=0)
    return Added(manifest=whole, verdict=verdict)


def verify(library: Library, name: str = "", version: int = 0) -> Iterator[Checked]:
    """Look at all versions there are, or at some: manifest, hashes, and a trial of the model as at first."""
    for each, numbers in versions(library).items():
        for number in numbers:
            if name in ("", each) and version in (0, number):
                yield _checked(library, each, number)


def entries(library: Library) -> Iterator[dict[str, Any]]:
    """Every model with its versions, aliases and candidate."""
    for name, numbers in versions(library).items():
        known, _ = library.aliases(name)
        yield {
            "name": name,
            "aliases": known.aliases,
            "candidate": msgspec.to_builtins(known.candidate),
            "versions": [_brief(library, name, number) for number in numbers],
        }


def move(library: Library, name: str, change: Callable[[Aliases], Aliases]) -> Aliases:
    """Change the aliases of a model; somebody who changes them at the same time is not overwritten: Taken."""
    now, generation = library.aliases(name)
    new = change(now)
    if new != now:
        library.write(f"{name}/{ALIASES}", aliases.dump(new), generation=generation)
    return new


def promote(
    library: Library, name: str, version: int, *, alias: str, at: datetime, reason: str = ""
) -> tuple[Aliases, int]:
    """Have an alias point to a version, and answer what it pointed to before. Raises BadModel for no such version."""
    require(library, name, version)
    before = library.aliases(name)[0].aliases.get(alias, 0)
    return move(library, name, lambda now: aliases.promote(now, version, alias=alias, at=at, reason=reason)), before


def require(library: Library, name: str, version: int) -> Manifest:
    """The manifest of a version. Raises BadModel where there is none, ValueError where it does not hold."""
    manifest = library.manifest(name, version)
    if manifest is None:
        there = ", ".join(map(str, versions(library).get(name, []))) or "none"
        raise BadModel(f"there is no {name}/{version}; versions that are there: {there}")
    return manifest


def resolved(library: Library, reference: Reference) -> int:
    """The version that is meant. Raises BadModel where an alias points nowhere."""
    version = reference.version or library.aliases(reference.name)[0].aliases.get(reference.alias)
    if version is None:
        raise BadModel(f"there is no {reference}; `loupe models list` shows what there is")
    return version


def card(library: Library, name: str, version: int) -> str:
    """The card of a version; empty where it has none."""
    kept = library.read(f"{folder(name, version)}/{CARD}", limit=MAX_CARD)
    return kept.data.decode("utf-8", "replace") if kept else ""


def read_card(path: Path) -> str:
    """A card from a file. Raises BadModel for one that is too long or is no text."""
    data = path.read_bytes()
    if len(data) > MAX_CARD:
        raise BadModel(f"{path} has {len(data)} bytes; a card has at most {MAX_CARD}")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadModel(f"{path} is not text in UTF-8") from error


def drafted_card(manifest: Manifest) -> str:
    """A card for a model that comes without one: what its manifest says, in words."""
    labels = ", ".join(label.name for label in manifest.labels) or "none: it gives vectors"
    metrics = "\n".join(f"- {name}: {value}" for name, value in manifest.metrics.items()) or "None were given."
    sample = "**This is a sample model. Do not rely on what it says.**\n\n" if manifest.sample else ""
    return (
        f"# {manifest.name}, version {manifest.version}\n\n{sample}{manifest.description or 'No description.'}\n\n"
        f"## What it does\n\nTask: {manifest.task}. Labels: {labels}.\n\n"
        f"## Training data\n\n{manifest.training_data}\n\n## Metrics\n\n{metrics}\n\n## Licence\n\n{manifest.licence}\n"
    )


def _brief(library: Library, name: str, version: int) -> dict[str, Any]:
    try:
        manifest = require(library, name, version)
    except (BadModel, ValueError) as error:
        return {"version": version, "problem": str(error)}
    return {
        "version": version,
        "task": manifest.task,
        "labels": len(manifest.labels),
        "size": manifest.size,
        "sha256": manifest.sha256,
        "sample": manifest.sample,
        "licence": manifest.licence,
        "metrics": manifest.metrics,
    }


def _checked(library: Library, name: str, version: int) -> Checked:
    model = folder(name, version)
    try:
        manifest = require(library, name, version)
    except (BadModel, ValueError) as error:
        return Checked(model=model, sha256="", sample=False, problem=str(error))
    found = Checked(model=model, sha256=manifest.sha256, sample=manifest.sample)
    try:
        data = library.verified(manifest, prepared=False)
        if manifest.prepared:
            library.verified(manifest, prepared=True)
        verdict, _ = examine.tried(data, manifest)
    except (BadModel, ValueError) as error:
        return replace(found, problem=str(error))
    return replace(found, run=verdict.run)
