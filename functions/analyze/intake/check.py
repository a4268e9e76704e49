"""`python -m functions.analyze.intake.check FILE…`: judge files, one JSON object per line and file, in their order.

With `--names` the files are named on standard input, each name ended by a zero byte: any name, and any number of them.
Ends with 0 when all files were judged, whatever the verdicts; with 1 when no decoder could be started.
"""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import msgspec

from shared.model.quality import default_policy

from .guard import Guard, GuardStarvedError, GuardUnavailableError
from .refusal import Refused, rejected
from .tasks import JUDGE, TASKS
from .verdict import Judged

_PICTURES: Final = ("normalized", "thumbnail", "pixels")
_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the verdicts as they come, and return the exit code."""
    parser = argparse.ArgumentParser(prog="check", description="Judge photos as the intake does.")
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--names", action="store_true", help="read the names from standard input")
    given = parser.parse_args(arguments)
    files: list[str] = [*given.files, *(_names() if given.names else ())]
    if not files:
        parser.error("name at least one file")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        with Guard(children=cores) as guard, ThreadPoolExecutor(cores) as workers:
            for line in workers.map(lambda file: _line(file, guard), files):
                sys.stdout.buffer.write(line + b"\n")
                sys.stdout.buffer.flush()
    except GuardUnavailableError as error:
        sys.stderr.write(f"check: no decoder could be started: {error}\n")
        return 1
    except BrokenPipeError:  # nobody reads on; what is left in the buffer has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _names() -> list[str]:
    return [os.fsdecode(name) for name in sys.stdin.buffer.read().split(b"\0") if name]


def judge_file(file: str, guard: Guard) -> Judged:
    """The verdict on a file; one that cannot be read is rejected. Raises GuardUnavailableError."""
    try:
        return guard.judge(_read(file))
    except Refused as refused:
        return rejected(refused)
    except GuardStarvedError:
        return rejected(Refused("DECODER_TIMEOUT", seconds=TASKS[JUDGE].seconds))


def _read(file: str) -> bytes:
    """The content, if it is not more than is taken anyway. Raises Refused."""
    limit = default_policy().limits.max_bytes
    try:
        status = Path(file).stat()  # before opening: a pipe that nobody writes to would be waited for
        if not stat.S_ISREG(status.st_mode):
            raise Refused("NOT_A_FILE", found=_kind(status.st_mode))
        if status.st_size > limit:
            raise Refused("TOO_LARGE", megabytes=status.st_size / 2**20, limit=limit / 2**20)
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
            content: bytes | None = opened.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise Refused("FILE_NOT_FOUND") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Refused("NOT_READABLE", why=why.lower()) from None
    if content is None:  # a file of the kernel's, for whose next line one would wait
        raise Refused("NOT_READABLE", why="it has nothing to read yet")
    return content


def _kind(mode: int) -> str:
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")


def _line(file: str, guard: Guard) -> bytes:
    """One JSON object: the file and everything known of it but the pictures made of it."""
    fields: dict[str, Any] = msgspec.to_builtins(judge_file(file, guard))
    for picture in _PICTURES:
        del fields[picture]
    # File names are bytes: one that is not UTF-8 must not spoil the line.
    return msgspec.json.encode({"file": os.fsencode(file).decode("utf-8", "replace"), **fields})


if __name__ == "__main__":
    sys.exit(main())
