"""Row 13: signBlob of the IAM credentials API that is exhausted, away, silent, or talks nonsense."""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from google.auth.credentials import AnonymousCredentials

from localcloud.keys import SIGNER_EMAIL, Keys
from shared.errors import Unavailable
from shared.storage.credentials import TOTAL_TIMEOUT, IamSigning
from shared.storage.signing import UploadSigner
from tools.chaos_real.scene import Scene

WAYS: Final = ("503", "429", "nonsense", "nothing", "hang")
VARIABLE: Final = "STORAGE_EMULATOR_HOST"
SLACK: Final = 2.0  # seconds that a busy machine may take more than the three that are promised
HANG: Final = 8.0  # seconds


class _SignBlob(ThreadingHTTPServer):
    """A signBlob that behaves in one `way`, or signs with a key of the stack where there is none."""

    daemon_threads = True

    def __init__(self, keys: Keys) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.keys = keys
        self.way = ""
        self.asked = 0


class _Answer(BaseHTTPRequestHandler):
    server: _SignBlob

    def do_POST(self) -> None:
        self.server.asked += 1
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        way = self.server.way
        if way == "hang":
            time.sleep(HANG)
        if way in ("hang", "nothing"):
            self.close_connection = True
            return
        code = int(way) if way.isdigit() else 200
        answer = b"{" if way == "nonsense" else self._signed(base64.b64decode(body["payload"]))
        self.send_response(code)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        """Nothing is printed."""

    def _signed(self, payload: bytes) -> bytes:
        signature = self.server.keys.signer.sign(payload, padding.PKCS1v15(), hashes.SHA256())
        return json.dumps({"signedBlob": base64.b64encode(signature).decode()}).encode()


def sign_blob(scene: Scene, runs: int) -> None:
    """Each way in turn: the refusal comes in time and says so; a URL signed afterwards takes a photo."""
    with _served(Keys(Path(scene.cloud.running.data) / "keys")) as server:
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        credentials = IamSigning(SIGNER_EMAIL, AnonymousCredentials(), endpoint=endpoint)
        signer = _signer(scene, credentials)
        with contextlib.closing(credentials):
            for way in WAYS:
                server.way = way
                share = [number for number in range(runs) if WAYS[number % len(WAYS)] == way]
                scene.at_once(functools.partial(_refused, scene, server, signer), share)
            server.way = ""
            _taken(scene, signer)
        scene.hits, scene.runs = server.asked, runs


def _signer(scene: Scene, credentials: IamSigning) -> UploadSigner:
    """One whose URLs lead to the stack: that is read from the environment, once."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = scene.cloud.running.urls["storage"]
    try:
        return UploadSigner(credentials, bucket=scene.cloud.names.uploads_bucket)
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def _refused(scene: Scene, server: _SignBlob, signer: UploadSigner, number: int) -> None:
    began, answer = time.monotonic(), "a URL"
    try:
        signer.sign(f"normal/{'0' * 20}/{number}", content_type="image/jpeg", size=1, now=datetime.now(UTC))
    except Unavailable as refused:
        answer = refused.reason
    took = time.monotonic() - began
    scene.check(answer == "SIGNING_UNAVAILABLE", "I8", f"signBlob ({server.way}) came to {answer}")
    scene.check(took <= TOTAL_TIMEOUT + SLACK, "I8", f"signBlob ({server.way}) was waited for {took:.1f} s")


def _taken(scene: Scene, signer: UploadSigner) -> None:
    """A URL that was signed by signBlob puts a photo of a job."""
    wanted = scene.wanted()
    job_id, _ = scene.create(wanted)
    content = wanted.photos[0].path.read_bytes()
    name = f"{wanted.priority.value}/{job_id}/0"
    signed = signer.sign(name, content_type=wanted.photos[0].content_type, size=len(content), now=datetime.now(UTC))
    scene.expect(job_id, sent=True)
    answer = scene.phone.http.put(signed.url, headers=dict(signed.headers), content=content)
    scene.check(answer.status_code == 200, "I1", f"a good signature was answered {answer.status_code}", job_id)


@contextlib.contextmanager
def _served(keys: Keys) -> Iterator[_SignBlob]:
    server = _SignBlob(keys)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
