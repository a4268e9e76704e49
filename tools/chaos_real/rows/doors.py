"""Rows 17 to 19: signed URLs that were tampered with, bodies of other sizes, and photos that are put twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import quote

import httpx

from localcloud.faults.effects import Skew, Span
from localcloud.faults.rule import Rule
from loupe.client.uploads import Upload
from tools.chaos_real.photo import draw, encoded
from tools.chaos_real.scene import Scene

EACH: Final = 30  # requests for one job

Sent = tuple[str, str, dict[str, str]]  # method, URL, headers
Forge = Callable[[Upload, int], Sent]


def _parameter(name: str, change: Callable[[str, int], str]) -> Forge:
    def forged(upload: Upload, number: int) -> Sent:
        def changed(found: re.Match[str]) -> str:
            return f"{found[1]}{change(found[2], number)}"

        return upload.method, re.sub(rf"(X-Goog-{name}=)([^&]*)", changed, upload.url), upload.headers

    return forged


def _header(name: str, change: Callable[[str, int], str | None]) -> Forge:
    def forged(upload: Upload, number: int) -> Sent:
        value = change(upload.headers[name], number)
        rest = {key: kept for key, kept in upload.headers.items() if key != name}
        return upload.method, upload.url, rest if value is None else {**rest, name: value}

    return forged


def _other_nibble(text: str, number: int) -> str:
    """The signature with one of its hexadecimal digits changed."""
    at = number * 7 % len(text)
    return f"{text[:at]}{'0' if text[at] != '0' else '1'}{text[at + 1 :]}"


FORGERIES: Final[tuple[Forge, ...]] = (
    lambda upload, number: (upload.method, re.sub(r"/\d+\?", f"/{number + 1}?", upload.url), upload.headers),
    lambda upload, _: (upload.method, re.sub(r"/(high|normal|batch)/", "/other/", upload.url), upload.headers),
    lambda upload, number: (("POST", "DELETE", "GET", "PATCH")[number % 4], upload.url, upload.headers),
    _parameter("Signature", _other_nibble),
    _parameter("Expires", lambda value, number: str(int(value) + 1 + number)),
    _parameter("Date", lambda value, number: f"{value[:9]}{number % 24:02d}{(number * 7) % 60:02d}59Z"),
    _parameter("Credential", lambda value, number: value.replace("%2Fauto%2F", f"%2Feu{number}%2F")),
    _header("content-type", lambda _, number: f"image/x{number}"),
    _header("x-goog-content-length-range", lambda _, number: f"0,{10_000_000 + number}"),
    _header("x-goog-content-length-range", lambda *_: None),
    _header("x-goog-if-generation-match", lambda _, number: str(number + 1)),
    _header("x-goog-if-generation-match", lambda *_: None),
)


def tampered(scene: Scene, runs: int) -> None:
    """Every part of a signed URL and its headers is changed; then the URL itself still takes the photo, once."""
    for first in range(0, runs, EACH):
        wanted = scene.wanted(first)
        job_id, (upload,) = scene.create(wanted)
        content = wanted.photos[0].path.read_bytes()
        for number in range(first, min(first + EACH, runs)):
            forge = FORGERIES[number % len(FORGERIES)]
            method, url, headers = forge(upload, number // len(FORGERIES))
            answer = scene.phone.http.request(method, url, headers=headers, content=content)
            _refused(scene, job_id, answer, f"forgery {number % len(FORGERIES)}")
            scene.runs += 1
        with scene.faults(Rule(call="storage.clock", effect=Skew(seconds=Span(901, 901)))):
            answer = scene.phone.http.put(upload.url, headers=upload.headers, content=content)
            _refused(scene, job_id, answer, "an expired URL")
        _nothing_there(scene, job_id, wanted.priority)
        scene.send(job_id, (upload,), wanted.photos)


def other_sizes(scene: Scene, runs: int) -> None:
    """One byte more, one less, many more, none, and a body whose length is not told; then the right one."""
    for first in range(0, runs, EACH):
        wanted = scene.wanted(first)
        job_id, (upload,) = scene.create(wanted)
        content = wanted.photos[0].path.read_bytes()
        bodies: tuple[bytes | Iterator[bytes], ...]
        for number in range(first, min(first + EACH, runs)):
            bodies = (content + b"x", content[:-1], content * 50, b"", iter((content, b"x")), iter((content[:-1],)))
            answer = scene.phone.http.put(upload.url, headers=upload.headers, content=bodies[number % len(bodies)])
            _refused(scene, job_id, answer, f"body {number % len(bodies)}")
            scene.runs += 1
        _nothing_there(scene, job_id, wanted.priority)
        scene.send(job_id, (upload,), wanted.photos)


def put_twice(scene: Scene, runs: int) -> None:
    """Two different photos of one size are put at the same time, and a third one later: one is taken, once."""

    def one(number: int) -> None:
        wanted = scene.wanted(number)
        job_id, (upload,) = scene.create(wanted)
        content = wanted.photos[0].path.read_bytes()
        other = _as_long_as(content, number)
        scene.expect(job_id, sent=True)

        def put(body: bytes) -> int:
            return scene.phone.http.put(upload.url, headers=upload.headers, content=body).status_code

        codes = scene.at_once(lambda turn: put((content, other)[turn]), range(2))
        codes.append(put(other))
        scene.check(sorted(codes) == [200, 412, 412], "I9", f"three PUTs were answered {codes}", job_id)

    for number in range(runs):
        one(number)
    scene.runs = runs


def _as_long_as(content: bytes, number: int) -> bytes:
    """Another good photo of the same size: bytes after the end of a JPEG are no part of it."""
    for quality in (60, 40, 20):
        shorter = encoded(draw(9000 + number), quality=quality)
        if len(shorter) <= len(content):
            return shorter + bytes(len(content) - len(shorter))
    return content


def _refused(scene: Scene, job_id: str, answer: httpx.Response, what: str) -> None:
    scene.check(answer.is_client_error, "I5", f"{what} was answered {answer.status_code}", job_id)


def _nothing_there(scene: Scene, job_id: str, priority: str) -> None:
    bucket = scene.cloud.objects.bucket(scene.cloud.names.uploads_bucket)
    found = list(bucket.list_blobs(prefix=f"{quote(priority)}/{job_id}/"))
    scene.check(not found, "I5", f"{len(found)} objects were made by refused requests", job_id)
    state = scene.state(job_id)
    scene.check(state == "PENDING", "I5", f"is {state} though nothing was sent", job_id)
