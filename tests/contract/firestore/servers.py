"""The Firestores that the contract is held against: ours, and Google's emulator where it is installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.running import free_ports

SDK_FOLDERS = ("/usr/lib/google-cloud-sdk", "/usr/share/google-cloud-sdk", "~/google-cloud-sdk")
START_SECONDS = 30


def official_emulator() -> Path | None:
    """The start script of Google's Firestore emulator, or None."""
    gcloud = shutil.which("gcloud")
    folders = [Path(folder).expanduser() for folder in SDK_FOLDERS]
    if gcloud is not None:
        folders.append(Path(gcloud).resolve().parent.parent)
    scripts = (folder / "platform/cloud-firestore-emulator/cloud_firestore_emulator" for folder in folders)
    return next((script for script in scripts if script.exists() and shutil.which("java")), None)


@contextlib.contextmanager
def running_official_emulator(script: Path, *, rules: Path | None = None) -> Iterator[str]:
    """`host:port` of the emulator, for the length of a `with` block; it applies `rules` to whoever is not its owner."""
    port = free_ports().firestore
    options = [f"--rules={rules}"] if rules else []
    process = subprocess.Popen(
        [script, "start", "--host=127.0.0.1", f"--port={port}", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _is_open(port):
            assert time.monotonic() < deadline, "the official emulator did not start"
            time.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
