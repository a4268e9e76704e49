"""A session and its manifest as one thing: pictures in, answers out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from . import decode
from .preprocess import Picture, placement, tensor
from .session import LARGEST_BATCH, Session

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .decode import Spotted
    from .manifest import Manifest

T = TypeVar("T")


class Inference:
    """What a model says of pictures. Every method raises BadModel or BadAnswer where the model fails."""

    def __init__(self, session: Session, manifest: Manifest) -> None:
        self._session = session
        self._manifest = manifest

    def classify(self, pictures: Sequence[Picture]) -> tuple[tuple[float, ...], ...]:
        """The probabilities of each picture, in the order of the labels."""
        return self._each(pictures, lambda answer: decode.probabilities(answer, self._manifest))

    def detect(self, picture: Picture) -> tuple[Spotted, ...]:
        """What is in the picture, best first."""
        ((batch, _),) = self._batches([tensor(picture, self._manifest.input)])
        placed = placement(picture, self._manifest.input)
        return decode.detections(self._session.run(batch)[:1], self._manifest, placed)

    def embed(self, pictures: Sequence[Picture]) -> tuple[tuple[float, ...], ...]:
        """A vector of length 1 for each picture."""
        return self._each(pictures, decode.embedding)

    def _each(self, pictures: Sequence[Picture], read: Callable[[NDArray[Any]], Sequence[T]]) -> tuple[T, ...]:
        found: list[T] = []
        for batch, count in self._batches([tensor(picture, self._manifest.input) for picture in pictures]):
            read_ones = read(self._session.run(batch))
            if len(read_ones) != len(batch):
                raise decode.BadAnswer(f"the model answered {len(read_ones)} times to {len(batch)} pictures")
            found += read_ones[:count]
        return tuple(found)

    def _batches(self, tensors: Sequence[NDArray[Any]]) -> Iterator[tuple[NDArray[Any], int]]:
        """Batches as the model takes them, and how many pictures are in each; a fixed batch is filled up."""
        size = self._session.batch or LARGEST_BATCH
        for start in range(0, len(tensors), size):
            some = list(tensors[start : start + size])
            filled = some + [some[-1]] * ((self._session.batch or len(some)) - len(some))
            yield np.stack(filled), len(some)
