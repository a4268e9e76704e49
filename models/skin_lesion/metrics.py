"""How good probabilities are: balanced accuracy, AUC, calibration, confusion; and the temperature that calibrates."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int64]
Table = npt.NDArray[np.float64]  # N x labels

BINS: Final = 15


def softmax(logits: npt.NDArray[np.floating], temperature: float = 1.0) -> Table:
    """Probabilities of logits divided by a temperature."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def confusion(probabilities: Table, labels: Labels) -> npt.NDArray[np.int64]:
    """Counts: row = what it is, column = what was answered."""
    count = probabilities.shape[1]
    cells = labels * count + probabilities.argmax(axis=1)
    return np.bincount(cells, minlength=count * count).reshape(count, count)


def balanced_accuracy(probabilities: Table, labels: Labels) -> float:
    """The mean over the labels that occur of the share of each that was answered right."""
    table = confusion(probabilities, labels)
    occurring = table.sum(axis=1) > 0
    return float((table.diagonal()[occurring] / table.sum(axis=1)[occurring]).mean())


def auc(scores: npt.NDArray[np.floating], positive: npt.NDArray[np.bool_]) -> float:
    """The chance that a positive scores higher than a negative, a tie counting half (Mann-Whitney U / n1 n2).

    NaN where there are only the ones or only the others.
    """
    count, others = int(positive.sum()), int((~positive).sum())
    if not count or not others:
        return float("nan")
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


def calibration_error(probabilities: Table, labels: Labels, bins: int = BINS) -> float:
    """Expected calibration error: how far confidence is from the share that is right, by bins (Guo et al. 2017)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[which == each].mean() - right[which == each].mean()) * (which == each).mean()
        for each in np.unique(which)
    ]
    return float(sum(gaps))


def likelihood_loss(logits: npt.NDArray[np.floating], labels: Labels, temperature: float) -> float:
    """The mean negative log-likelihood of the right labels."""
    chosen = softmax(logits, temperature)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def temperature(logits: npt.NDArray[np.floating], labels: Labels) -> float:
    """What to divide logits by so that probabilities mean what they say: the smallest loss between 0.25 and 4.

    Guo et al., On Calibration of Modern Neural Networks, ICML 2017. To be found on pictures that were not trained on.
    """
    candidates = np.geomspace(0.25, 4, 241)
    losses = [likelihood_loss(logits, labels, float(each)) for each in candidates]
    return round(float(candidates[int(np.argmin(losses))]), 3)
