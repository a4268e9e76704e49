"""Files that were made to break whoever opens them, the same ones every time. None comes from elsewhere."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
import numpy as np
from PIL import Image, ImageCms

Encoded = Callable[[], bytes]
FRAMES: Final = 1000
CUTS: Final = 64
SCRIPT: Final = b"<script>alert(document.domain)</script>"


class Monster(msgspec.Struct, frozen=True, kw_only=True):
    """A file, how it was announced, and what is to be said of it: a reason, or None where it is a photo after all."""

    name: str
    data: bytes
    reason: str | None
    declared: str | None = None


def names() -> list[str]:
    """All but the cut ones."""
    return [*_PICTURES, *_DISGUISED]


def made(name: str) -> Monster:
    """One of them; some take a second to make, and a quarter of a gigabyte."""
    make, reason = _PICTURES.get(name) or _DISGUISED[name]
    return Monster(name=name, data=make(), reason=reason, declared="image/jpeg" if name in _DISGUISED else None)


def cut(data: bytes) -> Iterator[bytes]:
    """The file broken off at every 64th of it, and one byte before its end."""
    yield from (data[: len(data) * part // CUTS] for part in range(1, CUTS))
    yield data[:-1]


def view(width: int = 640, height: int = 480, seed: int = 0) -> Image.Image:
    """Something to look at: shaded blocks under a little noise."""
    random = np.random.default_rng(seed)
    small = Image.fromarray(random.integers(20, 236, (24, 32, 3), dtype=np.uint8))
    noise = random.normal(0, 4, (height, width, 1))
    shaded = np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))
    return Image.fromarray(np.clip(shaded + noise, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, encoder: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, encoder, **options)
    return buffer.getvalue()


def png(width: int, height: int, *, depth: int = 8, color: int = 0, level: int = 1, before: bytes = b"") -> bytes:
    """An all but black PNG by its bit depth and colour type; each row begins with a byte of noise."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    length = (width * channels * depth + 7) // 8
    squeeze, random = zlib.compressobj(level), np.random.default_rng(1)
    rows = (b"\0" + random.bytes(1) + bytes(length - 1) for _ in range(height))
    pixels = b"".join(squeeze.compress(row) for row in rows) + squeeze.flush()
    palette = chunk(b"PLTE", bytes(range(256)) * 3) + chunk(b"tRNS", bytes(range(256))) if color == 3 else b""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + before + palette + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _animated(encoder: str) -> bytes:
    frames = [Image.new("RGB", (64, 64), (number % 256, number // 4, 90)) for number in range(FRAMES)]
    return encoded(frames[0], encoder, save_all=True, append_images=frames[1:], duration=40)


def _scans(count: int) -> bytes:
    """A progressive JPEG whose last scan is there again and again."""
    data = encoded(view(300, 300), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * count + data[-2:]


def _claims(width: int, height: int) -> bytes:
    """A JPEG whose header says that it is of another size."""
    data = bytearray(encoded(view()))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def _segments(count: int) -> bytes:
    data = encoded(view())
    return data[:2] + b"\xff\xef\x00\x02" * count + data[2:]


def _sixteen_bits() -> bytes:
    return encoded(Image.fromarray(np.asarray(view().convert("L")) * np.uint16(257)), "PNG")


def _profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("photo.jpg", SCRIPT)
    return buffer.getvalue()


def _webp(width: int, height: int) -> bytes:
    """A WebP whose header promises a canvas of that size."""
    canvas = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + (10).to_bytes(4, "little") + canvas + encoded(view(64, 64), "WEBP")[12:]
    return b"RIFF" + len(body).to_bytes(4, "little") + body


_PICTURES: Final[Mapping[str, tuple[Encoded, str | None]]] = {
    "PNG that unpacks to 169 megapixels": (lambda: png(13_000, 13_000), "TOO_MANY_PIXELS"),
    "PNG that unpacks to 400 megapixels": (lambda: png(20_000, 20_000, depth=1), "TOO_MANY_PIXELS"),
    "PNG of 49 megapixels, a thousandth of its size": (lambda: png(7000, 7000, level=9), "TOO_COMPRESSED"),
    "PNG of 49 megapixels, RGBA": (lambda: png(7000, 7000, color=6), "EMPTY"),
    "PNG of 49 megapixels, 16 bits, RGB": (lambda: png(7000, 7000, depth=16, color=2), "EMPTY"),
    "PNG of 49 megapixels, transparent palette": (lambda: png(7000, 7000, color=3), "EMPTY"),
    "PNG of 49 megapixels, one bit": (lambda: png(12_000, 4100, depth=1, level=0), "EMPTY"),
    "PNG with a text of 64 MB in it": (
        lambda: png(300, 300, before=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**26), 9))),
        "UNREADABLE",
    ),
    "PNG with a colour profile of 64 MB": (
        lambda: png(300, 300, before=chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(2**26), 9))),
        "UNREADABLE",
    ),
    "PNG of 1.5 million chunks": (lambda: png(300, 300, before=chunk(b"teSt", b"") * 1_500_000), "UNREADABLE"),
    "PNG, 65,535 x 1": (lambda: png(65_535, 1), "TOO_MANY_PIXELS"),
    "JPEG, 65,500 x 1": (lambda: encoded(Image.new("RGB", (65_500, 1))), "TOO_MANY_PIXELS"),
    "JPEG, 1 x 12,000": (lambda: encoded(Image.new("RGB", (1, 12_000))), "TOO_SMALL"),
    "JPEG, 12,000 x 224": (lambda: encoded(view(12_000, 224)), None),
    "JPEG that claims 65,500 x 65,500": (lambda: _claims(65_500, 65_500), "TOO_MANY_PIXELS"),
    "JPEG that claims 7,000 x 7,000": (lambda: _claims(7000, 7000), "TOO_COMPRESSED"),
    "JPEG that claims to be twice as high": (lambda: _claims(640, 960), "UNREADABLE"),
    "JPEG of 48 megapixels": (lambda: encoded(view(2016, 1512).resize((8064, 6048)), quality=60), None),
    "JPEG of 28 megapixels, progressive": (
        lambda: encoded(view(1550, 1150).resize((6200, 4600)), quality=60, progressive=True),
        "TOO_COMPLEX",
    ),
    "JPEG of 2,000 scans": (lambda: _scans(2000), "TOO_COMPLEX"),
    "JPEG of 5 million segments": (lambda: _segments(5_000_000), "UNREADABLE"),
    "JPEG, CMYK": (lambda: encoded(view().convert("CMYK")), None),
    "JPEG, CMYK of 24 megapixels": (
        lambda: encoded(view(1500, 1000).convert("CMYK").resize((6000, 4000)), quality=60),
        None,
    ),
    "JPEG with a profile that is none": (lambda: encoded(view(), icc_profile=SCRIPT), None),
    "JPEG with half a profile": (lambda: encoded(view(), icc_profile=_profile()[:250]), None),
    "JPEG, grey, with a profile for RGB": (lambda: encoded(view().convert("L"), icc_profile=_profile()), None),
    "PNG, 16 bits of grey": (_sixteen_bits, None),
    "PNG, palette": (lambda: encoded(view().quantize(64), "PNG"), None),
    "WebP of 1,000 frames": (lambda: _animated("WEBP"), "MULTIPLE_FRAMES"),
    "PNG of 1,000 frames": (lambda: _animated("PNG"), "MULTIPLE_FRAMES"),
    "WebP of 16,383 x 16,383": (lambda: _webp(16_383, 16_383), "TOO_MANY_PIXELS"),
    "JPEG with a ZIP archive behind it": (lambda: encoded(view()) + _archive(), None),
    "JPEG with a script in its comment": (lambda: encoded(view(), comment=SCRIPT), None),
    "PNG with a script behind it": (lambda: encoded(view(), "PNG") + SCRIPT, None),
}


_DISGUISED: Final[Mapping[str, tuple[Encoded, str | None]]] = {
    "GIF of 1,000 frames, as JPEG": (lambda: _animated("GIF"), "UNSUPPORTED_TYPE"),
    "SVG, as JPEG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>", "UNSUPPORTED_TYPE"),
    "HTML, as JPEG": (lambda: b"<!doctype html>" + SCRIPT, "UNSUPPORTED_TYPE"),
    "ZIP, as JPEG": (_archive, "UNSUPPORTED_TYPE"),
    "PNG, as JPEG": (lambda: encoded(view(), "PNG"), "TYPE_MISMATCH"),
    "nothing at all": (lambda: b"", "EMPTY_FILE"),
    "21 MB": (lambda: encoded(view()) + bytes(21 * 2**20), "TOO_LARGE"),
}
