"""Kind `skin_lesion`: one to three photos of one lesion, one careful answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.diseases.locales import closest

from ...models.provenance import provenance
from ..port import Analysis, Drawn, Model, Photo, Tools
from .aggregate import Opinion
from .decide import Decision, decide
from .policy import Verdict, default_policy
from .telling import KIND, Telling
from .wording import wording

MODEL: Final = "skin_lesion@stable"


def analyze_lesion(photos: Sequence[Photo], options: Mapping[str, Any], tools: Tools) -> Analysis:
    """Classify the photos together, and say no more than the policy allows.

    Options: `locale` (`en` unless said), `topK` (how many labels to report to clinicians, 0 unless said), `heatmap`
    (false unless said). Raises FailedPrecondition MODEL_UNAVAILABLE.
    """
    policy, model = default_policy(), tools.models.open(MODEL)
    answers = model.classify_batch([photo.pixels for photo in photos])
    opinions = [
        Opinion(probabilities=tuple(answer), quality=photo.quality)
        for photo, answer in zip(photos, answers, strict=True)
    ]
    decision = decide(opinions, model.labels, policy)
    telling = Telling(decision, model, policy, wording(closest(options.get("locale", ""))))
    summary = telling.summary(len(photos))
    reports = {KIND: {"summary": summary, "full": telling.full(photos)}}
    most = min(int(options.get("topK", 0)), len(model.labels))
    if most > 0:
        reports["clinician"] = telling.for_clinicians(opinions, photos, most)
    return Analysis(
        summary=summary,
        reports=reports,
        pictures=_heatmaps(photos, decision, model) if options.get("heatmap") else {},
        warnings=tuple(warning for photo in photos for warning in photo.warnings),
        provenance={**provenance(model), "skinPolicy": policy.version},
    )


def _heatmaps(photos: Sequence[Photo], decision: Decision, model: Model) -> dict[str, Drawn]:
    """A heat map of each photo for the label that is shown; none where none is."""
    from .heatmap import drawn, falls

    if decision.verdict is Verdict.INCONCLUSIVE or decision.label is None:
        return {}
    label = model.labels.index(decision.label)
    return {
        f"heatmap-{photo.index}.jpg": drawn(photo.pixels, falls(photo.pixels, model.classify_batch, label))
        for photo in photos
    }
