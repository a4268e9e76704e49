"""Kind `color_correction`: the photo as its colour chart says that it should be, with evidence.

The work is done in a guarded child (`task.py`), which alone loads what decodes and calculates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from shared.errors import FailedPrecondition, InvalidArgument, NotFound
from shared.model.job import Warned

from ..port import Analysis, Box, Drawn, Finding

if TYPE_CHECKING:
    from ..port import Photo, Tools
    from .order import Answer, Kept

REPORT: Final = "color_correction"
CHARTS: Final = ("classic_after_2014", "classic_before_2014", "loupe_card")


def correct(photos: Sequence[Photo], options: Mapping[str, Any], tools: Tools) -> Analysis:
    """Correct one photo.

    `options`: `chart`, one of CHARTS, where only that one shall be looked for; `reference`, the id of another job of
    the owner, whose correction is taken; `report` (true unless said otherwise) and `lut`. Raises InvalidArgument for a
    photo that cannot be corrected, NotFound REFERENCE_NOT_FOUND, FailedPrecondition REFERENCE_UNUSABLE.
    """
    from .order import TASK, Answer, Order

    (photo,) = photos
    order = Order(
        photo=photo.original,
        chart=_chart(options),
        report=bool(options.get("report", True)),
        lut=bool(options.get("lut", False)),
        kept=_kept(options, tools),
    )
    answered = tools.guarded.run(TASK, msgspec.msgpack.encode(order))
    answer = msgspec.msgpack.decode(answered, type=Answer)
    if answer.refused is not None:
        raise InvalidArgument(answer.refused.reason, answer.refused.message)
    return _analysis(photo, answer, options)


def _chart(options: Mapping[str, Any]) -> str | None:
    chart = str(options.get("chart", "auto"))
    if chart in {"", "auto"}:
        return None
    if chart not in CHARTS:
        message = f"There is no chart {chart[:40]!r}. Leave chart out, or use one of: {', '.join(CHARTS)}."
        raise InvalidArgument(reason="CHART_UNKNOWN", message=message, allowed=",".join(CHARTS))
    return chart


def _kept(options: Mapping[str, Any], tools: Tools) -> Kept | None:
    """The other job's correction. To a stranger, a job that is not his does not exist."""
    from .order import Kept

    reference = str(options.get("reference", "")).removeprefix("jobs/")
    if not reference:
        return None
    report = tools.earlier.report(reference, REPORT)
    if report is None:
        raise NotFound(
            reason="REFERENCE_NOT_FOUND",
            message="You have no finished colour correction with the id that `reference` names. Name a COMPLETED job "
            "of yours of this kind, whose photo shows the chart.",
        )
    full = report.get("full") or {}
    if not report.get("summary", {}).get("correctedImage"):
        message = "The job that `reference` names kept its original: it has no correction to share. Name another one."
        raise FailedPrecondition(reason="REFERENCE_UNUSABLE", message=message)
    return msgspec.convert(full["correction"], Kept)


def _analysis(photo: Photo, answer: Answer, options: Mapping[str, Any]) -> Analysis:
    warnings = tuple(Warned(reason=one.reason, message=one.message, image=photo.index) for one in answer.warnings)
    return Analysis(
        summary=answer.summary,
        findings=_findings(photo, answer),
        reports={REPORT: {"summary": answer.summary, "full": {**answer.full, "reference": _told(answer, options)}}},
        pictures={
            name: Drawn(content_type=file.type, data=file.data, width=file.width, height=file.height)
            for name, file in answer.files.items()
        },
        warnings=(*photo.warnings, *warnings),
    )


def _told(answer: Answer, options: Mapping[str, Any]) -> dict[str, Any]:
    """The chart's reference, with the job that the correction comes from where it is another one."""
    job = str(options.get("reference", "")).removeprefix("jobs/")
    return {**answer.full["reference"], **({"job": job} if job else {})}


def _findings(photo: Photo, answer: Answer) -> tuple[Finding, ...]:
    """The chart that was used, for apps that draw it. The score falls from 1 to 0 as ΔE00 of the fit goes to 10."""
    corners = answer.full["metadata"].get("outline")
    if not corners:
        return ()
    across, down = [corner["x"] for corner in corners], [corner["y"] for corner in corners]
    left, top = max(0.0, min(across)), max(0.0, min(down))
    box = Box(left=left, top=top, width=min(1.0, max(across)) - left, height=min(1.0, max(down)) - top)
    score = round(max(0.0, 1 - float(answer.summary["deltaELeaveOneOut"]) / 10), 3)
    return (Finding(type="chart", value=answer.full["reference"]["title"], box=box, score=score, image=photo.index),)
