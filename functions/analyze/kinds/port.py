"""What a kind of analysis is given and what it gives back. A kind knows no bucket, no Firestore and no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from shared.errors import FailedPrecondition, Unavailable
from shared.model.job import Warned

from ..intake.verdict import Pixels


class Box(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A rectangle as fractions (0 to 1) of the upright picture's width and height."""

    left: float
    top: float
    width: float
    height: float


class TextLine(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A line of text that was read, with the reader's own confidence, 0 to 1."""

    text: str
    box: Box
    score: float


class Color(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A dominant colour (sRGB, 0 to 255) and the share of the picture that has it, 0 to 1."""

    hex: str
    red: int
    green: int
    blue: int
    share: float


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader of pictures answered. None where it was not asked or could not answer; `degraded` says why."""

    text: tuple[TextLine, ...] | None = None
    colors: tuple[Color, ...] | None = None
    degraded: tuple[Warned, ...] = ()
    engine: str = ""


class Eyes(Protocol):
    """A reader of pictures: Cloud Vision, or the local engines in its place."""

    def see(self, jpeg: bytes, *, width: int, height: int, text: bool, colors: bool) -> Seen:
        """Read an upright JPEG of `width` x `height` pixels. Never raises for a service that does not answer."""


class Detection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something a model has found in a picture: the key of its label, its score (0 to 1), its box."""

    label: str
    score: float
    box: Box


class Model(Protocol):
    """A model that was verified and loaded. `labels` are keys; `label_names` are what people read.

    Every method raises FailedPrecondition MODEL_UNAVAILABLE where the model fails, or is one for another task.
    """

    name: str
    version: int
    sha256: str
    sample: bool
    labels: tuple[str, ...]
    label_names: Mapping[str, str]
    thresholds: Mapping[str, float]
    temperature: float
    metrics: Mapping[str, Any]

    def classify(self, pixels: Pixels) -> tuple[float, ...]:
        """The probabilities, 0 to 1, in the order of the labels."""

    def classify_batch(self, pixels: Sequence[Pixels]) -> tuple[tuple[float, ...], ...]:
        """The probabilities of each picture."""

    def detect(self, pixels: Pixels) -> tuple[Detection, ...]:
        """What is in the picture, best first."""

    def embed(self, pixels: Pixels) -> tuple[float, ...]:
        """A vector of length 1: pictures that are alike have vectors with a large inner product."""


class Models(Protocol):
    """The models there are, by name."""

    def open(self, alias: str) -> Model:
        """The model that `skin_lesion@stable` or `skin_lesion/3` names.

        Raises FailedPrecondition MODEL_UNAVAILABLE where there is no such model or it is not what its manifest says.
        """


class NoModels:
    """Where there is no model at all."""

    def open(self, alias: str) -> Model:
        """Raises FailedPrecondition MODEL_UNAVAILABLE."""
        raise FailedPrecondition(reason="MODEL_UNAVAILABLE", message=f"There is no model {alias} here.")


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """One judged photo: upright, sRGB, at most 2048 px, without metadata; and `pixels`, the same smaller and raw.

    `original` is the photo byte for byte as it was uploaded, for kinds that are in `ORIGINALS`; it is a stranger's, and
    nothing but a guarded child may decode it.
    """

    index: int
    jpeg: bytes
    width: int
    height: int
    pixels: Pixels
    quality: float
    warnings: tuple[Warned, ...]
    exif: Mapping[str, Any]
    original: bytes = b""


class Guarded(Protocol):
    """Work on strangers' bytes in guarded children."""

    def run(self, task: str, payload: bytes) -> bytes:
        """Have a task of `intake.tasks` done, and return its answer.

        Raises InvalidArgument where the payload ended its child, Unavailable where no child could be started.
        """


class Earlier(Protocol):
    """What came of other jobs of the same owner."""

    def report(self, job_id: str, name: str) -> Mapping[str, Any] | None:
        """The document `jobs/{jobId}/reports/{name}`; None where this job's owner has no such job, or it has none."""


class Unguarded:
    """Where there are no guarded children."""

    def run(self, task: str, payload: bytes) -> bytes:
        """Raises Unavailable DECODER_UNAVAILABLE."""
        del payload
        raise Unavailable("DECODER_UNAVAILABLE", f"There is no child to do {task} here.")


class NothingEarlier:
    """Where nothing came of any job yet."""

    def report(self, job_id: str, name: str) -> None:
        """None."""
        del job_id, name


class Finding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something found in a photo that a person may look at and correct."""

    type: str
    value: str
    box: Box
    score: float
    image: int
    state: str = "open"


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A picture or document that an analysis made: `data` of media type `content_type`.

    Pixels are 0 where it has no such size. It is kept in the derived bucket, and `reports/pictures` says where.
    """

    content_type: str
    data: bytes
    width: int = 0
    height: int = 0


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a kind: the headline for the job's own document, and the details below it.

    `pictures` are by file name, `corrected.jpg` say.
    """

    summary: dict[str, Any]
    findings: tuple[Finding, ...] = ()
    reports: Mapping[str, dict[str, Any]] = {}
    pictures: Mapping[str, Drawn] = {}
    warnings: tuple[Warned, ...] = ()
    degraded: tuple[Warned, ...] = ()
    provenance: Mapping[str, str] = {}


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind may use beside the photos."""

    eyes: Eyes
    guarded: Guarded = Unguarded()
    earlier: Earlier = NothingEarlier()
    models: Models = NoModels()


class Analyzer(Protocol):
    """A kind: judged photos and the request's options give an analysis."""

    def __call__(self, photos: Sequence[Photo], options: Mapping[str, Any], tools: Tools) -> Analysis:
        """Analyse. Raises LoupeError where these photos can never be analysed."""
