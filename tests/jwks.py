"""A publisher of keys and an issuer of tokens for tests: a real HTTP server and real RS256 signatures."""

from __future__ import annotations

import contextlib
import functools
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

PROJECT = "demo-loupe"
KEY_ID = "k1"


@functools.cache
def _rsa_keys() -> list[RSAPrivateKey]:
    return [generate_private_key(65537, 2048) for _ in range(2)]


def rsa_key(number: int = 0) -> RSAPrivateKey:
    """One of two keys, made once per test run."""
    return _rsa_keys()[number]


def key_set(**keys: RSAPrivateKey) -> dict[str, Any]:
    """The JSON Web Key Set of the keys by id."""
    public = {name: jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) for name, key in keys.items()}
    return {"keys": [{**value, "kid": name, "alg": "RS256", "use": "sig"} for name, value in public.items()]}


def signed(claims: dict[str, Any], *, key: Any = None, algorithm: str = "RS256", **headers: Any) -> str:
    """A token; claims that are None are left out."""
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key or rsa_key(), algorithm, headers={"kid": KEY_ID, **headers})


def id_claims(uid: str = "alice", **changes: Any) -> dict[str, Any]:
    """The claims of a good ID token."""
    now = int(time.time())
    claims = {
        "iss": f"https://securetoken.google.com/{PROJECT}",
        "aud": PROJECT,
        "sub": uid,
        "iat": now,
        "exp": now + 3600,
        "auth_time": now,
        "firebase": {"sign_in_provider": "anonymous"},
    }
    return {**claims, **changes}


@dataclass
class Publisher:
    """What the key server answers, and how often it was asked."""

    keys: dict[str, Any] = field(default_factory=lambda: key_set(k1=rsa_key()))
    status: int = 200
    body: bytes | None = None
    delay: float = 0.0
    asked: int = 0
    url: str = ""


@contextlib.contextmanager
def publisher() -> Iterator[Publisher]:
    """A key server on a free port."""
    state = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            time.sleep(state.delay)
            body = state.body if state.body is not None else json.dumps(state.keys).encode()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(state.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/keys"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
