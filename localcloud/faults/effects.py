"""What can befall a call. Each effect is a frozen struct, told apart in JSON by its `kind`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

import msgspec

LONGEST_MS: Final = 600_000


class Span(msgspec.Struct, frozen=True, array_like=True):
    """From `low` to `high`, both included; one number is drawn for every hit. In JSON `[low, high]`."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"a span goes from low to high, not from {self.low:g} to {self.high:g}")

    def at(self, share: float) -> float:
        """The number at a share (0 to 1) of the way from low to high."""
        return self.low + (self.high - self.low) * share


class _Effect(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", rename="camel", forbid_unknown_fields=True):
    """`sided` effects can be `applied`: they come after what the call does, and before its caller is told.

    Effects that `ends` a call leave nothing for other rules to do.
    """

    sided: ClassVar[bool] = False
    ends: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The kind, as the table of calls has it."""
        return str(self.__struct_config__.tag)


class Error(_Effect, frozen=True, tag="error"):
    """The call is refused with a code: `UNAVAILABLE`, `ABORTED`, 503, 429 …; a stream breaks after its first answer
    if `applied`.
    """

    code: str | int
    sided: ClassVar[bool] = True
    ends: ClassVar[bool] = True


class Hang(_Effect, frozen=True, tag="hang"):
    """Nothing more happens until the caller gives up or the rule is removed."""

    sided: ClassVar[bool] = True
    ends: ClassVar[bool] = True


class Drop(_Effect, frozen=True, tag="drop"):
    """The connection ends without an answer; a notification or a delivery gets lost on its way."""

    sided: ClassVar[bool] = True
    ends: ClassVar[bool] = True


class Truncate(_Effect, frozen=True, tag="truncate"):
    """Only a share of the body passes: of an upload's, or if `applied` of its answer's; of any other call's answer.

    The connection ends there. `silent`: the answer says itself that it is so short.
    """

    share: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.5
    silent: bool = False
    sided: ClassVar[bool] = True


class Corrupt(_Effect, frozen=True, tag="corrupt"):
    """One bit in the middle of the body changes, or with `header` the checksums in the answer's `x-goog-hash`."""

    part: Literal["body", "header"] = "body"
    sided: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """Not every call whose body can be changed tells a checksum."""
        return "corrupt" if self.part == "body" else "corrupt header"


class Malformed(_Effect, frozen=True, tag="malformed"):
    """The answer comes, with a status of success, and cannot be read."""


class Duplicate(_Effect, frozen=True, tag="duplicate"):
    """So many copies more, at the same time, under the same message id or each under a new one."""

    ids: Literal["same", "new"] = "same"
    copies: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1

    @property
    def name(self) -> str:
        """What is published gets a new id in any case."""
        return f"duplicate {self.ids}"


class Reorder(_Effect, frozen=True, tag="reorder"):
    """Calls wait until there are `window` of them, or `within_ms` have passed, and go on in another order."""

    window: Annotated[int, msgspec.Meta(ge=2, le=1000)]
    within_ms: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_MS)] = 1000


class Skew(_Effect, frozen=True, tag="skew"):
    """A service's clock is ahead by so many seconds, or behind if they are negative."""

    seconds: Span


Effect = Error | Hang | Drop | Truncate | Corrupt | Malformed | Duplicate | Reorder | Skew
