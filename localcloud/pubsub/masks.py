"""Updates by field mask."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from localcloud.pubsub.refusals import invalid


def merge(target: Any, source: Any, mask: Any, *, changeable: AbstractSet[str]) -> None:
    """Copy the fields that `mask` names from `source` into `target`, clearing those that `source` lacks.

    Raises RpcError INVALID_ARGUMENT for an empty mask, an unknown field, or one that is not `changeable`.
    """
    if not mask.paths:
        raise invalid("The update_mask must be set and must name at least one field.")
    for path in mask.paths:
        if path.split(".")[0] not in changeable:
            raise invalid(f"The field {path[:100]!r} does not exist or cannot be updated.")
    if not mask.IsValidForDescriptor(target.DESCRIPTOR):
        raise invalid("The update_mask names a field that does not exist.")
    mask.MergeMessage(source, target, replace_message_field=True, replace_repeated_field=True)
