"""Dominant colours by k-means in LAB, where distances are what people see. Runs in the engine's process."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

from localcloud.vision.findings import Colour
from localcloud.vision.picture import Picture

SIDE: Final = 112  # pixels of the longer side that are looked at
COLOURS: Final = 10
ROUNDS: Final = 12
SAME: Final = 6.0  # closer centres (CIE76 difference) are one colour
SETTLED: Final = 0.5  # centres that move less than this (CIE76 difference) have found their place
CHROMA_WEIGHT: Final = 1 / 40  # a colour of chroma 40 counts twice as much as a grey of the same area

TO_XYZ: Final = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE: Final = TO_XYZ.sum(axis=1)  # D65
EPSILON, KAPPA = 216 / 24389, 24389 / 27  # CIE 15


def dominant_colours(picture: Picture) -> list[Colour]:
    """Up to ten colours, the most prominent first.

    `pixel_fraction` is the colour's share of the area; `score` is that share weighted by chroma. Each sums to 1.
    """
    small = picture.image.copy()
    small.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    pixels = _lab(np.asarray(small, np.float64).reshape(-1, 3) / 255)
    centres, sizes = _merged(*_clusters(pixels))
    fractions = sizes / sizes.sum()
    weights = fractions * (1 + CHROMA_WEIGHT * np.hypot(centres[:, 1], centres[:, 2]))
    scores = weights / weights.sum()
    shown = _rgb(centres) * 255
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
    unique, counts = np.unique(pixels, axis=0, return_counts=True)
    centres = _spread(unique, counts)
    for _ in range(ROUNDS):
        nearest = np.argmin(((unique[:, None] - centres[None]) ** 2).sum(axis=2), axis=1)
        sizes = np.bincount(nearest, counts, minlength=len(centres))
        sums = np.stack(
            [np.bincount(nearest, counts * channel, minlength=len(centres)) for channel in unique.T], axis=1
        )
        moved = sums[sizes > 0] / sizes[sizes > 0, None]
        settled = len(moved) == len(centres) and np.abs(moved - centres).max() < SETTLED
        centres, sizes = moved, sizes[sizes > 0]
        if settled:
            break
    return centres, sizes


def _spread(points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Centres to begin with, far from each other (k-means++, Arthur and Vassilvitskii 2007; seeded)."""
    random = np.random.default_rng(0)
    chosen = [points[np.argmax(weights)]]
    distances = np.full(len(points), np.inf)
    for _ in range(min(COLOURS, len(points)) - 1):
        distances = np.minimum(distances, ((points - chosen[-1]) ** 2).sum(axis=1))
        chances = distances * weights
        chosen.append(points[random.choice(len(points), p=chances / chances.sum())])
    return np.array(chosen)


def _lab(rgb: np.ndarray) -> np.ndarray:
    """sRGB (n x 3, 0 to 1; IEC 61966-2-1) to CIE LAB under D65 (L 0 to 100)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = linear @ TO_XYZ.T / WHITE
    f = np.where(xyz > EPSILON, np.cbrt(xyz), (KAPPA * xyz + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def _rgb(lab: np.ndarray) -> np.ndarray:
    """CIE LAB under D65 to sRGB (n x 3, 0 to 1), cut to what sRGB can show."""
    fy = (lab[:, 0] + 16) / 116
    f = np.stack([fy + lab[:, 1] / 500, fy, fy - lab[:, 2] / 200], axis=1)
    xyz = np.where(f**3 > EPSILON, f**3, (116 * f - 16) / KAPPA) * WHITE
    linear = np.clip(xyz @ np.linalg.inv(TO_XYZ).T, 0, 1)
    rgb: np.ndarray = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb.clip(0, 1)


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
