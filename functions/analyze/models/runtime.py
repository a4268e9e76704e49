"""Models as kinds use them: opened by name, verified, kept warm, one session for each model and process."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from google.api_core.exceptions import GoogleAPIError

from shared.errors import FailedPrecondition

from ..intake.verdict import Pixels
from ..kinds.port import Box, Detection
from . import names
from .manifest import Manifest
from .structure import BadModel

if TYPE_CHECKING:
    from .aliases import Aliases
    from .decode import Spotted
    from .inference import Inference
    from .session import Session
    from .store import ModelStore

REMEMBERED: Final = 10.0  # seconds that an alias is known
WARM: Final = 4  # models that a process keeps
R = TypeVar("R")
log = logging.getLogger(__name__)


def unavailable(model: str, why: str) -> FailedPrecondition:
    """The refusal of a job whose model cannot be used; `why` is for the operator and goes into the log at once."""
    log.error("Model %s cannot be used: %s", model, why, extra={"labels": {"model": model}})
    return FailedPrecondition(
        reason="MODEL_UNAVAILABLE",
        message="This analysis is not available at the moment: its model cannot be used. The operator has been told; "
        "try again later.",
        internal=f"{model}: {why}",
    )


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A question that a model was asked, and its answer."""

    task: str
    pixels: Pixels
    answer: Any
    milliseconds: float


class OnnxModel:
    """A loaded model, as `kinds.port.Model` describes it. `listener` hears of each picture that it is asked about."""

    def __init__(
        self, manifest: Manifest, inference: Inference, listener: Callable[[Heard], None] | None = None
    ) -> None:
        self._manifest = manifest
        self._inference = inference
        self._listener = listener
        self.name: str = manifest.name
        self.version: int = manifest.version
        self.sha256: str = manifest.sha256
        self.sample: bool = manifest.sample
        self.labels: tuple[str, ...] = tuple(label.key for label in manifest.labels)
        self.label_names: Mapping[str, str] = {label.key: label.name for label in manifest.labels}
        self.thresholds: Mapping[str, float] = manifest.thresholds
        self.temperature: float = manifest.temperature
        self.metrics: Mapping[str, Any] = manifest.metrics

    def heard_by(self, listener: Callable[[Heard], None]) -> OnnxModel:
        """The same model, listened to."""
        return OnnxModel(self._manifest, self._inference, listener)

    def classify(self, pixels: Pixels) -> tuple[float, ...]:
        """The probabilities, in the order of the labels."""
        return self.classify_batch([pixels])[0]

    def classify_batch(self, pixels: Sequence[Pixels]) -> tuple[tuple[float, ...], ...]:
        """The probabilities of each picture."""
        return self._asked("classify", pixels, lambda: self._inference.classify(pixels))

    def detect(self, pixels: Pixels) -> tuple[Detection, ...]:
        """What is in the picture, best first."""
        return self._asked("detect", [pixels], lambda: (self._named(self._inference.detect(pixels)),))[0]

    def embed(self, pixels: Pixels) -> tuple[float, ...]:
        """A vector of length 1."""
        return self._asked("embed", [pixels], lambda: self._inference.embed([pixels]))[0]

    def _named(self, found: Sequence[Spotted]) -> tuple[Detection, ...]:
        return tuple(
            Detection(
                label=self.labels[spotted.label],
                score=round(spotted.score, 4),
                box=Box(
                    left=round(spotted.left, 4),
                    top=round(spotted.top, 4),
                    width=round(spotted.width, 4),
                    height=round(spotted.height, 4),
                ),
            )
            for spotted in found
        )

    def _asked(self, task: str, pixels: Sequence[Pixels], ask: Callable[[], tuple[R, ...]]) -> tuple[R, ...]:
        from .decode import BadAnswer

        where = f"{self.name}/{self.version}"
        if task != self._manifest.task:
            raise unavailable(where, f"it is a model for {self._manifest.task}, and was asked to {task}")
        began = time.perf_counter()
        try:
            answers = ask()
        except (BadAnswer, BadModel) as error:
            raise unavailable(where, str(error)) from error
        if self._listener is not None:
            taken = 1000 * (time.perf_counter() - began) / max(1, len(answers))
            for picture, answer in zip(pixels, answers, strict=True):
                self._listener(Heard(task=task, pixels=picture, answer=answer, milliseconds=taken))
        return answers


def _settle(session: Session, key: str) -> None:
    try:
        session.settle()
    except BadModel as error:
        log.warning("Model %s stays as it was prepared: %s", key, error)


class Shelf:
    """The models of a bucket, as `kinds.port.Models` describes them. Every method may be called from any thread."""

    def __init__(
        self,
        store: Callable[[], ModelStore] | None,
        *,
        samples: bool = False,
        threads: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load nothing yet.

        Args:
            store: makes the way to the models bucket at the first use; None where no bucket is set.
            samples: whether models that say of themselves that they are samples may be used.
            threads: for one run; 0: as the manifest of each model says.
            clock: counts seconds.
        """
        self._make_store = store
        self._samples = samples
        self._threads = threads
        self._clock = clock
        self._lock = threading.Lock()
        self._store: ModelStore | None = None
        self._aliases: dict[str, tuple[float, Aliases]] = {}
        self._loading: dict[str, threading.Lock] = {}
        self._loaded: OrderedDict[str, OnnxModel] = OrderedDict()

    def open(self, alias: str) -> OnnxModel:
        """The model that `NAME@ALIAS` or `NAME/VERSION` names, loaded at the first use.

        Raises FailedPrecondition MODEL_UNAVAILABLE where it is missing or lies, and google.api_core errors where Cloud
        Storage does not answer: the delivery then comes again.
        """
        try:
            reference = names.parse(alias)
            version = reference.version or self._version(reference)
            return self._open(reference.name, version)
        except (ValueError, BadModel) as error:
            raise unavailable(alias, str(error)) from error

    def aliases(self, name: str) -> Aliases:
        """The aliases and the candidate of a model, as they were at most ten seconds ago. Raises as `open` does."""
        try:
            return self._known(name)
        except ValueError as error:
            raise unavailable(name, str(error)) from error

    def _version(self, reference: names.Reference) -> int:
        version = self._known(reference.name).aliases.get(reference.alias)
        if version is None:
            raise ValueError(
                f"there is no {reference}: `loupe models add` brings a model, `loupe models promote` its alias"
            )
        return version

    def _known(self, name: str) -> Aliases:
        now = self._clock()
        read = self._aliases.get(name)
        if read is None or now - read[0] > REMEMBERED:
            try:
                found = self._bucket().aliases(name)[0]
            except GoogleAPIError:
                if read is None:
                    raise
                found = read[1]  # what is loaded answers on while Cloud Storage does not
            read = self._aliases[name] = now, found
        return read[1]

    def _open(self, name: str, version: int) -> OnnxModel:
        key = names.folder(name, version)
        with self._lock:
            found = self._loaded.get(key)
            if found is not None:
                self._loaded.move_to_end(key)
                return found
            turn = self._loading.setdefault(key, threading.Lock())
        with turn:
            found = self._loaded.get(key) or self._load(name, version)
            with self._lock:
                self._loaded[key] = found
                self._loaded.move_to_end(key)
                while len(self._loaded) > WARM:
                    self._loaded.popitem(last=False)
        return found

    def _load(self, name: str, version: int) -> OnnxModel:
        from .inference import Inference
        from .session import Session

        key, store = names.folder(name, version), self._bucket()
        manifest = store.manifest(name, version)
        if manifest is None:
            raise BadModel("there is no such version in the models bucket")
        if not manifest.sha256:
            raise BadModel("its manifest has no sha256: bring it by `loupe models add`, which checks it")
        if manifest.sample and not self._samples:
            raise BadModel("it is a sample model, trained on drawn pictures: ALLOW_SAMPLE_MODELS is not set")
        prepared = manifest.prepared is not None
        data = store.verified(manifest, prepared=prepared)
        began = time.perf_counter()
        session = Session(data, manifest, prepared=prepared, threads=self._threads)
        log.info("Loaded model %s in %.0f ms", key, 1000 * (time.perf_counter() - began))
        threading.Thread(target=_settle, args=(session, key), name="model-settle").start()
        return OnnxModel(manifest, Inference(session, manifest))

    def _bucket(self) -> ModelStore:
        if self._make_store is None:
            raise BadModel("no models bucket is set: MODELS_BUCKET is empty")
        with self._lock:
            if self._store is None:
                self._store = self._make_store()
            return self._store
