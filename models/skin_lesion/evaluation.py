"""What a trained network is worth on pictures that it has never seen."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.skin_lesion import metrics
from models.skin_lesion.examples import LABELS, Examples
from models.skin_lesion.look.photo import TONES

TONE_GROUPS: Final = {"light": (0, 1), "medium": (2, 3), "dark": (4, 5)}
assert sum(map(len, TONE_GROUPS.values())) == len(TONES)
SHOWN: Final = 0.5  # the policy shows no label below this
SPECIFIC: Final = 0.8  # and gives label-specific advice from here on


def evaluate(logits: npt.NDArray[np.floating], examples: Examples, temperature: float) -> dict[str, Any]:
    """The figures of the model card, from logits of the examples in their order."""
    lesion = examples.labels >= 0
    labels, own = examples.labels[lesion], np.asarray(logits)[lesion]
    found, raw = metrics.softmax(own, temperature), metrics.softmax(own)
    sure = found.max(axis=1) >= SPECIFIC
    right = found.argmax(axis=1) == labels
    return {
        "pictures": len(labels),
        "lesions": len(np.unique(examples.lesions[lesion])),
        "balancedAccuracy": _rounded(metrics.balanced_accuracy(found, labels)),
        "auc": {
            label: _rounded(metrics.auc(found[:, number], labels == number)) for number, label in enumerate(LABELS)
        },
        "calibrationError": _rounded(metrics.calibration_error(found, labels)),
        "calibrationErrorUncalibrated": _rounded(metrics.calibration_error(raw, labels)),
        "inconclusive": _rounded((found.max(axis=1) < SHOWN).mean()),
        "specific": _rounded(sure.mean()),
        "rightWhereSpecific": _rounded(right[sure].mean()) if sure.any() else None,
        "balancedAccuracyByTone": _by_tone(found, labels, examples.tones[lesion]),
        "others": _others(np.asarray(logits)[~lesion], temperature),
        "confusion": metrics.confusion(found, labels).tolist(),
    }


def _by_tone(found: metrics.Table, labels: metrics.Labels, tones: npt.NDArray[np.int64]) -> dict[str, float]:
    """Empty where tones are not known."""
    groups = {name: np.isin(tones, members) for name, members in TONE_GROUPS.items()}
    return {
        name: _rounded(metrics.balanced_accuracy(found[chosen], labels[chosen]))
        for name, chosen in groups.items()
        if chosen.any()
    }


def _others(logits: npt.NDArray[np.floating], temperature: float) -> dict[str, float]:
    """How sure the network is of pictures without a lesion: it should not be."""
    if not len(logits):
        return {}
    surest = metrics.softmax(logits, temperature).max(axis=1)
    return {
        "pictures": len(logits),
        "labelShown": _rounded((surest >= SHOWN).mean()),
        "specific": _rounded((surest >= SPECIFIC).mean()),
    }


def _rounded(value: float) -> float:
    return round(float(value), 4)
