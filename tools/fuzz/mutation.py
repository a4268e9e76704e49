"""Ways to damage a file. Each takes the random numbers of one mutant, so that a number names a mutant for ever."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tools.fuzz.parts import join, split

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]

_LONGEST: Final = 2 * 2**20  # bytes: what grows beyond it is cut, so that speed stays what it is
_REPAIRED: Final = 0.7  # of all mutants; without, checksums would stop most of them at the door
_EDGES: Final = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutant(number: int, seeds: Sequence[bytes]) -> bytes:
    """The mutant of this number: one of the seeds, damaged one to four times."""
    rng = random.Random(number)  # noqa: S311 - to be repeated, not to be secret
    data = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        data = rng.choice(list(MUTATIONS.values()))(rng, data, seeds)[:_LONGEST]
    return join(split(data)) if rng.random() < _REPAIRED and data else data


def _place(rng: random.Random, data: bytes) -> int:
    """Anywhere; more often near the beginning, where headers are."""
    return rng.randrange(min(len(data), rng.choice((64, 700, len(data)))) or 1) if data else 0


def _flip(rng: random.Random, data: bytes, _seeds: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        if changed:
            changed[_place(rng, data)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwrite(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at, length = _place(rng, data), rng.choice((1, 4, 16, 256))
    run = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length)))
    return data[:at] + run + data[at + length :]


def _truncate(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    return data[: rng.choice((_place(rng, data), rng.randrange(64) * len(data) // 64, max(0, len(data) - 1)))]


def _insert(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = _place(rng, data)
    return data[:at] + rng.randbytes(rng.choice((1, 2, 4, 64, 4096))) + data[at:]


def _delete(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    at = _place(rng, data)
    return data[:at] + data[at + rng.choice((1, 2, 4, 64, 4096)) :]


def _field(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A number of the header set to a value at which arithmetic goes wrong."""
    at, width = _place(rng, data), rng.choice(("B", "H", "I"))
    value = rng.choice(_EDGES) % 2 ** (8 * struct.calcsize(width))
    written = struct.pack(rng.choice("<>") + width, value)
    return data[:at] + written + data[at + len(written) :]


def _splice(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """The beginning of one file and the end of another."""
    other = rng.choice(seeds)
    return data[: _place(rng, data)] + other[_place(rng, other) :]


def _pieces(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """Whole pieces doubled, left out, exchanged, damaged inside, or taken from another file."""
    pieces, other = split(data), split(rng.choice(seeds))
    at, place = rng.randrange(len(pieces)), rng.randrange(len(pieces))
    match rng.randrange(6):
        case 0:
            pieces[at:at] = [pieces[at]] * rng.choice((1, 2, 40))
        case 1:
            del pieces[at]
        case 2:
            pieces[at], pieces[place] = pieces[place], pieces[at]
        case 3:
            pieces[at] = _field(rng, pieces[at], seeds)
        case 4:
            pieces[at] = _flip(rng, pieces[at], seeds)
        case _:
            pieces[at:at] = [rng.choice(other)]
    return join(pieces) if pieces else b""


MUTATIONS: Final[Mapping[str, Mutation]] = {
    "flip bits": _flip,
    "overwrite": _overwrite,
    "truncate": _truncate,
    "insert": _insert,
    "delete": _delete,
    "edit a number": _field,
    "splice": _splice,
    "move pieces": _pieces,
}
