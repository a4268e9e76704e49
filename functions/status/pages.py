"""Page tokens: where the next page begins, signed, and good for the same caller and the same question alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer

from shared.errors import InvalidArgument

DEFAULT_SIZE: Final = 20
MAX_SIZE: Final = 100


def page_size(asked: int) -> int:
    """How many to answer: 0 is the default, more than the most is the most. Raises PAGE_SIZE_INVALID below 0."""
    if asked < 0:
        message = f"pageSize is a number from 1 to {MAX_SIZE}; leave it out for {DEFAULT_SIZE}."
        raise InvalidArgument("PAGE_SIZE_INVALID", message, max=str(MAX_SIZE))
    return min(asked or DEFAULT_SIZE, MAX_SIZE)


class Pages:
    """Makes and reads page tokens. `question` is all that a token is bound to: who asks, what for, which filter."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def token(self, question: Sequence[str], after: Any) -> str:
        """The token of the page that begins after the place `after` (JSON values)."""
        return str(self._serializer(question).dumps(after))

    def after(self, question: Sequence[str], token: str, into: Any) -> Any:
        """The place that a token names, of type `into`. Raises InvalidArgument PAGE_TOKEN_INVALID."""
        try:
            return msgspec.convert(self._serializer(question).loads(token), into)
        except (BadSignature, msgspec.ValidationError) as error:
            raise InvalidArgument(
                "PAGE_TOKEN_INVALID",
                "This pageToken is not one of this list with this filter. Leave it out to begin with the first page.",
                internal=str(error),
            ) from error

    def _serializer(self, question: Sequence[str]) -> URLSafeSerializer:
        salt = msgspec.json.encode(list(question))
        return URLSafeSerializer(self._secret, salt, signer_kwargs={"digest_method": hashlib.sha256})
