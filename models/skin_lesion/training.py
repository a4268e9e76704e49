"""Training: cross-entropy, with pictures of no lesion pulled towards "any label", on changed pictures every time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.skin_lesion.examples import LABELS, NO_LESION, Examples
from models.skin_lesion.network import logits_of, network
from models.skin_lesion.pictures import tensors

BATCH: Final = 64
RATE: Final = 3e-3  # the highest learning rate of the one-cycle schedule
DECAY: Final = 1e-3
SMOOTHING: Final = 0.02
Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A network, and how it got there."""

    model: nn.Sequential
    epochs: int
    seconds: float


def train(training: Examples, validation: Examples, *, epochs: int, seed: int, report: Report) -> Trained:
    """A network trained on the one set and reported on the other after every epoch."""
    began = time.monotonic()
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = network()
    weights = _class_weights(training.labels)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    steps = max(10, epochs * (len(training) // BATCH))  # with fewer there is nothing to schedule
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=RATE, total_steps=steps, pct_start=0.2)
    for epoch in range(1, epochs + 1):
        model.train()
        losses = []
        for squares, labels in _batches(training, rng):
            optimizer.zero_grad()
            loss = _loss(model(_changed(squares, rng)), labels, weights)
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
        right = (answers_of(model, validation.squares).argmax(1) == validation.labels)[validation.labels >= 0].mean()
        report(f"epoch {epoch}/{epochs}: loss {np.mean(losses):.3f}, right on validation {right:.1%}")
    return Trained(model=model, epochs=epochs, seconds=time.monotonic() - began)


def answers_of(model: nn.Module, squares: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """The logits of every picture, N x labels."""
    parts = [
        logits_of(model, torch.from_numpy(tensors(squares[start : start + 256]))).numpy()
        for start in range(0, len(squares), 256)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, len(LABELS)), dtype=np.float32)


def _loss(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Cross-entropy to the label; to the even distribution where there is no lesion."""
    lesion = labels != NO_LESION
    wanted = torch.full_like(logits, 1 / logits.shape[1])
    wanted[lesion] = functional.one_hot(labels[lesion], logits.shape[1]) * (1 - SMOOTHING) + SMOOTHING / logits.shape[1]
    each = -(wanted * functional.log_softmax(logits, dim=1)).sum(1)
    weight = torch.ones_like(each)
    weight[lesion] = weights[labels[lesion]]
    return (each * weight).sum() / weight.sum()


def _class_weights(labels: npt.NDArray[np.int64]) -> Tensor:
    """Rare labels count more, by the root of how rare they are; 1 on average."""
    counts = np.bincount(labels[labels >= 0], minlength=len(LABELS)).clip(1)
    weights = 1 / np.sqrt(counts)
    return torch.tensor(weights / weights.mean(), dtype=torch.float32)


def _batches(examples: Examples, rng: np.random.Generator) -> Iterator[tuple[npt.NDArray[np.uint8], Tensor]]:
    order = rng.permutation(len(examples))
    for start in range(0, max(1, len(order) // BATCH) * BATCH, BATCH):
        chosen = order[start : start + BATCH]
        yield examples.squares[chosen], torch.from_numpy(examples.labels[chosen])


def _changed(squares: npt.NDArray[np.uint8], rng: np.random.Generator) -> Tensor:
    """Flipped, turned, shifted, brighter or darker, in other light: all that does not change what is seen."""
    turned = np.stack([np.rot90(square, int(rng.integers(4))) for square in squares])
    flipped = np.where(rng.random(len(turned))[:, None, None, None] < 0.5, turned[:, :, ::-1], turned)
    down, across = (int(value) for value in rng.integers(-6, 7, 2))
    shifted = np.roll(flipped, (down, across), axis=(1, 2))
    gain = rng.uniform(0.8, 1.2, (len(squares), 1, 1, 1)) * rng.uniform(0.94, 1.06, (len(squares), 1, 1, 3))
    middle = shifted.mean(axis=(1, 2), keepdims=True)
    contrast = rng.uniform(0.8, 1.2, (len(squares), 1, 1, 1))
    changed = np.clip(((shifted - middle) * contrast + middle) * gain, 0, 255)
    return torch.from_numpy(tensors(changed.astype(np.uint8)))
