"""The network: five convolutions, each halving the picture, then one answer a label. About 190,000 numbers."""

from __future__ import annotations

import itertools
from typing import Final

from torch import Tensor, nn

from models.skin_lesion.examples import LABELS

CHANNELS: Final = (3, 16, 32, 64, 96, 128)
DROPOUT: Final = 0.2


def network() -> nn.Sequential:
    """N x 3 x SIDE x SIDE to N x labels logits; any square input of at least 32 pixels will do."""
    layers: list[nn.Module] = []
    for entering, leaving in itertools.pairwise(CHANNELS):
        layers += [
            nn.Conv2d(entering, leaving, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(leaving),
            nn.ReLU(inplace=True),
        ]
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(DROPOUT), nn.Linear(CHANNELS[-1], len(LABELS)))
    return nn.Sequential(*layers, *head)


def size(model: nn.Module) -> int:
    """How many numbers a model has learnt."""
    return sum(parameter.numel() for parameter in model.parameters())


def logits_of(model: nn.Module, pictures: Tensor) -> Tensor:
    """What a model answers when it is used, not trained."""
    from torch import inference_mode

    model.eval()
    with inference_mode():
        return Tensor(model(pictures))
