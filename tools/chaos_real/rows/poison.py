"""Row 14: files that are meant to harm whoever reads them, and good ones with bytes changed."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from typing import Final

import numpy as np
from PIL import Image

from loupe.client.uploads import Wanted
from tools.chaos_real.photo import draw, encoded, kept
from tools.chaos_real.scene import Scene

MIB: Final = 1024 * 1024
WORKER_LIMIT: Final = 512 * MIB  # bytes of memory that a worker of analyze may have at the end
TYPES: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
FRAMES: Final = 1000
REASONS: Final = (
    *("UNSUPPORTED_TYPE", "TYPE_MISMATCH", "UNREADABLE", "TOO_MANY_PIXELS", "TOO_SMALL", "MULTIPLE_FRAMES"),
    *("TOO_COMPLEX", "EMPTY", "DECODER_CRASHED", "DECODER_TIMEOUT", "TOO_MUCH_MEMORY"),
)


def files(scene: Scene, runs: int) -> None:
    """Each file is a job of its own, and every fifth job is a good photo: all end, none is tried again."""
    before = {worker.pid for worker in scene.cloud.workers()}
    corpus = list(_corpus(scene.rng, runs - runs // 5))
    folder = scene.folder / "poison"
    folder.mkdir(exist_ok=True)

    def one(number: int) -> None:
        name, data, content_type = corpus[number]
        photo = kept(folder / f"{number}", data, content_type)
        wanted = Wanted(kind="inspection", photos=(photo,), options={"text": False, "colors": False})
        ends = () if name in HOPELESS else ("COMPLETED",)
        scene.start(wanted, ends=ends)

    scene.at_once(one, range(len(corpus)))
    good = scene.crowd(runs // 5, colors=False)
    scene.final(list(scene.cases))
    scene.runs = len(scene.cases)
    for job_id in scene.cases:
        job = scene.watch.latest(job_id) or {}
        scene.check(job.get("attempt", 0) <= 1, "I8", f"was worked on {job.get('attempt')} times", job_id)
    failed = [job for job in good if scene.state(job) != "COMPLETED"]
    scene.check(not failed, "I8", f"{len(failed)} good photos failed beside bad ones")
    after = scene.cloud.workers()
    scene.check({worker.pid for worker in after} == before, "I8", "a worker did not survive")
    for worker in after:
        used = worker.memory_info().rss
        scene.check(used <= WORKER_LIMIT, "I8", f"a worker has {used // MIB} MiB")


HOPELESS: Final = frozenset(
    {"bomb", "truncated", "frames", "long and thin", "svg", "noise", "png as jpeg", "a single byte", "flat"}
)


def _corpus(numbers: random.Random, count: int) -> Iterator[tuple[str, bytes, str]]:
    """Name, bytes and announced type of so many files."""
    made = list(_poison())
    yield from made[:count]
    for number in range(max(0, count - len(made))):
        encoder = list(TYPES)[number % len(TYPES)]
        yield "mutated", _mutated(encoded(draw(number), encoder), numbers), TYPES[encoder]


def _poison() -> Iterator[tuple[str, bytes, str]]:
    good = encoded(draw(1))
    yield "bomb", _grey_png(13_000, 13_000), "image/png"
    yield "long and thin", _grey_png(65_535, 1), "image/png"
    yield "truncated", good[: len(good) // 2], "image/jpeg"
    yield "a single byte", b"\xff", "image/jpeg"
    yield "frames", _animation(), "image/webp"
    yield "cmyk", encoded(draw(2).convert("CMYK")), "image/jpeg"
    yield "sixteen bits", _sixteen_bits(), "image/png"
    yield "bad colour profile", encoded(draw(3), icc_profile=b"\x00\x00\x00\x10acsp" * 40), "image/jpeg"
    yield "circular exif", _with_exif(good, _circular_exif()), "image/jpeg"
    yield "polyglot", good + b"PK\x03\x04" + b"<script>alert(1)</script>" * 50, "image/jpeg"
    yield "svg", b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', "image/jpeg"
    yield "noise", random.Random(5).randbytes(20_000), "image/png"  # noqa: S311 - the same noise every time
    yield "png as jpeg", encoded(draw(4), "PNG"), "image/jpeg"
    yield "flat", encoded(Image.new("RGB", (300, 300), "white")), "image/jpeg"


def _grey_png(width: int, height: int) -> bytes:
    """A black picture of any size in a few kilobytes."""
    squeeze = zlib.compressobj(1)
    row = bytes(1 + width)
    pixels = b"".join(squeeze.compress(row) for _ in range(height)) + squeeze.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    parts = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _animation() -> bytes:
    frames = [Image.new("RGB", (240, 240), (number % 256, 90, 40)) for number in range(FRAMES)]
    return encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])


def _sixteen_bits() -> bytes:
    values = np.random.default_rng(6).integers(0, 65_536, (240, 240), dtype=np.uint16)
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


def _circular_exif() -> bytes:
    """A TIFF directory that says it is followed by itself, and holds itself as the directory of the place."""
    entry = struct.pack("<HHII", 0x8825, 4, 1, 8)
    return b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", 1) + entry + struct.pack("<I", 8)


def _with_exif(jpeg: bytes, tiff: bytes) -> bytes:
    segment = b"Exif\x00\x00" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


def _mutated(data: bytes, numbers: random.Random) -> bytes:
    """A few bytes changed, or a piece cut out or repeated."""
    changed = bytearray(data)
    for _ in range(numbers.randint(1, 20)):
        changed[numbers.randrange(len(changed))] = numbers.randrange(256)
    if numbers.random() < 0.3:
        at = numbers.randrange(len(changed))
        piece = changed[at : at + numbers.randrange(400)]
        changed[at:at] = piece if numbers.random() < 0.5 else b""
        del changed[at : at + len(piece) // 2]
    return bytes(changed)
