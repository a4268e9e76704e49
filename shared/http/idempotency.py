"""The key by which a repeated request is known: the header Idempotency-Key, or `requestId` in the body."""

from __future__ import annotations

import re
from typing import Final

from shared.errors import InvalidArgument

HEADER: Final = "Idempotency-Key"
KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


def idempotency_key(header: str | None, request_id: str | None) -> str | None:
    """The key that a repeated request is known by, from the header or the body; None where there is none.

    Raises InvalidArgument IDEMPOTENCY_KEY_INVALID where it is malformed, or where the two differ.
    """
    keys = {key for key in (header, request_id) if key is not None}
    if len(keys) > 1 or not all(KEY.fullmatch(key) for key in keys):
        raise InvalidArgument(
            "IDEMPOTENCY_KEY_INVALID",
            "Idempotency-Key (or requestId; if both are sent, the same) takes 1 to 255 visible ASCII characters. "
            "A random UUID does.",
        )
    return keys.pop() if keys else None
