"""What a model says of itself: what it takes, what it answers, and where it comes from. Pure.

`manifest.json` lies beside `model.onnx`. A manifest that contradicts itself or has a field that does not exist is
refused when it is read; one that contradicts the model is refused when the model is added, and again when it is loaded.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from .names import HIGHEST_VERSION, NAME

MAX_MANIFEST: Final = 256 * 1024  # bytes
MAX_MODEL: Final = 256 * 2**20  # bytes

Side = Annotated[int, Meta(ge=1, le=2048)]
Share = Annotated[float, Meta(ge=0, le=1)]
Hash = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")]
Text = Annotated[str, Meta(max_length=4000)]
TensorName = Annotated[str, Meta(max_length=200)]
Channels = Annotated[tuple[float, ...], Meta(min_length=1, max_length=3)]


class Label(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """One answer a model can give: `key` for programs, `name` for people."""

    key: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.\-]{0,63}$")]
    name: Annotated[str, Meta(min_length=1, max_length=120)]


class Input(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The tensor a picture becomes: channel = (value x `scale` - `mean`) / `std`, value 0 to 255, sRGB.

    `layout` FLAT is one row of height x width x channels numbers. `fit` brings the picture to the size: `crop` takes
    the middle, `pad` shows all of it on `pad_value`, `squash` stretches it. `mean` and `std` hold one number for all
    channels, or one for each. uint8 and float16 are taken as the model declares them.
    """

    name: TensorName = ""  # empty: the only one there is
    width: Side
    height: Side
    layout: Literal["NCHW", "NHWC", "FLAT"] = "NCHW"
    mean: Channels = (0.0,)
    std: Channels = (1.0,)
    scale: float = 1 / 255
    color_order: Literal["RGB", "BGR", "GRAY"] = "RGB"
    fit: Literal["crop", "pad", "squash"] = "crop"
    pad_value: Annotated[int, Meta(ge=0, le=255)] = 114
    type: Literal["float32", "float16", "uint8"] = "float32"

    @property
    def channels(self) -> int:
        """How many numbers a pixel has."""
        return 1 if self.color_order == "GRAY" else 3

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one picture, without the batch."""
        if self.layout == "FLAT":
            return (self.height * self.width * self.channels,)
        if self.layout == "NHWC":
            return (self.height, self.width, self.channels)
        return (self.channels, self.height, self.width)

    def __post_init__(self) -> None:
        numbers = (*self.mean, *self.std, self.scale)
        if not all(map(math.isfinite, numbers)) or min(map(abs, self.std)) < 1e-6 or self.scale == 0:
            raise ValueError("mean, std and scale must be finite, std and scale not zero")
        if not {len(self.mean), len(self.std)} <= {1, self.channels}:
            raise ValueError("mean and std have one number, or one for each channel")
        if self.type == "uint8" and (self.mean, self.std, self.scale) != ((0.0,), (1.0,), 1.0):
            raise ValueError("an input of uint8 takes pixels as they are: scale 1, no mean, no std")


class Boxes(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How rows of a YOLO output are read, and which of them are kept.

    A row is a box, an objectness where `objectness` (YOLOv5, v7), and one score for each label. `channels_first` is
    the transposed output of YOLOv8 and later. `units` are pixels of the model's input, or fractions of it.
    """

    format: Literal["cxcywh", "xyxy"] = "cxcywh"
    units: Literal["pixels", "fractions"] = "pixels"
    objectness: bool = False
    channels_first: bool = True
    logits: bool = False  # scores still have to go through a sigmoid
    score_threshold: Share = 0.25
    iou_threshold: Share = 0.45
    max_detections: Annotated[int, Meta(ge=1, le=1000)] = 100


class Output(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The tensor the answer is in, and how it is read."""

    name: TensorName = ""  # empty: the only one there is
    decoding: Literal["softmax", "sigmoid", "probabilities", "yolo", "none"]
    boxes: Boxes = Boxes()


class Prepared(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The same model with its graph optimised for any machine, as `loupe models add` wrote it: it loads faster."""

    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Meta(ge=1, le=MAX_MODEL)]
    runtime: Annotated[str, Meta(max_length=40)]  # the version of onnxruntime that wrote it


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Everything there is to know of one version of a model.

    `temperature` divides the logits before the softmax or sigmoid (Guo et al. 2017, On Calibration of Modern Neural
    Networks). `sha256`, `size`, `prepared` and `threads` are filled in when the model is added.
    """

    schema_version: Literal[1] = 1
    name: Annotated[str, Meta(pattern=f"^{NAME}$")]
    version: Annotated[int, Meta(ge=1, le=HIGHEST_VERSION)]
    task: Literal["classify", "detect", "embed"]
    description: Text = ""
    input: Input
    labels: Annotated[tuple[Label, ...], Meta(max_length=20_000)] = ()
    output: Output
    thresholds: dict[str, Share] = {}
    temperature: Annotated[float, Meta(ge=0.01, le=100)] = 1.0
    sample: bool
    licence: Annotated[str, Meta(min_length=1, max_length=200)]
    training_data: Annotated[str, Meta(min_length=1, max_length=4000)]
    metrics: dict[str, Any] = {}
    sha256: Hash = ""
    size: Annotated[int, Meta(ge=0, le=MAX_MODEL)] = 0
    prepared: Prepared | None = None
    threads: Annotated[int, Meta(ge=0, le=64)] = 0  # 0: nobody has measured

    def __post_init__(self) -> None:
        decodings = {"classify": {"softmax", "sigmoid", "probabilities"}, "detect": {"yolo"}, "embed": {"none"}}
        if self.output.decoding not in decodings[self.task]:
            raise ValueError(f"a model for {self.task} is decoded by {' or '.join(sorted(decodings[self.task]))}")
        if (self.task == "embed") is not (self.labels == ()):
            raise ValueError("a model for embed has no labels, any other at least one")
        if len({label.key for label in self.labels}) != len(self.labels):
            raise ValueError("label keys must differ")
        if self.output.decoding == "probabilities" and self.temperature != 1.0:
            raise ValueError("a temperature needs logits: decoding softmax or sigmoid")


def parse(data: bytes) -> Manifest:
    """The manifest that a `manifest.json` holds. Raises ValueError that says what is wrong and where."""
    if len(data) > MAX_MANIFEST:
        raise ValueError(f"the manifest has {len(data)} bytes; {MAX_MANIFEST} are taken")
    try:
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"the manifest does not hold: {error}") from error


def dump(manifest: Manifest) -> bytes:
    """The manifest as a file that people can read."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
