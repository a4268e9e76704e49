"""Taking multipart bodies apart, however they are cut into chunks."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.storage.errors import Refusal
from localcloud.storage.multipart import Multipart, boundary

_nearly = st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--", b"b", b"\r\n--", b"\r\n--b", b"x"]), max_size=12)


async def taken_apart(body: bytes, cuts: list[int]) -> tuple[bytes, dict[str, str], bytes]:
    async def chunks():
        edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
        for start, end in itertools.pairwise(edges):
            yield body[start:end]

    parts = Multipart(chunks(), b"bound")
    head = await parts.short_part(1000)
    headers = await parts.media_headers()
    return head, headers, b"".join([chunk async for chunk in parts.media()])


@given(_nearly.map(b"".join), st.binary(max_size=20), st.lists(st.integers(0, 1000), max_size=8))
def test_parts_come_out_as_they_went_in(media, resource, cuts):
    body = b"--bound\r\nA: b\r\n\r\n" + resource + b"\r\n--bound\r\ncontent-type: x/y\r\n\r\n" + media
    head, headers, got = asyncio.run(taken_apart(body + b"\r\n--bound--\r\n", cuts))
    assert (head, headers, got) == (resource, {"content-type": "x/y"}, media)


def test_parts_need_no_headers():
    body = b"--bound\r\n\r\n{}\r\n--bound\r\n\r\nmedia\r\n--bound--"
    assert asyncio.run(taken_apart(body, [])) == (b"{}", {}, b"media")


@given(st.integers(0, 66))
def test_a_body_that_ends_too_early_is_refused(length):
    body = b"--bound\r\nA: b\r\n\r\n{}\r\n--bound\r\nA: b\r\n\r\nmedia that is long\r\n--bound--"
    with pytest.raises(Refusal):
        asyncio.run(taken_apart(body[:length], []))


def test_a_first_part_that_never_ends_is_not_collected_for_ever():
    read = 0

    async def endless():
        nonlocal read
        yield b"--bound\r\n\r\n"
        while True:
            read += 1
            yield b"x" * 1000

    with pytest.raises(Refusal):
        asyncio.run(Multipart(endless(), b"bound").short_part(10_000))
    assert read < 20


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("multipart/related; boundary=abc", b"abc"),
        ('multipart/related; boundary="===a b==="', b"===a b==="),
        ("Multipart/Mixed; charset=x; BOUNDARY=abc; more=1", b"abc"),
    ],
)
def test_the_boundary_is_found(header, expected):
    assert boundary(header) == expected


@pytest.mark.parametrize("header", ["", "multipart/related", "text/plain; boundary=a", "multipart/related; boundary="])
def test_without_a_boundary_there_are_no_parts(header):
    with pytest.raises(Refusal):
        boundary(header)
