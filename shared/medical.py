"""Kinds whose answers could be taken for medical ones: off in the cloud until the operator says what they are for.

What an operator intends a kind for decides whether it is a medical device, whatever the kind says of itself. So nobody
runs one in the cloud without having said that it is for research and education. A local stack is for trying out.
"""

from __future__ import annotations

from typing import Final, Literal

from shared.errors import FailedPrecondition
from shared.model.kinds import Kind

Acknowledged = Literal["", "research-and-education-only"]
SETTING: Final = "MEDICAL_INTENDED_USE_ACK"


def check_intended_use(kind: Kind, *, acknowledged: Acknowledged, in_cloud: bool) -> None:
    """Raise FailedPrecondition INTENDED_USE_NOT_ACKNOWLEDGED for a medical kind that nobody has answered for."""
    if kind.medical and in_cloud and not acknowledged:
        raise FailedPrecondition(
            "INTENDED_USE_NOT_ACKNOWLEDGED",
            f"The analysis {kind.name} is not available here: its operator has not acknowledged that it is for "
            f"research and education only, and no medical device. Operator: see {SETTING} in docs/settings.md.",
            kind=kind.name,
        )
