"""`python -m functions.analyze.models COMMAND …`: what `loupe models` runs. Prints one JSON value.

Ends with 0, or with 1 and one line on standard error that says what is wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from . import agreement, aliases, compare, draft, examine, names, registry
from .library import BucketLibrary, FolderLibrary, Library, Taken, next_version
from .manifest import MAX_MANIFEST, Manifest, parse
from .store import CARD, MANIFEST, MODEL
from .structure import BadModel


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked and print the answer; return the exit code."""
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError

    given = _parser().parse_args(arguments)
    asked = msgspec.json.decode(given.asked)
    try:
        answer = COMMANDS[given.command](_library(given), asked)
    except (BadModel, Taken, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (GoogleAPIError, GoogleAuthError) as error:
        sys.stderr.write(f"Google Cloud does not do what it is asked: {error}\n")
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    return 0


def _add(library: Library, asked: Mapping[str, Any]) -> Any:
    path = Path(asked["path"])
    file = path / MODEL if path.is_dir() else path
    model = examine.read(file)
    beside = Path(asked["manifest"]) if asked.get("manifest") else file.with_name(MANIFEST)
    if beside.is_file():
        manifest = _manifest(beside)
    else:
        said = asked["said"]
        if "name" not in said:
            raise BadModel(f"there is no {beside}: say --name and what else `loupe models add --help` lists")
        names.parse(said["name"])
        fields = {"version": next_version(library, said["name"]), **said}
        manifest = draft.drafted(examine.declared(model), fields)
    card = Path(asked["card"]) if asked.get("card") else file.with_name(CARD)
    return registry.add(library, model, manifest, registry.read_card(card) if card.is_file() else "")


def _manifest(path: Path) -> Manifest:
    if path.stat().st_size > MAX_MANIFEST:
        raise BadModel(f"{path} has {path.stat().st_size} bytes; {MAX_MANIFEST} are taken")
    return parse(path.read_bytes())


def _list(library: Library, _: Mapping[str, Any]) -> Any:
    return {"models": list(registry.entries(library))}


def _verify(library: Library, asked: Mapping[str, Any]) -> Any:
    meant = names.parse(asked["model"]) if asked["model"] else None
    version = registry.resolved(library, meant) if meant and "@" in asked["model"] else meant.version if meant else 0
    found = list(registry.verify(library, meant.name if meant else "", version))
    if meant and not found:
        raise BadModel(f"there is no {meant.name}{f'/{version}' if version else ''}; `loupe models list` shows what is")
    return {"models": found}


def _promote(library: Library, asked: Mapping[str, Any]) -> Any:
    meant = _version(asked["model"])
    at, alias = datetime.now(UTC), asked["alias"]
    names.parse(f"{meant.name}@{alias}")
    if asked.get("agreement") is not None:
        stable = library.aliases(meant.name)[0].aliases.get(names.STABLE, 0)
        found = compare.of(meant.name, stable, meant.version)
        why = agreement.refusal(found, least=asked["agreement"], jobs=asked["jobs"])
        if why:
            raise BadModel(f"{meant} is not promoted: {why}")
    why = asked.get("reason", "")
    now, before = registry.promote(library, meant.name, meant.version, alias=alias, at=at, reason=why)
    return {"name": meant.name, "alias": alias, "version": meant.version, "before": before, "aliases": now}


def _rollback(library: Library, asked: Mapping[str, Any]) -> Any:
    name, alias = asked["name"], asked["alias"]
    names.parse(f"{name}@{alias}")
    before = library.aliases(name)[0].aliases.get(alias, 0)
    now = registry.move(library, name, lambda now: aliases.rollback(now, alias=alias, at=datetime.now(UTC)))
    return {"name": name, "alias": alias, "version": now.aliases[alias], "before": before, "aliases": now}


def _shadow(library: Library, asked: Mapping[str, Any]) -> Any:
    meant = names.parse(asked["model"])
    candidate = None
    if asked["share"] is not None:
        manifest = registry.require(library, meant.name, _version(asked["model"]).version)
        if manifest.task == "embed":
            raise BadModel("vectors of two models cannot be compared, so there is no candidate for embed")
        if library.aliases(meant.name)[0].aliases.get(names.STABLE) == meant.version:
            raise BadModel(f"{meant} is @stable itself: a candidate is another version")
        candidate = aliases.Candidate(version=meant.version, share=asked["share"])
    now = registry.move(library, meant.name, lambda now: replace(now, candidate=candidate))
    return {"name": meant.name, "candidate": now.candidate, "aliases": now}


def _compare(library: Library, asked: Mapping[str, Any]) -> Any:
    meant = names.parse(asked["model"])
    known, _ = library.aliases(meant.name)
    candidate = meant.version or (known.candidate.version if known.candidate else 0)
    stable = asked["stable"] or known.aliases.get(names.STABLE, 0)
    if not candidate or not stable:
        raise BadModel(
            f"{meant.name} has no candidate: `loupe models shadow {meant.name}/VERSION --share 0.1` makes one"
        )
    found = compare.of(meant.name, stable, candidate)
    return {"name": meant.name, "stable": stable, "candidate": candidate, "summary": found}


def _quantize(library: Library, asked: Mapping[str, Any]) -> Any:
    from .quantize import quantized

    meant = names.parse(asked["model"])
    version = registry.resolved(library, meant)
    return quantized(
        library,
        registry.require(library, meant.name, version),
        version=next_version(library, meant.name),
        calibration=Path(asked["pictures"]),
        held_out=Path(asked["heldOut"]) if asked.get("heldOut") else None,
    )


def _card(library: Library, asked: Mapping[str, Any]) -> Any:
    meant = names.parse(asked["model"])
    version = registry.resolved(library, meant)
    manifest = registry.require(library, meant.name, version)
    return {"manifest": manifest, "card": registry.card(library, meant.name, version)}


def _version(text: str) -> names.Reference:
    meant = names.parse(text)
    if not meant.version:
        raise ValueError(f"say which version, as in {meant.name}/2")
    return meant


def _library(given: argparse.Namespace) -> Library:
    if given.folder:
        return FolderLibrary(Path(given.folder))
    from google.cloud import storage

    return BucketLibrary(storage.Client(), given.bucket)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="models", description="Models of a bucket or a folder.")
    parser.add_argument("command", choices=COMMANDS)
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--bucket")
    place.add_argument("--folder")
    parser.add_argument("--asked", default="{}", help="what is asked, as JSON")
    return parser


COMMANDS: Final[Mapping[str, Callable[[Library, Mapping[str, Any]], Any]]] = {
    "list": _list,
    "add": _add,
    "verify": _verify,
    "promote": _promote,
    "rollback": _rollback,
    "card": _card,
    "shadow": _shadow,
    "compare": _compare,
    "quantize": _quantize,
}

if __name__ == "__main__":
    sys.exit(main())
