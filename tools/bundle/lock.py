"""A function's share of the lock: what its own requirements.txt reaches through the `# via` notes of the whole one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from tools.bundle.refusal import BundleError

PIN: Final = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>\S+)")
VIA: Final = re.compile(r"^\s+#\s+(?:via\s+)?(?P<by>-r \S+|[A-Za-z0-9._-]+)\s*$")
HEAD: Final = "# Made by `python -m tools.bundle` from the lock; every package is pinned and hashed.\n"


class Locked(msgspec.Struct, frozen=True, kw_only=True):
    """One package of the lock: its version, its lines without the notes, and who asks for it."""

    name: str
    version: str
    text: str
    via: frozenset[str]


def share(lock: str, requirements: Path, asker: str) -> str:
    """The locked requirements of one function. `asker`: how the lock names its file. Raises BundleError."""
    packages = parse(lock)
    _check(packages, requirements, asker)
    wanted = {name for name, package in packages.items() if f"-r {asker}" in package.via}
    while more := {name for name, package in packages.items() if name not in wanted and package.via & wanted}:
        wanted |= more
    return HEAD + "".join(packages[name].text for name in sorted(wanted))


def parse(lock: str) -> dict[str, Locked]:
    """The packages of a lock as uv writes it."""
    found: dict[str, Locked] = {}
    for block in re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE):
        pin = PIN.match(block)
        if pin is None:
            continue
        lines = block.splitlines(keepends=True)
        noted = [VIA.match(line) for line in lines if line.lstrip().startswith("#")]
        found[canonicalize_name(pin["name"])] = Locked(
            name=canonicalize_name(pin["name"]),
            version=pin["version"],
            text="".join(line for line in lines if not line.lstrip().startswith("#")),
            via=frozenset(note["by"] for note in noted if note and note["by"] != "via"),
        )
    return found


def _check(packages: Mapping[str, Locked], requirements: Path, asker: str) -> None:
    """The lock is that of today's requirements, and every package has a hash."""
    for line in requirements.read_text().splitlines():
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            wanted = Requirement(text)
        except InvalidRequirement as error:
            raise BundleError(f"{asker} has a line that is no requirement: {text!r}") from error
        locked = packages.get(canonicalize_name(wanted.name))
        if locked is None or f"-r {asker}" not in locked.via or not wanted.specifier.contains(locked.version):
            raise BundleError(f"{asker} asks for {text}, and the lock does not hold it: run `make lock`")
    bare = sorted(package.name for package in packages.values() if "--hash=sha256:" not in package.text)
    if bare:
        raise BundleError(f"the lock has no hash of {', '.join(bare)}: run `make lock`")
