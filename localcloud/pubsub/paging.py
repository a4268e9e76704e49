"""Lists in pages, in order of name."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable

from localcloud.pubsub.refusals import invalid

DEFAULT_SIZE = 100
MAXIMUM_SIZE = 1000


def page(names: Iterable[str], *, size: int, token: str) -> tuple[list[str], str]:
    """One page of `names`, and the token of the next one (empty at the end).

    A page is empty-handed of nothing: it goes on after the last name seen, even if that is gone by now.
    Raises RpcError INVALID_ARGUMENT for a negative size or a token that was not made here.
    """
    if size < 0:
        raise invalid(f"page_size is {size}; it must not be negative.")
    after = _read(token)
    limit = min(size, MAXIMUM_SIZE) or DEFAULT_SIZE
    rest = sorted(name for name in names if name > after)
    return rest[:limit], _token(rest[limit - 1]) if len(rest) > limit else ""


def _token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _read(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid("page_token is not one that this service gave out.") from None
