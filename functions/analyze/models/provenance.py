"""What every result says of the model that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..kinds.port import Model


def provenance(model: Model) -> dict[str, str]:
    """Name, version, hash, and whether it is a sample, for `Analysis.provenance`."""
    return {
        "model": model.name,
        "modelVersion": str(model.version),
        "modelSha256": model.sha256,
        "modelSample": "true" if model.sample else "false",
    }
