"""A verified file to something that answers: onnxruntime, bounded in memory and threads, checked against the manifest.

Nothing here reads files or the network: models come as bytes.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from .structure import BadModel, check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .manifest import Manifest

ARENA: Final = 1024 * 2**20  # bytes that all models of a process may use together while they run
MAX_THREADS: Final = 4
LARGEST_BATCH: Final = 16

_TYPES: Final = {"float32": "tensor(float)", "float16": "tensor(float16)", "uint8": "tensor(uint8)"}


class Session:
    """One model that answers. `run` may be called from any thread."""

    def __init__(self, data: bytes, manifest: Manifest, *, prepared: bool = False, threads: int = 0) -> None:
        """Load it.

        Args:
            data: the ONNX file.
            manifest: what it is said to be.
            prepared: the graph has been optimised already; loading does nothing more to it.
            threads: for one run; 0: as the manifest says.

        Raises BadModel with what does not fit.
        """
        check(data)
        self._threads = threads or manifest.threads or 1
        self._unsettled = data if prepared else b""
        self._session = _loaded(data, "ORT_DISABLE_ALL" if prepared else "ORT_ENABLE_ALL", self._threads)
        self.batch = _check_input(self._session.get_inputs(), manifest)
        self._input = manifest.input.name or self._session.get_inputs()[0].name
        self._output = _check_output(self._session.get_outputs(), manifest)

    def settle(self) -> None:
        """Choose for a prepared graph the layouts that this processor is fastest with, which is no portable choice.

        It takes about as long as loading did, and convolutions run up to twice as fast from then on. Other threads
        may run the model meanwhile.
        """
        if self._unsettled:
            self._session = _loaded(self._unsettled, "ORT_ENABLE_ALL", self._threads)
            self._unsettled = b""

    def run(self, batch: NDArray[Any]) -> NDArray[Any]:
        """The answer to a batch of pictures, (N, …). Raises BadModel where the model fails."""
        try:
            (answer,) = self._session.run([self._output], {self._input: batch})
        except _failures() as error:
            raise BadModel(f"onnxruntime cannot run it: {_told(error)}") from error
        if not isinstance(answer, np.ndarray) or answer.dtype.kind not in "fiu":
            raise BadModel(
                f"the output {self._output!r} is no tensor of numbers (scikit-learn: convert it with zipmap off)"
            )
        return answer


def prepare(data: bytes, path: str) -> None:
    """Write the model with its graph optimised to `path`, in a way that holds on any machine.

    That is onnxruntime's EXTENDED level; beyond it, layouts are chosen for the processor at hand. Raises BadModel.
    """
    check(data)
    _loaded(data, "ORT_ENABLE_EXTENDED", 1, write=path)


class Tensor(msgspec.Struct, frozen=True, kw_only=True):
    """An input or output as the model declares it; a size that it leaves open is None."""

    name: str
    type: str
    shape: tuple[int | None, ...]


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says of itself."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def declared(data: bytes) -> Declared:
    """The model's inputs and outputs, before there is a manifest. Raises BadModel."""
    check(data)
    session = _loaded(data, "ORT_DISABLE_ALL", 1)
    return Declared(inputs=_tensors(session.get_inputs()), outputs=_tensors(session.get_outputs()))


def version() -> str:
    """The version of onnxruntime."""
    found: str = _onnxruntime().__version__
    return found


def _loaded(data: bytes, level: str, threads: int, *, write: str = "") -> Any:
    """An InferenceSession. Raises BadModel where onnxruntime does not take the model."""
    ort = _onnxruntime()
    options = ort.SessionOptions()
    options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, level)
    if write:
        options.optimized_model_filepath = write
    options.intra_op_num_threads = max(1, min(threads, MAX_THREADS, os.cpu_count() or 1))
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # fatal only: what goes wrong is raised, and told once
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting costs no CPU
    options.add_session_config_entry("session.use_env_allocators", "1")
    try:
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except _failures() as error:
        raise BadModel(f"onnxruntime cannot load it: {_told(error)}") from error


@functools.cache
def _onnxruntime() -> Any:
    """onnxruntime, with one bounded arena for all sessions of this process: a model cannot take all the memory."""
    import onnxruntime as ort

    ort.disable_telemetry_events()
    memory = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(memory, ort.OrtArenaCfg({"max_mem": ARENA, "arena_extend_strategy": 1}))
    return ort


@functools.cache
def _failures() -> tuple[type[Exception], ...]:
    """Everything that onnxruntime raises over a model; none of them share a base but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = ("EPFail", "Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented", "NoSuchFile")
    named = [getattr(state, name) for name in (*own, "ModelLoaded", "NoModel", "RuntimeException")]
    return (*named, MemoryError, RuntimeError, TypeError, ValueError)


def _told(error: Exception) -> str:
    """What onnxruntime says, on one line and without the build machine's paths."""
    text = " ".join(str(error).split())
    return text.replace("/onnxruntime_src/", "")[:400]


def _check_input(inputs: Sequence[Any], manifest: Manifest) -> int | None:
    """How many pictures it takes at once, None for any number. Raises BadModel."""
    wanted = manifest.input
    if len(inputs) != 1 or wanted.name not in ("", inputs[0].name):
        raise BadModel(
            f"it has the inputs {_names(inputs)}; a model of Loupe takes one, a picture, "
            + (f"which the manifest calls {wanted.name!r}" if wanted.name else "of any name")
        )
    found = inputs[0]
    if found.type != _TYPES[wanted.type]:
        raise BadModel(f"its input is {found.type}; the manifest says {wanted.type}")
    shape = list(found.shape)
    if len(shape) != len(wanted.shape) + 1 or any(
        isinstance(there, int) and there != said for there, said in zip(shape[1:], wanted.shape, strict=True)
    ):
        raise BadModel(f"its input has the shape {shape}; the manifest says (N, {_joined(wanted.shape)})")
    if not isinstance(shape[0], int):
        return None
    if not 1 <= shape[0] <= LARGEST_BATCH:
        raise BadModel(f"it takes {shape[0]} pictures at once; 1 to {LARGEST_BATCH} are possible")
    return shape[0]


def _check_output(outputs: Sequence[Any], manifest: Manifest) -> str:
    names = [one.name for one in outputs]
    wanted = manifest.output.name
    if wanted and wanted in names:
        return wanted
    if not wanted and len(names) == 1:
        return str(names[0])
    said = f"the manifest names {wanted!r}" if wanted else "the manifest must say which one holds the answer"
    raise BadModel(f"it has the outputs {_names(outputs)}; {said}")


def _tensors(found: Sequence[Any]) -> tuple[Tensor, ...]:
    return tuple(
        Tensor(name=one.name, type=one.type, shape=tuple(size if isinstance(size, int) else None for size in one.shape))
        for one in found
    )


def _names(tensors: Sequence[Any]) -> str:
    return ", ".join(repr(str(one.name)[:80]) for one in tensors[:8]) or "none"


def _joined(shape: Sequence[int]) -> str:
    return ", ".join(map(str, shape))
