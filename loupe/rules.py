"""From what a person types to a rule for faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from localcloud.faults.effects import (
    Corrupt,
    Drop,
    Duplicate,
    Effect,
    Error,
    Hang,
    Malformed,
    Reorder,
    Skew,
    Span,
    Truncate,
)
from localcloud.faults.rule import Rule
from loupe.trouble import Misuse

SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

_DURATION: Final = re.compile(r"([+-]?[0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h)")

Asked = Mapping[str, Any]

# Option → effect. Options that only say more about an effect stand in ALONG with the one they belong to.
EFFECTS: Final[Mapping[str, Callable[[Asked], Effect]]] = {
    "code": lambda asked: Error(code=asked["code"]),
    "hang": lambda _: Hang(),
    "drop": lambda _: Drop(),
    "truncate": lambda asked: Truncate(share=asked["truncate"], silent=asked["silent"]),
    "corrupt": lambda asked: Corrupt(part=asked["corrupt"]),
    "malformed": lambda _: Malformed(),
    "duplicate": lambda asked: Duplicate(ids=asked["duplicate"], copies=asked["copies"] or 1),
    "reorder": lambda asked: Reorder(window=asked["reorder"], within_ms=_milliseconds(asked["within"] or "1s")),
    "skew": lambda asked: Skew(seconds=parse_span(asked["skew"])),
}
ALONG: Final = {"silent": "truncate", "copies": "duplicate", "within": "reorder"}


def rule_from(call: str, asked: Asked) -> Rule:
    """The rule that the options of `loupe faults add` describe. Raises Misuse for options that do not go together."""
    chosen = [name for name in EFFECTS if _given(asked[name])]
    if len(chosen) > 1:
        raise Misuse(f"One rule has one effect, not {' and '.join(map(_option, chosen))}. Add a rule for each.")
    for name, main in ALONG.items():
        if _given(asked[name]) and main not in chosen:
            raise Misuse(f"{_option(name)} goes together with {_option(main)} only.")
    delay = parse_span(asked["delay"]) if asked["delay"] else None
    return Rule(
        call=call,
        effect=EFFECTS[chosen[0]](asked) if chosen else None,
        delay_ms=Span(delay.low * 1000, delay.high * 1000) if delay else None,
        applied=asked["applied"],
        p=asked["p"],
        count=asked["count"],
        after=asked["after"],
        seed=asked["seed"],
        match=_match(asked["match"]),
    )


def parse_span(text: str) -> Span:
    """`200ms`, `-5m` or `1s..2.5s`, in seconds. Raises Misuse."""
    first, dots, second = text.partition("..")
    low = _seconds(first)
    high = _seconds(second) if dots else low
    if low > high:
        raise Misuse(f"{text!r} goes from the larger to the smaller; turn it round.")
    return Span(low, high)


def _seconds(text: str) -> float:
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise Misuse(f"{text[:40]!r} is not a time: a number with ms, s, m or h, such as 200ms, 1.5s or 1s..3s")
    return round(float(found[1]) * SECONDS[found[2]], 6)


def _milliseconds(text: str) -> int:
    return round(_seconds(text) * 1000)


def _match(given: Sequence[str]) -> dict[str, str]:
    wanted = {}
    for text in given:
        name, equals, prefix = text.partition("=")
        if not (name and equals):
            raise Misuse(f"{text[:40]!r} is not DETAIL=PREFIX, as in --match document=jobs/")
        wanted[name] = prefix
    return wanted


def _given(value: object) -> bool:
    return value is not None and value is not False


def _option(name: str) -> str:
    return f"--{name}"
