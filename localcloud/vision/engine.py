"""The engine's process: `python -m localcloud.vision.engine` reads tasks on standard input and writes what it found.

It ends when its input ends, even in the middle of a task, so it never outlives the process that started it.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

import msgspec
from PIL import Image

from localcloud.vision.findings import LENGTH, Findings, Task, framed
from localcloud.vision.picture import BadImage, Picture, decode


def text(picture: Picture) -> Any:
    """What the picture says."""
    from localcloud.vision.text import read_text

    return read_text(picture)


def colours(picture: Picture) -> Any:
    """Which colours it has."""
    from localcloud.vision.colours import dominant_colours

    return dominant_colours(picture)


# By the name of the field of Findings that each of them fills; each loads its libraries when it is first asked.
ENGINES: dict[str, Callable[[Picture], Any]] = {"text": text, "colours": colours}


def main() -> None:
    """Serve tasks, one after the other, until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends the input
    sys.addaudithook(_stay_offline)
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get among the answers
    tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()
    while True:
        answers.write(framed(perform(tasks.get())))
        answers.flush()


def perform(task: Task) -> Findings:
    """Run the engines that the task names on its image."""
    if task.content is None:
        blank = Picture(image=Image.new("RGB", (320, 240), "white"), width=320, height=240)
        for name in task.engines:
            ENGINES[name](blank)
        return Findings()
    try:
        picture = decode(task.content)
    except BadImage:
        return Findings(bad=True)
    found = {name: ENGINES[name](picture) for name in task.engines}
    return Findings(width=picture.width, height=picture.height, **found)


def _listen(tasks: queue.SimpleQueue[Task]) -> None:
    try:
        while True:
            length = int.from_bytes(_read(LENGTH), "big")
            tasks.put(msgspec.msgpack.decode(_read(length), type=Task))
    except EOFError:
        pass
    finally:
        os._exit(0)


def _read(size: int) -> bytes:
    """So many bytes of standard input, past Python's buffer, which the main thread could not leave locked behind."""
    data = bytearray()
    while len(data) < size:
        part = os.read(0, min(size - len(data), 1024 * 1024))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def _stay_offline(event: str, _arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.getaddrinfo"}:
        raise RuntimeError("the image engine never uses the network")


if __name__ == "__main__":
    main()
