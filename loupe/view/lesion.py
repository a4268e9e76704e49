"""What came of photos of a lesion, as a card: how sure the model is, what to do, and what this is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from loupe.view.words import harmless

REPORT: Final = "skin_lesion"
CLINICIAN: Final = "clinician"
STYLES: Final = {"inconclusive": "yellow", "generic": "cyan", "specific": "green"}
WIDTH: Final = 20  # characters of the bar


def rows(reports: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, RenderableType]]:
    """The lines of the card; none where no lesion was analysed."""
    full = (reports.get(REPORT) or {}).get("full")
    if not full:
        return
    style = STYLES.get(str(full["outcome"]), "")
    yield "Answer", Text(harmless(full["message"]), style=f"bold {style}")
    yield "Confidence", bar(float(full["confidence"]), full["policy"], style)
    yield "Together", Text(_together(full))
    for reason in full["reasons"]:
        yield "Why", Text(harmless(reason["text"]))
    if full["advice"]:
        yield (
            "Advice",
            Group(*(_advice(one["text"], full["urgent"] and not at) for at, one in enumerate(full["advice"]))),
        )
    top = (reports.get(CLINICIAN) or {}).get("top") or ()
    if top:
        shown = [Text(f"{percent(one['probability'])}  {harmless(one['name'])}", style="dim") for one in top]
        yield "Clinicians", Group(*shown)
    yield "Model", Text(_model(full), style="dim")
    yield "Note", Group(*(Text(harmless(one["text"]), style="bold yellow") for one in full["disclaimers"]))


def gist(summary: Mapping[str, Any]) -> str:
    """A result in one line of a list; empty where it is of something else."""
    outcome = str(summary.get("outcome") or "")
    if outcome not in STYLES:
        return ""
    label = summary.get("labelName")
    said = f"most like {harmless(label)}, {percent(summary['confidence'])}" if label else outcome
    return f"{said} (not a medical device)"


def bar(confidence: float, policy: Mapping[str, Any], style: str) -> Text:
    """How sure the model is, with a mark where a label begins to be shown and one where its own advice begins."""
    marks = {min(WIDTH - 1, round(float(policy[name]) * WIDTH)) for name in ("shownFrom", "specificFrom")}
    filled = int(confidence * WIDTH)
    cells = [
        ("┃" if at in marks else "█" if at < filled else "░", style if at < filled else "dim") for at in range(WIDTH)
    ]
    return Text.assemble(*cells, f" {percent(confidence)}")


def _together(full: Mapping[str, Any]) -> str:
    count = int(full["aggregatedFromCount"])
    if count == 1:
        return "1 photo"
    disagreement = full.get("disagreement")
    said = f"{count} photos"
    return said if disagreement is None else f"{said}, which contradict each other by {percent(disagreement)}"


def _advice(text: object, urgent: bool) -> Text:
    return Text.assemble(("• ", "dim"), (harmless(text), "bold red" if urgent else ""))


def _model(full: Mapping[str, Any]) -> str:
    model = full["model"]
    name = f"{harmless(model['name'])} version {int(model['version'])}{', a sample' if model['sample'] else ''}"
    return f"{name} · policy {harmless(full['policy']['version'])}"


def percent(share: float) -> str:
    """Rounded down: what is told is never more than it is."""
    return f"{int(100 * float(share) + 1e-9)} %"
