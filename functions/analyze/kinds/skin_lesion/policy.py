"""What may be said of a lesion and when, as versioned data (`skin-policy.json`).

surest label     outcome         label shown     advice
below 50 %       INCONCLUSIVE    none            none
50 % to 80 %     GENERIC         yes             the same for every label
from 80 %        SPECIFIC        yes             that of the label
"""

from __future__ import annotations

import functools
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec

FILE: Final = Path(__file__).with_name("skin-policy.json")
LOWEST_SHOWN: Final = 0.5  # no edition of the policy may show a label below this,
LOWEST_SPECIFIC: Final = 0.8  # or give a label's advice below this

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Keys = tuple[str, ...]


class Verdict(StrEnum):
    """How much may be said."""

    INCONCLUSIVE = "inconclusive"
    GENERIC = "generic"
    SPECIFIC = "specific"


class Because(StrEnum):
    """Why less is said than the surest label would allow by itself, or nothing at all."""

    LOW_CONFIDENCE = "LOW_CONFIDENCE"  # no label reaches the lower bound
    DISAGREEMENT = "DISAGREEMENT"  # the photos seem to show different things
    TIE = "TIE"  # two labels are equally sure
    NOT_PROBABILITIES = "NOT_PROBABILITIES"  # the model's answer is none
    ONE_LABEL = "ONE_LABEL"  # a model with one label cannot be unsure
    NO_ADVICE = "NO_ADVICE"  # the policy has no advice for this label


class Bounds(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """From which probability on a label is shown, and from which on it has its own advice. Both inclusive."""

    shown: Share
    specific: Share


class RedFlags(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Labels of what must be seen soon: raised where one of them is surest, or all of them have `share` together."""

    labels: Keys
    share: Share


class Policy(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """One version of the policy. Advice and disclaimers are keys of the texts.

    `sum_tolerance`: how far probabilities may be from summing to 1. `tie_margin`: a lead of at most this is none.
    `max_disagreement`: above it photos contradict each other (see `aggregate`). `least_weight`: what a photo of quality
    0 counts.
    """

    version: str
    bounds: Bounds
    sum_tolerance: Share
    tie_margin: Share
    min_labels: int
    max_disagreement: Share
    least_weight: Annotated[float, msgspec.Meta(gt=0, le=1)]
    red_flags: RedFlags
    always: Keys
    red_flag: Keys
    generic: Keys
    specific: dict[str, Keys]
    disclaimers: Annotated[Keys, msgspec.Meta(min_length=1)]
    sample_disclaimer: str

    def __post_init__(self) -> None:
        bounds = self.bounds
        if not LOWEST_SHOWN <= bounds.shown <= bounds.specific or bounds.specific < LOWEST_SPECIFIC:
            raise ValueError(f"bounds may be raised, not lowered: {LOWEST_SHOWN} and {LOWEST_SPECIFIC} are the least")
        if self.min_labels < 2:
            raise ValueError("a model with fewer than two labels cannot be unsure: minLabels is at least 2")
        if not (self.always and self.red_flag):
            raise ValueError("there has to be advice to see a clinician, for all and for red flags")


def load_policy(file: Path) -> Policy:
    """Read a policy. Raises OSError or msgspec.ValidationError."""
    return msgspec.json.decode(file.read_bytes(), type=Policy)


@functools.cache
def default_policy() -> Policy:
    """The policy that ships beside the code."""
    return load_policy(FILE)
