"""What a model has said of photos, on a terminal: of a kind that was made of a model and knows nothing more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from loupe.view.words import harmless, share

SHOWN: Final = 5  # labels


def rows(job: Mapping[str, Any], reports: Mapping[str, Any]) -> Iterator[tuple[str, RenderableType]]:
    """The label with the others below it, or how often each thing was found; and the model that said so."""
    summary = job.get("summary") or {}
    probabilities = (reports.get("classification") or {}).get("probabilities")
    if probabilities:
        yield "Answer", Group(_answer(summary), *_others(probabilities))
    elif "objects" in summary:
        found = " · ".join(f"{count} {harmless(label)}" for label, count in summary["objects"].items())
        yield "Found", Text(found or "nothing", style="bold" if found else "dim")
    else:
        return
    said = job.get("provenance") or {}
    if said.get("model"):
        yield "Model", Text(f"{harmless(said['model'])}/{harmless(said.get('modelVersion', '?'))}")


def _answer(summary: Mapping[str, Any]) -> Text:
    if not summary.get("labelName"):
        return Text("not sure enough to name a label", style="yellow")
    return Text.assemble((harmless(summary["labelName"]), "bold"), f"  {share(summary['confidence'])}")


def _others(probabilities: Mapping[str, float]) -> Iterator[Text]:
    for label, value in sorted(probabilities.items(), key=lambda one: -one[1])[:SHOWN]:
        yield Text.assemble(("█" * round(10 * value)).ljust(11), f"{harmless(label)}  {share(value)}", style="dim")
