"""A push endpoint: a real HTTP server that answers as a test says and remembers what it was sent."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """One request that arrived."""

    body: dict[str, Any]
    headers: dict[str, str]
    path: str
    at: float

    @property
    def data(self) -> bytes:
        return base64.b64decode(self.body["message"].get("data", ""))


Answer = Callable[[BaseHTTPRequestHandler], None]


def status(code: int, body: bytes = b"", **headers: str) -> Answer:
    """Answers with a status code."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        if code >= 200 and code != 204:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@dataclass
class Endpoint:
    """`answers` are given to the first requests, the last one to all others."""

    url: str = ""
    answers: list[Answer] = field(default_factory=lambda: [status(204)])
    pushed: list[Pushed] = field(default_factory=list)
    under_way: int = 0

    def data(self) -> list[bytes]:
        return [one.data for one in self.pushed]

    def next_answer(self, pushed: Pushed) -> Answer:
        self.pushed.append(pushed)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # a connection that finds no place is tried again only after a second


@contextlib.contextmanager
def endpoint(*answers: Answer) -> Iterator[Endpoint]:
    """An endpoint on a free port."""
    state = Endpoint(answers=list(answers) or [status(204)])
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            pushed = Pushed(body=body, headers=dict(self.headers), path=self.path, at=time.monotonic())
            with lock:
                answer = state.next_answer(pushed)
                state.under_way += 1
            try:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    answer(self)
            finally:
                state.under_way -= 1

        def log_message(self, *_: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/push?token=1"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def dead_url() -> str:
    """A URL where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/push"
