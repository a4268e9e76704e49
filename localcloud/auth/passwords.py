"""Passwords: which are accepted, and how they are kept (scrypt, one salt each, never in the event loop)."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import msgspec

from localcloud.auth.refusal import Refused

MIN_LENGTH: Final = 6
_WORKER: Final = ThreadPoolExecutor(1, "password")  # a hash takes 8 MB and a core for some 30 ms


class Password(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a password. `updated_at` is in milliseconds since 1970."""

    salt: bytes
    digest: bytes
    updated_at: int


async def protect(password: str) -> Password:
    """What to keep of `password`. Raises Refused (WEAK_PASSWORD) if it is too short."""
    if len(password) < MIN_LENGTH:
        raise Refused(f"WEAK_PASSWORD : Password should be at least {MIN_LENGTH} characters")
    salt = secrets.token_bytes(16)
    return Password(salt=salt, digest=await _digest(password, salt), updated_at=int(time.time() * 1000))


async def matches(password: str, kept: Password) -> bool:
    """Whether `password` is the one that was kept."""
    return secrets.compare_digest(await _digest(password, kept.salt), kept.digest)


async def _digest(password: str, salt: bytes) -> bytes:
    scrypt = partial(hashlib.scrypt, password.encode(), salt=salt, n=2**13, r=8, p=2)
    return await asyncio.get_running_loop().run_in_executor(_WORKER, scrypt)
