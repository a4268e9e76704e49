"""The guarded child: does one task with what comes by standard input, until it ends.

Started by the guard with nothing of its environment. It limits itself before it loads a decoder, and goes when the
guard goes, because its standard input ends then.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from types import TracebackType
from typing import BinaryIO

import msgspec

from .tasks import Task
from .wire import OUT_OF_MEMORY, read_frame, write_frame


def main() -> int:
    """Serve until the end of standard input."""
    # Signals to the whole process group are for the guard's process. If they ended this one first, a shutdown would
    # look like a photo that crashes its decoder.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.excepthook = _one_line
    try:
        # Own descriptors for the frames, so that nothing that a library prints gets between them.
        with os.fdopen(os.dup(0), "rb") as source, os.fdopen(os.dup(1), "wb") as sink:
            os.dup2(2, 1)
            first = read_frame(source)
            if first is not None:
                _serve(msgspec.msgpack.decode(first, type=Task), source, sink)
    except MemoryError:
        return OUT_OF_MEMORY
    except BrokenPipeError:  # the guard is gone
        return 0
    return 0


def _serve(task: Task, source: BinaryIO, sink: BinaryIO) -> None:
    _limit_memory(task.memory)
    answer = _load(task.entry)
    write_frame(sink, b"")
    while (payload := read_frame(source)) is not None:
        _limit_cpu(task.cpu_seconds)
        write_frame(sink, answer(payload))
        del payload  # the next one is read while this one would still take its place


def _load(entry: str) -> Callable[[bytes], bytes]:
    """The function that does the task; modules are named from the function's folder on, two packages up from here."""
    module, _, name = entry.partition(":")
    assert __package__  # noqa: S101 - boot.py loads this module as part of a package
    answer: Callable[[bytes], bytes] = getattr(import_module(f"..{module}", __package__), name)
    return answer


def _limit_memory(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of address space
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _limit_cpu(seconds: int) -> None:
    """So many seconds from now on; going over them ends the process by SIGXCPU."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + 1 + seconds, hard))


def _one_line(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Where it failed, for the log; not the message, which may hold something out of the photo."""
    del error
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    sys.stderr.write(f"guarded child: {kind.__name__} at {place}\n")
