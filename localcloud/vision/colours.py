"""Dominant colours by k-means in LAB, where distances are what people see. Runs in the engine's process."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from PIL import Image

from localcloud.vision.findings import Colour
from localcloud.vision.picture import Picture

SIDE: Final = 112  # pixels of the longer side that are looked at
COLOURS: Final = 10
ROUNDS: Final = 12
SAME: Final = 6.0  # closer centres (CIE76 difference) are one colour
CHROMA_WEIGHT: Final = 1 / 40  # a colour of chroma 40 counts twice as much as a grey of the same area


def dominant_colours(picture: Picture) -> list[Colour]:
    """Up to ten colours, the most prominent first.

    `pixel_fraction` is the colour's share of the area; `score` is that share weighted by chroma. Each sums to 1.
    """
    small = picture.image.copy()
    small.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    rgb = np.asarray(small, np.float32) / 255
    pixels = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    centres, sizes = _merged(*_clusters(pixels))
    fractions = sizes / sizes.sum()
    weights = fractions * (1 + CHROMA_WEIGHT * np.hypot(centres[:, 1], centres[:, 2]))
    scores = weights / weights.sum()
    shown = cv2.cvtColor(centres[None].astype(np.float32), cv2.COLOR_LAB2RGB)[0].clip(0, 1) * 255
    order = np.argsort(-scores, kind="stable")
    return [
        Colour(
            red=round(float(shown[i, 0]), 1),
            green=round(float(shown[i, 1]), 1),
            blue=round(float(shown[i, 2]), 1),
            score=float(scores[i]),
            pixel_fraction=float(fractions[i]),
        )
        for i in order
    ]


def _clusters(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The centres of up to COLOURS clusters and how many pixels each has; the same for the same picture."""
    cv2.setRNGSeed(0)
    wanted = min(COLOURS, len(np.unique(pixels, axis=0)))
    rounds = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, ROUNDS, 0.5)
    _, labels, centres = cv2.kmeans(pixels, wanted, np.empty(0, np.int32), rounds, 1, cv2.KMEANS_PP_CENTERS)
    sizes = np.bincount(labels.ravel(), minlength=wanted)
    return centres[sizes > 0], sizes[sizes > 0]


def _merged(centres: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Clusters that look the same made one, largest first."""
    kept: list[np.ndarray] = []
    counts: list[float] = []
    for i in np.argsort(-sizes, kind="stable"):
        near = next((k for k, other in enumerate(kept) if np.linalg.norm(other - centres[i]) < SAME), None)
        if near is None:
            kept.append(centres[i])
            counts.append(float(sizes[i]))
        else:
            total = counts[near] + sizes[i]
            kept[near] = (kept[near] * counts[near] + centres[i] * sizes[i]) / total
            counts[near] = total
    return np.array(kept), np.array(counts)
