import asyncio
import time

import pytest

from localcloud.pubsub.sender import Sender
from tests.contract.pubsub.endpoint import endpoint, status


def post(url, *, within):
    async def once():
        sender = Sender()
        try:
            return await sender.post(url, b"{}", {}, within=within)
        finally:
            await sender.close()

    return asyncio.run(once())


def after(seconds, text):
    def answer(handler):
        time.sleep(seconds)
        handler.wfile.write(text)

    return answer


def dripping(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(40):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize(
    "answer",
    [
        after(2, b"HTTP/1.1 204 No Content\r\n\r\n"),
        after(0, b"HTTP/1.1 102 Processing\r\n\r\n"),
        dripping,
    ],
    ids=["late", "only an interim answer", "a body that drips"],
)
def test_an_answer_has_to_be_complete_in_time(answer):
    with endpoint(answer) as there:
        start = time.monotonic()
        assert post(there.url, within=0.2) == "no answer within 0.2 s"
        assert time.monotonic() - start < 1.5


def test_an_interim_answer_may_precede_the_acknowledgement():
    with endpoint(after(0, b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")) as there:
        assert post(there.url, within=5) is None


def test_connections_are_used_again():
    ports = []

    def answer(handler):
        ports.append(handler.client_address[1])
        status(200, b"x" * 1000)(handler)

    async def several(url):
        sender = Sender()
        for _ in range(5):
            assert await sender.post(url, b"{}", {}, within=5) is None
        await sender.close()

    with endpoint(answer) as there:
        asyncio.run(several(there.url))
    assert len(set(ports)) == 1


@pytest.mark.parametrize(
    "url", ["http://nowhere.invalid/", "http://127.0.0.1:1/", "https://127.0.0.1:1/", "http://[::/"]
)
def test_an_endpoint_that_cannot_be_reached_is_said_to_be_so(url):
    assert post(url, within=5)


def test_an_endless_answer_acknowledges_all_the_same():
    def endless(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            handler.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n")

    with endpoint(endless) as there:
        assert post(there.url, within=5) is None


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with endpoint() as there:
        assert post(there.url, within=5) is None
