"""Samples rendered, sent all at once, watched, and their pictures fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localcloud.supervisor.state import Running
from loupe import pictures
from loupe.client import analysis
from loupe.client.phone import Phone, signed_in
from loupe.client.photos import LocalPhoto, content_type
from loupe.client.stack import using
from loupe.client.uploads import Wanted
from loupe.demo.verdicts import Shown
from loupe.view import progress

if TYPE_CHECKING:
    from loupe.client.analysis import Outcome
    from tools.samples import Sample

WITHIN: Final = 180.0  # seconds for all of them
LONGEST: Final = 1280  # pixels of a picture on the page


def run(data: Path, out: Path, *, say: Callable[[str], None]) -> list[Shown]:
    """Bring every sample to its end, showing how it gets on, and write its pictures to `out`/pictures.

    Raises Trouble where no stack can be started, OSError where `out` cannot be written.
    """
    with _prepared(data, out / "samples", say) as (running, samples), signed_in(running) as phone:
        wanted = [_wanted(sample) for sample in samples]
        with progress.shown([sample.title for sample in samples]) as listener:
            outcomes = analysis.run(phone, wanted, listener, within=WITHIN)
        folder = out / "pictures"
        folder.mkdir(exist_ok=True)
        return [_shown(phone, sample, outcome, folder) for sample, outcome in zip(samples, outcomes, strict=True)]


@contextmanager
def _prepared(data: Path, folder: Path, say: Callable[[str], None]) -> Iterator[tuple[Running, Sequence[Sample]]]:
    """A stack and the samples; the one starts while the others are rendered."""
    from tools.samples import render

    with ThreadPoolExecutor(1) as aside:
        rendering = aside.submit(render, folder)
        with using(data, say=say) as running:
            yield running, rendering.result()


def _wanted(sample: Sample) -> Wanted:
    photo = LocalPhoto(
        path=sample.path,
        content_type=content_type(sample.path) or "application/octet-stream",
        size=sample.path.stat().st_size,
    )
    # The samples show invented places; nobody's privacy is in them. Where a lesion was taken is nobody's business.
    return Wanted(kind=sample.kind, photos=(photo,), location=sample.kind == "inspection")


def _shown(phone: Phone, sample: Sample, outcome: Outcome, folder: Path) -> Shown:
    if outcome.result is None or not outcome.result.images:
        return Shown(sample=sample, outcome=outcome)
    derived = outcome.result.images[0]["derived"]
    normalized, thumbnail = phone.download(derived["normalized"]), phone.download(derived["thumbnail"])
    stem = sample.path.stem
    (folder / f"{stem}-annotated.jpg").write_bytes(pictures.annotate(normalized, outcome.result.findings))
    (folder / f"{stem}-thumbnail.webp").write_bytes(thumbnail)
    annotated = pictures.annotate(normalized, outcome.result.findings, longest=LONGEST)
    return Shown(sample=sample, outcome=outcome, annotated=annotated, thumbnail=thumbnail)
