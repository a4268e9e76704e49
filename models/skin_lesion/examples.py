"""Labelled pictures, and their split by lesion: no lesion is on both sides of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

LABELS: Final = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")  # of HAM10000, in the order of the network's answer
NO_LESION: Final = -1  # a picture of something else: the network shall not be sure of any label
SHARES: Final = (0.7, 0.15, 0.15)  # training, validation, test
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Pictures (N x side x side x 3 bytes) with label numbers, lesions, and skin tones (-1: not known)."""

    squares: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    lesions: npt.NDArray[np.str_]
    tones: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, indices: Indices) -> Examples:
        """Some of them."""
        return Examples(
            squares=self.squares[indices],
            labels=self.labels[indices],
            lesions=self.lesions[indices],
            tones=self.tones[indices],
        )

    def joined(self, other: Examples) -> Examples:
        """These, then others."""
        return Examples(
            squares=np.concatenate([self.squares, other.squares]),
            labels=np.concatenate([self.labels, other.labels]),
            lesions=np.concatenate([self.lesions, other.lesions]),
            tones=np.concatenate([self.tones, other.tones]),
        )


def split(examples: Examples, seed: int, shares: Sequence[float] = SHARES) -> tuple[Examples, Examples, Examples]:
    """Training, validation and test, each with about its share of every label's lesions. A lesion has one label.

    Raises ValueError where a label has fewer than three lesions: one of the parts would be without it.
    """
    rng = np.random.default_rng(seed)
    parts: tuple[list[str], ...] = ([], [], [])
    for label in np.unique(examples.labels):
        lesions = np.unique(examples.lesions[examples.labels == label])
        if len(lesions) < len(shares):
            name = LABELS[label] if label >= 0 else "no lesion"
            raise ValueError(f"there are {len(lesions)} lesions of {name}; at least {len(shares)} are needed")
        rng.shuffle(lesions)
        counts = [max(1, round(len(lesions) * share)) for share in shares[1:]]
        bounds = np.cumsum([len(lesions) - sum(counts), *counts])
        for part, chosen in zip(parts, np.split(lesions, bounds[:-1]), strict=True):
            part.extend(chosen)
    training, validation, test = (examples.at(np.flatnonzero(np.isin(examples.lesions, part))) for part in parts)
    return training, validation, test
