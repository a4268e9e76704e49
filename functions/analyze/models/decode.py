"""What a model answers, read by its manifest: probabilities, boxes, or a vector. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .manifest import Boxes, Manifest
    from .preprocess import Placement

_ROUNDING: Final = 1e-3  # how far a model's own probabilities may lie outside 0 to 1
_CANDIDATES: Final = 3000  # boxes that suppression looks at


class BadAnswer(Exception):
    """The model answered something that its manifest rules out; the text says what, for whoever runs the model."""


class Spotted(msgspec.Struct, frozen=True, kw_only=True):
    """A detection: the number of its label, its score (0 to 1), and its box in fractions of the picture."""

    label: int
    score: float
    left: float
    top: float
    width: float
    height: float


def probabilities(answer: NDArray[Any], manifest: Manifest) -> tuple[tuple[float, ...], ...]:
    """Each row of an answer of shape (N, labels) as probabilities, 0 to 1, in the order of the labels.

    Raises BadAnswer for another shape, and for numbers that are not finite.
    """
    count = len(manifest.labels)
    values = np.asarray(answer, np.float64)
    if values.ndim > 2 and values.shape[:2] == (values.shape[0], count) and values[0].size == count:
        values = values.reshape(-1, count)  # (N, labels, 1, 1), as convolutional heads answer
    if values.ndim != 2 or values.shape[1] != count:
        raise BadAnswer(f"the answer has the shape {values.shape}, not (N, {count}) as the {count} labels need")
    _check_finite(values)
    if manifest.output.decoding == "softmax":
        found = softmax(values / manifest.temperature)
    elif manifest.output.decoding == "sigmoid":
        found = sigmoid(values / manifest.temperature)
    else:
        if values.min() < -_ROUNDING or values.max() > 1 + _ROUNDING:
            raise BadAnswer(f"probabilities lie between {values.min():.4g} and {values.max():.4g}, not 0 and 1")
        found = np.clip(values, 0.0, 1.0)
    return tuple(tuple(map(float, row)) for row in found)


def embedding(answer: NDArray[Any]) -> tuple[tuple[float, ...], ...]:
    """Each row of an answer as a vector of length 1. Raises BadAnswer for numbers that are not finite, or all zero."""
    values = np.asarray(answer, np.float64)
    values = values.reshape(values.shape[0] if values.ndim > 1 else 1, -1)
    _check_finite(values)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    if not values.size or lengths.min() == 0:
        raise BadAnswer("the answer is a vector of no length")
    return tuple(tuple(map(float, row)) for row in values / lengths)


def detections(answer: NDArray[Any], manifest: Manifest, placed: Placement) -> tuple[Spotted, ...]:
    """The boxes of one picture, best first. `answer` has the shape (1, rows, numbers) or (1, numbers, rows).

    A box that lies outside the picture is cut to it. Raises BadAnswer for another shape, and for numbers that are not
    finite.
    """
    boxes = manifest.output.boxes
    rows = _rows(answer, boxes, 4 + boxes.objectness + len(manifest.labels))
    corners = _corners(rows[:, :4], boxes, manifest)
    scores = rows[:, 4:]
    if boxes.logits:
        scores = sigmoid(scores)
    if boxes.objectness:
        scores = scores[:, 1:] * scores[:, :1]
    if scores.size and (scores.min() < -_ROUNDING or scores.max() > 1 + _ROUNDING):
        raise BadAnswer(f"scores lie between {scores.min():.4g} and {scores.max():.4g}, not 0 and 1")
    labels = scores.argmax(axis=1)
    best = scores[np.arange(len(scores)), labels]
    wanted = np.flatnonzero(best >= boxes.score_threshold)
    kept = suppress(corners[wanted], best[wanted], labels[wanted], boxes)
    return tuple(_spotted(corners[row], int(labels[row]), float(best[row]), placed) for row in wanted[kept])


def suppress(corners: NDArray[Any], scores: NDArray[Any], labels: NDArray[Any], boxes: Boxes) -> NDArray[Any]:
    """Non-maximum suppression: the rows that stay, best first; none of one label overlap by more than the IoU."""
    order = np.argsort(-scores, kind="stable")[:_CANDIDATES]
    kept: list[int] = []
    while order.size and len(kept) < boxes.max_detections:
        first, rest = order[0], order[1:]
        kept.append(int(first))
        overlapping = _iou(corners[first], corners[rest]) > boxes.iou_threshold
        order = rest[~(overlapping & (labels[rest] == labels[first]))]
    return np.asarray(kept, np.intp)


def softmax(logits: NDArray[Any]) -> NDArray[Any]:
    """Along the last axis, without overflow."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def sigmoid(logits: NDArray[Any]) -> NDArray[Any]:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * np.asarray(logits, np.float64))))


def _rows(answer: NDArray[Any], boxes: Boxes, numbers: int) -> NDArray[Any]:
    values = np.asarray(answer, np.float64)
    if values.ndim == 3 and values.shape[0] == 1:
        values = values[0]
    if boxes.channels_first:
        values = values.T
    if values.ndim != 2 or values.shape[1] != numbers:
        raise BadAnswer(
            f"the answer has the shape {np.shape(answer)}, not one with {numbers} numbers a box as the labels need"
        )
    _check_finite(values)
    return values


def _corners(values: NDArray[Any], boxes: Boxes, manifest: Manifest) -> NDArray[Any]:
    """left, top, right, bottom as fractions of the model's frame."""
    if boxes.format == "cxcywh":
        half = values[:, 2:] / 2
        values = np.concatenate([values[:, :2] - half, values[:, :2] + half], axis=1)
    if boxes.units == "pixels":
        size = (manifest.input.width, manifest.input.height)
        values = values / np.asarray(size * 2, np.float64)
    return values


def _iou(one: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """Intersection over union of one box with each of the others."""
    inner = np.clip(np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2]), 0.0, None).prod(axis=1)
    area = np.clip(others[:, 2:] - others[:, :2], 0.0, None).prod(axis=1) + np.clip(one[2:] - one[:2], 0.0, None).prod()
    return np.asarray(inner / np.maximum(area - inner, 1e-12))


def _spotted(corners: NDArray[Any], label: int, score: float, placed: Placement) -> Spotted:
    left, right = (_unit(placed.left + float(corners[at]) * placed.width) for at in (0, 2))
    top, bottom = (_unit(placed.top + float(corners[at]) * placed.height) for at in (1, 3))
    return Spotted(
        label=label,
        score=_unit(score),
        left=left,
        top=top,
        width=max(0.0, right - left),
        height=max(0.0, bottom - top),
    )


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))


def _check_finite(values: NDArray[Any]) -> None:
    if not np.isfinite(values).all():
        raise BadAnswer("the answer holds numbers that are not finite")
