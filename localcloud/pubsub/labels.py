"""Labels of topics and subscriptions."""

from __future__ import annotations

from collections.abc import Mapping

from localcloud.pubsub.refusals import invalid

_COUNT_LIMIT = 64
_LENGTH_LIMIT = 63  # characters of a key or a value


def check_labels(labels: Mapping[str, str]) -> None:
    """Raises RpcError INVALID_ARGUMENT for too many labels or too long ones."""
    if len(labels) > _COUNT_LIMIT:
        raise invalid(f"There are {len(labels)} labels; the limit is {_COUNT_LIMIT}.")
    for key, value in labels.items():
        if not 1 <= len(key) <= _LENGTH_LIMIT or len(value) > _LENGTH_LIMIT:
            raise invalid(f"The keys and values of labels have at most {_LENGTH_LIMIT} characters: {key[:100]!r}.")
