"""What a photo must be to be accepted: limits, thresholds and sizes, as versioned data (`quality-policy.json`).

analyze goes by it and status serves it, so that an app can warn before it uploads. docs/quality.md says how good it is.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

import msgspec

FILE: Final = Path(__file__).with_name("quality-policy.json")


class Limits(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Checked before anything is decoded: bytes, pixels per side, pixels in all, and how little they are packed into.

    A progressive JPEG is gone over once per scan and held whole, so it has limits of its own. `max_ratio` is of
    unpacked bytes (three per pixel) to the file's, for what goes over `free_pixels`.
    """

    max_bytes: int
    max_side: int
    max_pixels: int
    max_ratio: int
    free_pixels: int
    max_progressive_pixels: int
    max_progressive_scans: int
    min_side: int


class Condition(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True
):
    """Holds while a metric is strictly below or strictly above a bound."""

    metric: str
    below: float | None = None
    above: float | None = None

    def holds(self, value: float) -> bool:
        """Whether `value` meets every bound that is given."""
        return (self.below is None or value < self.below) and (self.above is None or value > self.above)


class Emptiness(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A way of showing nothing: the photo is rejected where all conditions hold."""

    conditions: tuple[Condition, ...]
    message: str


class Rule(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """A soft rule: warns where the metric is on the worst side of `warn`; `worst` scores 0, `good` scores 100.

    It is asked only where all conditions of `when` hold.
    """

    reason: str
    when: tuple[Condition, ...] = ()
    metric: str
    worst: float
    warn: float
    good: float


class Derived(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The pictures made of a photo. Sides are long edges in pixels, qualities are the encoders' 0 to 100.

    `smallest_decode` is the share of `normalized_side` below which a scaled decode would lose too much detail.
    """

    smallest_decode: float
    normalized_side: int
    normalized_bytes: int
    normalized_qualities: tuple[int, ...]
    thumbnail_side: int
    thumbnail_quality: int
    pixels_side: int


class Policy(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """One version of the policy. Metrics are measured at `measuring_side` pixels, so that they compare.

    `unasked` names, for a kind, the reasons whose rules are not asked of its photos: what they show is so by nature.
    """

    version: str
    limits: Limits
    measuring_side: int
    empty: tuple[Emptiness, ...]
    rules: tuple[Rule, ...]
    unasked: dict[str, tuple[str, ...]]
    retake: dict[str, str]
    derived: Derived

    def asked(self, kind: str) -> tuple[Rule, ...]:
        """The rules for photos of a kind."""
        return tuple(rule for rule in self.rules if rule.reason not in self.unasked.get(kind, ()))


def load_policy(file: Path) -> Policy:
    """Read a policy. Raises OSError or msgspec.ValidationError."""
    return msgspec.json.decode(file.read_bytes(), type=Policy)


@functools.cache
def default_policy() -> Policy:
    """The policy that ships beside the code."""
    return load_policy(FILE)
