"""The page of results: one file that needs nothing else, and trusts nothing that came out of a photo."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from loupe.demo.verdicts import Shown
from loupe.view import words
from loupe.view.lesion import percent
from loupe.view.words import harmless
from shared.version import VERSION

TEMPLATE: Final = Path(__file__).with_name("page.html")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of text found in a photo; `number` is that of its box."""

    number: int
    text: str
    share: str


class Color(msgspec.Struct, frozen=True, kw_only=True):
    """A dominant colour: its channels, its name, and how much of the photo has it, in percent."""

    channels: tuple[int, int, int]
    name: str
    percent: float


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A named fact about a photo."""

    name: str
    value: str
    link: str = ""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page says of one sample."""

    title: str
    file: str
    state: str
    job_id: str
    surprise: str
    picture: str = ""  # data: URL
    thumbnail: str = ""
    quality: float | None = None
    error: str = ""
    reason: str = ""
    warnings: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    wordless: bool = False  # text was looked for, and there is none
    colors: tuple[Color, ...] = ()
    facts: tuple[Fact, ...] = ()
    times: tuple[Fact, ...] = ()
    engine: str = ""
    answer: str = ""  # of a classifier, with how sure it is
    advice: tuple[str, ...] = ()
    disclaimers: tuple[str, ...] = ()


def render(shown: Sequence[Shown], *, at: datetime) -> str:
    """The page as HTML."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    cards = [card(one) for one in shown]
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        cards=cards,
        engines=sorted({one.engine for one in cards if one.engine}),
        completed=sum(one.state == "COMPLETED" for one in cards),
        failed=sum(one.state != "COMPLETED" for one in cards),
        surprises=sum(bool(one.surprise) for one in cards),
        seconds=max((one.outcome.seconds for one in shown), default=0.0),
        made=at.strftime("%Y-%m-%d %H:%M"),
        version=VERSION,
    )


def card(shown: Shown) -> Card:
    """What the page says of one sample."""
    outcome, sample = shown.outcome, shown.sample
    if outcome.result is None:
        message = outcome.refusal.message if outcome.refusal else "There is no result."
        return Card(
            title=sample.title,
            file=sample.path.name,
            state="REFUSED",
            job_id="",
            surprise=shown.surprise,
            error=message,
        )
    result = outcome.result
    job, image = result.job, result.images[0] if result.images else {}
    error = job.get("error") or {}
    full = (result.reports.get("inspection") or {}).get("full") or {}
    lesion = (result.reports.get("skin_lesion") or {}).get("full") or {}
    return Card(
        title=sample.title,
        file=sample.path.name,
        state=str(job["state"]),
        job_id=result.job_id,
        surprise=shown.surprise,
        picture=_data_url("image/jpeg", shown.annotated),
        thumbnail=_data_url("image/webp", shown.thumbnail),
        quality=(image.get("quality") or {}).get("score"),
        error=harmless(error.get("message", "")),
        reason=harmless(error.get("reason", "")),
        warnings=tuple(harmless(one["message"]) for one in [*job["warnings"], *job["degraded"]]),
        lines=tuple(
            Line(number=number, text=harmless(finding["value"]), share=words.share(finding["score"]))
            for number, finding in enumerate(result.findings, start=1)
        ),
        wordless=full.get("text") == [],
        colors=tuple(_color(color) for color in full.get("colors") or ()),
        facts=tuple(_facts(image, sample.path.stat().st_size)),
        times=tuple(_times(job, outcome.seconds)),
        engine=harmless((job.get("provenance") or {}).get("vision", "")),
        answer=_answer(lesion) if lesion else "",
        advice=tuple(harmless(one["text"]) for one in lesion.get("advice") or ()),
        disclaimers=tuple(harmless(one["text"]) for one in lesion.get("disclaimers") or ()),
    )


def _answer(lesion: Mapping[str, Any]) -> str:
    return f"{harmless(lesion['message'])} ({percent(lesion['confidence'])})"


def _facts(image: Mapping[str, Any], size: int) -> list[Fact]:
    exif, gps = image.get("exif") or {}, image.get("gps")
    dimensions = words.dimensions(image)
    found = [
        Fact(name="Photo", value=" · ".join(part for part in (dimensions, words.size(size)) if part)),
        Fact(name="Camera", value=words.camera(exif)),
        Fact(name="Taken", value=words.taken(exif)),
        Fact(name="Place", value=words.place(gps), link=words.map_url(gps) if gps else ""),
    ]
    return [fact for fact in found if fact.value]


def _times(job: Mapping[str, Any], seconds: float) -> list[Fact]:
    made, began, done = (_time(job.get(name)) for name in ("createTime", "startTime", "completeTime"))
    spans = (("sent and queued", made, began), ("analysed", began, done))
    parts = [Fact(name=name, value=_span(start, end)) for name, start, end in spans if start and end]
    return [*parts, Fact(name="in all, as the phone saw it", value=f"{seconds:.2f} s")]


def _time(text: object) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None


def _span(start: datetime, end: datetime) -> str:
    return f"{(end - start).total_seconds():.2f} s"


def _color(color: Mapping[str, Any]) -> Color:
    red, green, blue = (max(0, min(255, int(color[channel]))) for channel in ("red", "green", "blue"))
    return Color(
        channels=(red, green, blue), name=harmless(color["hex"]), percent=round(100 * float(color["share"]), 1)
    )


def _data_url(kind: str, content: bytes | None) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}" if content else ""
