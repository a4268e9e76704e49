"""A decision in words: what the job's document says, the report below it, and what is for clinicians alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from shared.diseases.info import explained

from ..port import Model, Photo
from .aggregate import Aggregate, Opinion
from .decide import Decision, rounded_down
from .policy import Policy
from .wording import Wording

KIND: Final = "skin_lesion"
FOR_CLINICIANS: Final = (
    "For clinicians: raw answers of the model, without the policy that holds what is told to anybody else."
)


class Telling:
    """Says a decision in one language."""

    def __init__(self, decision: Decision, model: Model, policy: Policy, wording: Wording) -> None:
        self._decision = decision
        self._model = model
        self._policy = policy
        self._wording = wording
        self._names = {label: info.name for label, info in explained(KIND, wording.locale).items()}

    def summary(self, photos: int) -> dict[str, Any]:
        """The headline. Where nothing can be said there is no label in it."""
        decision = self._decision
        facts = {
            "outcome": decision.verdict.value,
            "confidence": decision.confidence,
            "label": decision.label,
            "labelName": self._name(decision.label) if decision.label else None,
            "urgent": decision.urgent,
            "message": self._message(),
            "because": [each.value for each in decision.because] or None,
            "aggregatedFromCount": photos,
            "disagreement": round(decision.aggregate.disagreement, 4) if decision.aggregate else None,
            "disclaimer": " ".join(self._wording.say(key) for key in self._disclaimers()),
            "locale": self._wording.locale,
        }
        return {name: value for name, value in facts.items() if value is not None}

    def full(self, photos: Sequence[Photo]) -> dict[str, Any]:
        """Everything that a person may read, with the keys of all texts and the numbers they follow from."""
        decision, wording, bounds = self._decision, self._wording, self._policy.bounds
        weights = decision.aggregate.weights if decision.aggregate else (None,) * len(photos)
        return {
            **self.summary(len(photos)),
            "reasons": [{"key": each.value, "text": wording.say(f"because.{each.value}")} for each in decision.because],
            "advice": wording.each(decision.advice),
            "disclaimers": wording.each(self._disclaimers()),
            "photos": [
                {"image": photo.index, "quality": photo.quality, "weight": None if weight is None else round(weight, 4)}
                for photo, weight in zip(photos, weights, strict=True)
            ],
            "policy": {"version": self._policy.version, "shownFrom": bounds.shown, "specificFrom": bounds.specific},
            "model": {
                "name": self._model.name,
                "version": self._model.version,
                "sha256": self._model.sha256,
                "sample": self._model.sample,
                "temperature": self._model.temperature,
            },
        }

    def for_clinicians(self, opinions: Sequence[Opinion], photos: Sequence[Photo], most: int) -> dict[str, Any]:
        """The `most` surest labels, of all photos together and of each one, whatever the policy shows others."""
        whole = self._decision.aggregate
        return {
            "note": FOR_CLINICIANS,
            "top": self._top(whole, most),
            "photos": [
                {"image": photo.index, "top": self._ranked(opinion.probabilities, most)}
                for photo, opinion in zip(photos, opinions, strict=True)
            ],
            "temperature": self._model.temperature,
        }

    def _top(self, whole: Aggregate | None, most: int) -> list[dict[str, Any]]:
        return self._ranked(whole.probabilities, most) if whole else []

    def _ranked(self, probabilities: Sequence[float], most: int) -> list[dict[str, Any]]:
        ranked = sorted(zip(probabilities, self._model.labels, strict=False), key=lambda each: -each[0])
        return [
            {"label": label, "name": self._name(label), "probability": rounded_down(probability)}
            for probability, label in ranked[:most]
        ]

    def _message(self) -> str:
        decision = self._decision
        name = self._name(decision.label) if decision.label else ""
        return self._wording.say(f"verdict.{decision.verdict.value}", label=name)

    def _name(self, label: str) -> str:
        return self._names.get(label) or self._model.label_names.get(label, label)

    def _disclaimers(self) -> tuple[str, ...]:
        sample = (self._policy.sample_disclaimer,) if self._model.sample else ()
        return (*sample, *self._decision.disclaimers)
