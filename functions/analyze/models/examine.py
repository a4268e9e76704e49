"""A file that claims to be a model, examined in a guarded child before anything else is done with it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import msgspec

from ..intake.guard import Guard, GuardUnavailableError
from ..intake.refusal import Refused
from ..intake.tasks import Task
from .manifest import MAX_MODEL, Manifest
from .session import Declared
from .structure import BadModel
from .trial import Trial, Verdict

MEMORY: Final = 4 * 2**30  # bytes of address space; onnxruntime and its threads take most of one
SECONDS: Final = 120.0

TASKS: Final = {
    "shapes": Task(entry="models.trial:shapes", memory=MEMORY, seconds=SECONDS),
    "try": Task(entry="models.trial:answer", memory=MEMORY, seconds=SECONDS),
}
_WHY: Final = {
    "DECODER_TIMEOUT": f"it keeps the runtime busy for more than {SECONDS:.0f} s",
    "TOO_MUCH_MEMORY": "it takes more memory than a model is given",
    "DECODER_CRASHED": "it makes the runtime crash",
}


def read(path: Path) -> bytes:
    """The bytes of a model's file. Raises BadModel for one that is too large, OSError for one that cannot be read."""
    if not path.is_file():
        raise BadModel(f"{path} is not a file")
    if path.stat().st_size > MAX_MODEL:
        raise BadModel(f"{path} has {path.stat().st_size} bytes; {MAX_MODEL} are taken")
    return path.read_bytes()


def declared(model: bytes) -> Declared:
    """What the model declares. Raises BadModel."""
    answer = _ask("shapes", model)
    try:
        return msgspec.msgpack.decode(answer, type=Declared)
    except msgspec.ValidationError:
        raise BadModel(msgspec.msgpack.decode(answer, type=Verdict).refused) from None


def tried(model: bytes, manifest: Manifest) -> tuple[Verdict, bytes]:
    """What came of trying the model, and its prepared file (none: empty). Raises BadModel where it is refused."""
    with tempfile.TemporaryDirectory(prefix="loupe-model-") as folder:
        payload = msgspec.msgpack.encode(Trial(manifest=manifest, model=model, folder=folder))
        verdict = msgspec.msgpack.decode(_ask("try", payload), type=Verdict)
        if verdict.refused:
            raise BadModel(verdict.refused)
        return verdict, (Path(folder) / "prepared.onnx").read_bytes() if verdict.prepared else b""


def _ask(task: str, payload: bytes) -> bytes:
    with Guard(children=1, tasks=TASKS) as guard:
        try:
            return guard.run(task, payload)
        except Refused as refused:
            raise BadModel(_WHY.get(refused.reason, refused.reason)) from refused
        except GuardUnavailableError as error:
            raise OSError(f"the model could not be examined: {error}") from error
