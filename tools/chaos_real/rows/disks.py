"""Row 28: a disk without room, and bodies that are larger than any that is taken."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx

from localcloud.topology import PUSHED
from tools.chaos_real.instances import NotHere, instance, pushed_to
from tools.chaos_real.people import stranger
from tools.chaos_real.rows.strangers import claims, token_of
from tools.chaos_real.scene import Scene

ROOM: Final = 64 * 1024  # bytes of the disk
LARGEST: Final = 32 * 1024 * 1024 + 1  # bytes, one more than Cloud Run takes


def full(scene: Scene, runs: int) -> None:
    """All jobs go to an instance whose TMPDIR has no byte left. Then bodies of 32 MB and a byte to every function."""
    with (
        _no_room(scene.folder / "full") as disk,
        instance(scene.cloud, scene.folder, "small-disk", TMPDIR=str(disk)) as url,
        pushed_to(scene.cloud, dict.fromkeys(PUSHED, url)),
    ):
        _fill(disk)
        scene.final(scene.crowd(runs))
        scene.quiet()
    scene.runs = runs + _too_large(scene)


def _too_large(scene: Scene) -> int:
    """Refused as the caller's fault, or dropped; the functions go on."""
    urls, body = scene.cloud.running.urls, bytes(LARGEST)
    person = stranger(scene.cloud)
    pusher = {"Authorization": f"Bearer {token_of(scene.cloud, claims(scene.cloud))}"}
    json = {**person.headers, "Content-Type": "application/json"}
    ways = ((f"{urls['upload']}/v1/jobs", json, 400), (urls["analyze"], pusher, 204))
    for url, headers, right in ways:
        with contextlib.suppress(httpx.WriteError, httpx.ReadError):  # hung up in the middle: that is refused, too
            code = httpx.post(url, content=body, headers=headers, timeout=60, trust_env=False).status_code
            scene.check(code == right, "I8", f"{LARGEST} bytes to {url} were answered {code}")
    for name in ("upload", "status", "analyze"):
        code = httpx.get(f"{urls[name]}/healthz", timeout=20, trust_env=False).status_code
        scene.check(code == 200, "I8", f"{name} answered {code} after a body that is too large")
    return len(ways)


@contextlib.contextmanager
def _no_room(folder: Path) -> Iterator[Path]:
    """A small file system of its own."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)],  # noqa: S607 - wherever the system has it
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        raise NotHere(f"needs the right to mount a small disk: {mounted.stderr.strip()[:100]}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607


def _fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1024))
