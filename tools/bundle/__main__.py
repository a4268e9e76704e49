"""`python -m tools.bundle [FUNCTION…]`: write the bundles and what Terraform has to know about them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from tools.bundle.archive import Bundle, bundle
from tools.bundle.refusal import BundleError

ROOT: Final = Path(__file__).resolve().parents[2]
VARIABLES: Final = "bundles.tfvars.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the bundles; 1 where one cannot be made."""
    parser = argparse.ArgumentParser(prog="python -m tools.bundle", description=__doc__)
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="all of them by default")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="the folder to write to (dist)")
    asked = parser.parse_args(arguments)
    try:
        made = [bundle(ROOT, function) for function in asked.functions or functions(ROOT)]
    except BundleError as error:
        print(f"No bundle was written: {error}.", file=sys.stderr)
        return 1
    write(made, asked.out)
    for one in made:
        shared = sum(name.startswith("shared/") for name in one.names)
        print(f"{one.file}  {len(one.data) / 1000:5.0f} kB  {len(one.names)} files, {shared} of them shared")
    return 0


def functions(root: Path) -> list[str]:
    """The functions that the repository at `root` has."""
    return sorted(path.parent.name for path in (root / "functions").glob("*/main.py"))


def write(made: Sequence[Bundle], out: Path) -> None:
    """Write the zips, remove older ones of the same functions, and tell Terraform which to take."""
    out.mkdir(parents=True, exist_ok=True)
    for one in made:
        (out / one.file).write_bytes(one.data)
        for older in out.glob(f"{one.function}-*.zip"):
            if older.name != one.file:
                older.unlink()
    variables = {"bundles": {**_kept(out), **{one.function: _told(one, out) for one in made}}}
    (out / VARIABLES).write_bytes(msgspec.json.format(msgspec.json.encode(variables)) + b"\n")


def _told(one: Bundle, out: Path) -> dict[str, str]:
    folder = os.path.relpath(out, ROOT / "terraform")  # Terraform reads paths from where it runs
    return {"file": f"{folder}/{one.file}", "sha256": one.sha256}


def _kept(out: Path) -> dict[str, dict[str, str]]:
    """What an earlier run said about functions that are not made anew."""
    try:
        told = msgspec.json.decode((out / VARIABLES).read_bytes(), type=dict[str, dict[str, dict[str, str]]])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
    return {name: one for name, one in told.get("bundles", {}).items() if (out / Path(one["file"]).name).is_file()}


if __name__ == "__main__":
    sys.exit(main())
