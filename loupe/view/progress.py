"""How several jobs get on: live bars on a terminal, one line per stage elsewhere. Always on standard error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from loupe.client.analysis import Listener, Outcome
from loupe.view.console import err
from loupe.view.words import harmless, shortened
from shared.model.job import Job
from shared.model.states import Stage, State

STAGES: Final = {
    Stage.AWAITING_UPLOAD: "uploading",
    Stage.QUEUED: "queued",
    Stage.READING: "reading",
    Stage.CHECKING: "checking",
    Stage.ANALYZING: "analysing",
    Stage.REPORTING: "reporting",
    Stage.DONE: "done",
}
STYLES: Final = {State.COMPLETED: "green", State.FAILED: "red", State.CANCELLED: "yellow"}
NAME_WIDTH: Final = 32


def stage_of(job: Job) -> Text:
    """The stage in words, or how it ended."""
    if job.state.terminal:
        word = job.state.value.lower()
        return Text(f"{word}: {job.error.reason}" if job.error else word, style=STYLES[job.state])
    return Text(STAGES[job.stage])


@contextmanager
def shown(names: Sequence[str]) -> Iterator[Listener]:
    """A listener that shows the jobs called `names` while the block lasts."""
    if not err().is_terminal:
        yield Lines(names)
        return
    columns: tuple[ProgressColumn, ...] = (
        TextColumn("{task.fields[name]}"),
        BarColumn(bar_width=24),
        _Stage(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err(), transient=len(names) == 1) as progress:
        yield Bars(progress, names)


class Lines(Listener):
    """One line per job and stage."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = [harmless(name) for name in names]
        self._said: dict[int, str] = {}

    def created(self, index: int, job_id: str) -> None:
        """Say the job's id."""
        self._say(index, f"job {job_id}")

    def changed(self, index: int, job: Job) -> None:
        """Say the stage, once."""
        self._say(index, stage_of(job).plain)

    def ended(self, index: int, outcome: Outcome) -> None:
        """Say what there is no job for."""
        if outcome.refusal is not None:
            self._say(index, outcome.refusal.message)

    def _say(self, index: int, text: str) -> None:
        if self._said.get(index) != text:
            self._said[index] = text
            err().print(Text(f"{self._names[index]}: {harmless(text)}"), soft_wrap=True)


class Bars(Listener):
    """One bar per job."""

    def __init__(self, progress: Progress, names: Sequence[str]) -> None:
        self._progress = progress
        width = min(NAME_WIDTH, max(len(name) for name in names))
        self._tasks: list[TaskID] = [
            progress.add_task("", total=1.0, start=False, name=_padded(name, width), stage=Text("waiting", style="dim"))
            for name in names
        ]

    def created(self, index: int, job_id: str) -> None:
        """The clock of this job starts."""
        del job_id
        self._progress.start_task(self._tasks[index])
        self._progress.update(self._tasks[index], stage=Text(STAGES[Stage.AWAITING_UPLOAD]))

    def changed(self, index: int, job: Job) -> None:
        """Move the bar."""
        self._progress.update(self._tasks[index], completed=job.progress, stage=stage_of(job))

    def ended(self, index: int, outcome: Outcome) -> None:
        """Stop the clock."""
        if outcome.refusal is not None:
            self._progress.update(self._tasks[index], stage=Text(outcome.refusal.reason, style="red"))
        self._progress.stop_task(self._tasks[index])


class _Stage(ProgressColumn):
    def render(self, task: Task) -> Text:
        stage: Text = task.fields["stage"]
        return stage


def _padded(name: str, width: int) -> Text:
    return Text(shortened(harmless(name), width).ljust(width))
