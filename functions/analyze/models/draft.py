"""A first manifest, for a model that comes without one: what can be read from the file is, the rest is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from .manifest import Manifest
from .session import Declared, Tensor
from .structure import BadModel

DECODINGS: Final = {"classify": "softmax", "detect": "yolo", "embed": "none"}
_TYPES: Final = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(uint8)": "uint8"}


def drafted(declared: Declared, said: Mapping[str, Any]) -> Manifest:
    """A manifest made of what the file declares and what was said; `said` are fields of the manifest.

    `said["labels"]` may be plain names, `said["size"]` is (width, height), `said["input"]` and `said["output"]` hold
    fields of `Input` and `Output`. Raises BadModel where the file leaves open what was not said.
    """
    fields = {key: value for key, value in said.items() if key not in ("input", "output", "labels", "size")}
    fields["labels"] = [labelled(one) for one in said.get("labels", ())]
    fields["input"] = _input(declared.inputs, said.get("size"), said.get("input", {}))
    fields["output"] = _output(declared.outputs, said["task"], len(fields["labels"]), said.get("output", {}))
    try:
        return msgspec.convert(fields, Manifest)
    except msgspec.ValidationError as error:
        raise BadModel(f"no manifest can be made of this: {error}") from error


def labelled(text: str) -> dict[str, str]:
    """`mel`, or `mel=Melanoma`, as a label; the key of a name with spaces is made of it."""
    key, _, name = text.partition("=")
    plain = re.sub(r"[^A-Za-z0-9_.\-]+", "_", key.strip()).strip("_")
    return {"key": plain, "name": (name or key).strip()}


def _input(inputs: Sequence[Tensor], size: tuple[int, int] | None, said: Mapping[str, Any]) -> dict[str, Any]:
    if len(inputs) != 1:
        raise BadModel(f"it has {len(inputs)} inputs; a model of Loupe takes one, a picture")
    found, shape = inputs[0], inputs[0].shape[1:]
    fields: dict[str, Any] = {"name": found.name, "type": _TYPES.get(found.type, found.type), **said}
    if fields["type"] == "uint8":
        fields.setdefault("scale", 1.0)
    if len(shape) == 3:
        channels_last = shape[2] in (1, 3) and shape[0] not in (1, 3)
        fields.setdefault("layout", "NHWC" if channels_last else "NCHW")
        channels, height, width = shape if fields["layout"] == "NCHW" else (shape[2], shape[0], shape[1])
        fields.setdefault("colorOrder", "GRAY" if channels == 1 else "RGB")
        size = size or (width or 0, height or 0)
    elif len(shape) == 1:
        fields.setdefault("layout", "FLAT")
    if not size or not all(size):
        raise BadModel(f"its input {_shown(found)} leaves the size of the picture open: say it with --size")
    return {**fields, "width": size[0], "height": size[1]}


def _output(outputs: Sequence[Tensor], task: str, labels: int, said: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {"decoding": DECODINGS[task], **said}
    if "name" in fields or len(outputs) == 1:
        return fields
    numbers = [one for one in outputs if one.type in _TYPES]
    likely = [one for one in numbers if task == "classify" and one.shape[-1:] == (labels,)] or numbers
    if len(likely) != 1:
        shown = ", ".join(map(_shown, outputs))
        raise BadModel(f"it has the outputs {shown}: say with --output which one holds the answer")
    return {**fields, "name": likely[0].name}


def _shown(tensor: Tensor) -> str:
    return f"{tensor.name[:80]!r} [{', '.join('?' if size is None else str(size) for size in tensor.shape)}]"
