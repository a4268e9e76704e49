"""A candidate answers beside the stable version on a share of the jobs, and nobody but the operator learns of it.

What a kind was answered is noted on the way; the candidate is asked when the job is over and its end announced. The
two are kept in `shadows/{jobId}-{name}`, which no rule opens and which goes when the job goes.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from google.api_core.exceptions import GoogleAPIError
from msgspec.structs import replace

from shared.database import Found, Write
from shared.documents import from_document, to_document
from shared.errors import LoupeError
from shared.model.job import SCHEMA_VERSION, Job, Time

from ..kinds.port import Detection, Model, Models
from . import names
from .agreement import Said, agreement
from .runtime import Heard, OnnxModel, Shelf

if TYPE_CHECKING:
    from shared.jobs.store import Claim, Jobs

BOUND: Final = 5.0  # seconds that a candidate may hold up the next job
PICTURES: Final = 4  # of one job, that a candidate is asked about
COLLECTION: Final = "shadows"
log = logging.getLogger(__name__)
_one_at_a_time = threading.Lock()


class Picture(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What both said of one picture, and how far they agree, 0 to 1."""

    stable: Said
    candidate: Said
    agreement: float


class Row(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What both said of a job. `problem`: why the candidate said nothing."""

    job_id: str
    kind: str
    model: str
    pair: str
    pictures: tuple[Picture, ...] = ()
    agreement: float | None = None
    stable_ms: float = 0.0
    candidate_ms: float = 0.0
    problem: str = ""
    create_time: Time
    update_time: Time
    expire_time: Time
    schema_version: int = SCHEMA_VERSION


def pair(name: str, stable: int, candidate: int) -> str:
    """How the comparisons of two versions are found: `skin_lesion/1~2`."""
    return f"{name}/{stable}~{candidate}"


def picked(job_id: str, name: str, version: int, share: float) -> bool:
    """Whether a candidate is asked about this job: the same answer every time, and for `share` of all jobs."""
    digest = hashlib.sha256(f"{name}/{version}/{job_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


class Comparison:
    """All candidates of one job."""

    def __init__(self, *, seconds: float = BOUND) -> None:
        self._seconds = seconds
        self._noted: list[_Noted] = []

    def watch(self, models: Models, claim: Claim) -> Models:
        """The models as the kind of this job gets them: what they answer is noted where there is a candidate."""
        return _Watched(models, claim, self._noted) if isinstance(models, Shelf) else models

    def keep(self, jobs: Jobs) -> None:
        """Ask the candidates and keep what they say. It takes a bounded time and never fails: the job is over."""
        for noted in self._noted:
            try:
                row = noted.compared(self._seconds)
                if row is not None:
                    jobs.database.transact([f"jobs/{row.job_id}"], functools.partial(_kept, row))
            except (GoogleAPIError, LoupeError) as error:
                log.warning("A comparison with %s was not kept: %s", noted.candidate, error)


class _Noted:
    """What the stable version of one model was asked and has answered in this job."""

    def __init__(self, shelf: Shelf, claim: Claim, stable: OnnxModel, candidate: str) -> None:
        self.candidate = candidate
        self._shelf = shelf
        self._claim = claim
        self._stable = stable
        self._heard: list[Heard] = []

    def hear(self, heard: Heard) -> None:
        if len(self._heard) < PICTURES and heard.task != "embed":  # vectors of two models cannot be compared
            self._heard.append(heard)

    def compared(self, seconds: float) -> Row | None:
        if not self._heard:
            return None
        at = self._claim.job.update_time
        version = names.parse(self.candidate).version
        row = Row(
            job_id=self._claim.job_id,
            kind=self._claim.job.kind,
            model=self._stable.name,
            pair=pair(self._stable.name, self._stable.version, version),
            stable_ms=round(sum(heard.milliseconds for heard in self._heard) / len(self._heard), 3),
            create_time=at,
            update_time=at,
            expire_time=self._claim.job.expire_time,
        )
        if not _one_at_a_time.acquire(blocking=False):
            return None  # an earlier candidate is still at it: it has this process's spare time
        found: list[Row] = []
        worker = threading.Thread(target=self._asked, args=(row, found), name="model-shadow", daemon=True)
        worker.start()
        worker.join(seconds)
        return found[0] if found else replace(row, problem=f"it took more than {seconds:g} s")

    def _asked(self, row: Row, found: list[Row]) -> None:
        try:
            candidate = self._shelf.open(self.candidate)
            began = time.perf_counter()
            answers = [_answer(candidate, heard) for heard in self._heard]
            taken = 1000 * (time.perf_counter() - began) / len(answers)
            pictures = tuple(
                _picture(self._stable, candidate, heard, answer)
                for heard, answer in zip(self._heard, answers, strict=True)
            )
            mean = sum(picture.agreement for picture in pictures) / len(pictures)
            found.append(replace(row, pictures=pictures, agreement=round(mean, 6), candidate_ms=round(taken, 3)))
        except (GoogleAPIError, LoupeError) as error:
            found.append(replace(row, problem=str(error)[:400]))
        finally:
            _one_at_a_time.release()


class _Watched:
    """Models that are listened to."""

    def __init__(self, shelf: Shelf, claim: Claim, noted: list[_Noted]) -> None:
        self._shelf = shelf
        self._claim = claim
        self._noted = noted

    def open(self, alias: str) -> Model:
        """As `Shelf.open`."""
        model = self._shelf.open(alias)
        reference = names.parse(alias)
        if reference.version or reference.alias != names.STABLE:
            return model
        candidate = self._shelf.aliases(model.name).candidate
        if (
            candidate is None
            or candidate.version == model.version
            or not picked(self._claim.job_id, model.name, candidate.version, candidate.share)
        ):
            return model
        noted = _Noted(self._shelf, self._claim, model, names.folder(model.name, candidate.version))
        self._noted.append(noted)
        return model.heard_by(noted.hear)


def _answer(model: OnnxModel, heard: Heard) -> Any:
    return model.classify(heard.pixels) if heard.task == "classify" else model.detect(heard.pixels)


def _picture(stable: OnnxModel, candidate: OnnxModel, heard: Heard, answer: Any) -> Picture:
    one, two = _said(stable, heard.answer), _said(candidate, answer)
    return Picture(stable=one, candidate=two, agreement=agreement(one, two))


def _said(model: OnnxModel, answer: Sequence[Any]) -> Said:
    if answer and not isinstance(answer[0], Detection):
        score = max(answer)
        return Said(top=model.labels[answer.index(score)], score=score, probabilities=tuple(answer))
    return Said(top=answer[0].label if answer else "", score=answer[0].score if answer else 0.0, found=tuple(answer))


def _kept(row: Row, found: Found) -> tuple[None, Sequence[Write]]:
    """The row is written unless the job has been deleted meanwhile. Repeated: the same row under the same name."""
    fields = found[f"jobs/{row.job_id}"]
    job = from_document(fields, Job) if fields is not None else None
    if job is None or job.delete_time is not None:
        return None, ()
    path = f"{COLLECTION}/{row.job_id}-{row.model}"
    return None, [Write(path=path, fields=to_document(replace(row, update_time=job.update_time)))]
