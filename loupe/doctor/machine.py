"""The machine: Python, the installed packages, the disk, the data folder, the clock."""

from __future__ import annotations

import platform
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

from loupe.doctor.finding import Finding, bad, good, warning

OLDEST: Final = (3, 11)
LOCKED: Final = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^]]*\])?==(?P<version>[^ ;\\]+)\s*(;(?P<marker>[^\\]*))?")
NEEDED_BYTES: Final = 200_000_000
COMFORTABLE_BYTES: Final = 2_000_000_000
CLOCK_ERROR: Final = 2.0  # seconds between the system's clock and the file system's
GB: Final = 1e9


def look(root: Path, data: Path) -> Iterator[Finding]:
    """Everything about the machine; `root` is the repository."""
    yield python()
    yield packages(root / "requirements.txt")
    yield disk(data)
    yield folder(data)
    yield clock(root, data)


def python() -> Finding:
    """The version of this interpreter."""
    found = platform.python_version()
    if sys.version_info < OLDEST:
        return bad("Python", found, "Install Python 3.11 or newer, then: make clean setup PYTHON=python3.11")
    return good("Python", f"{found} ({platform.system()} {platform.machine()})")


def packages(lock: Path) -> Finding:
    """Whether what is installed is what requirements.txt says."""
    wrong = [text for text in (_difference(line) for line in lock.read_text().splitlines()) if text]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return bad("Packages", "; ".join(wrong[:3]) + more, "Install the locked versions with: make setup")
    return good("Packages", "as locked in requirements.txt")


def disk(data: Path) -> Finding:
    """Room for photos and results."""
    free = shutil.disk_usage(_existing(data)).free
    detail = f"{free / GB:.1f} GB free"
    if free < NEEDED_BYTES:
        return bad("Disk", detail, f"Make room, or keep the data elsewhere: loupe up --data DIR (now {data})")
    if free < COMFORTABLE_BYTES:
        return warning("Disk", detail, f"Make room before long: {data} grows with every photo.")
    return good("Disk", detail)


def folder(data: Path) -> Finding:
    """Whether the data folder can be written, and is nobody else's to read."""
    where = _existing(data)
    try:
        with tempfile.TemporaryFile(dir=where):
            pass
    except OSError as error:
        return bad("Data folder", f"{where}: {(error.strerror or '').lower()}", "Choose another: loupe up --data DIR")
    if where == data and data.stat().st_mode & 0o077:
        return warning("Data folder", f"{data} can be read by others, and it holds keys", f"chmod 700 {data}")
    return good("Data folder", str(data))


def clock(root: Path, data: Path) -> Finding:
    """Whether the clock can be right: tokens and signed URLs stand and fall with it."""
    now = time.time()
    if now < (root / "requirements.txt").stat().st_mtime - CLOCK_ERROR:
        return bad("Clock", time.strftime("%Y-%m-%d %H:%M"), "Set the system's clock: it is behind this repository.")
    with tempfile.NamedTemporaryFile(dir=_existing(data)) as file:
        apart = abs(Path(file.name).stat().st_mtime - time.time())
    if apart > CLOCK_ERROR:
        return warning("Clock", f"{apart:.0f} s apart from the file system's", "Let the system set its time (NTP).")
    return good("Clock", time.strftime("%Y-%m-%d %H:%M:%S %Z"))


def _existing(path: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    return next(one for one in (path, *path.parents) if one.is_dir())


def _difference(line: str) -> str:
    """How an installed package differs from a locked line; empty where it does not, or is not wanted here."""
    from packaging.markers import Marker

    found = LOCKED.match(line)
    if found is None or (found["marker"] and not Marker(found["marker"].strip()).evaluate()):
        return ""
    try:
        installed = metadata.version(found["name"])
    except metadata.PackageNotFoundError:
        return f"{found['name']} is missing"
    return "" if installed == found["version"] else f"{found['name']} is {installed}, not {found['version']}"
