"""Dead letters on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from loupe.client.dead_letters import Fate, Letter, Redriven
from loupe.view.listing import ago
from loupe.view.result import STATE_STYLES
from loupe.view.words import harmless, shortened
from shared.documents import to_json
from shared.jobs.dead_letters import SOURCE

SAID = {
    Fate.QUEUED: "its job runs once more",
    Fate.MOOT: "dropped: its job has gone on without it",
    Fate.PUBLISHED: "published once more, as it had come",
}


def as_json(letter: Letter) -> dict[str, Any]:
    """All of it: the message with its data, and its job as it is now."""
    return {"id": letter.id, **to_json(letter.kept), "job": to_json(letter.job) if letter.job else None}


def by_reason(letters: Sequence[Letter]) -> dict[str, int]:
    """How many there are under each reason, the most frequent first."""
    return dict(Counter(letter.kept.reason for letter in letters).most_common())


def listing(letters: Sequence[Letter]) -> Iterator[Text | Table]:
    """One table for each reason."""
    for reason, count in by_reason(letters).items():
        yield Text.assemble((harmless(reason), "bold"), (f"  {count}", "dim"))
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for name in ("id", "kept", "deliveries", "its job now"):
            table.add_column(name, no_wrap=name != "its job now", overflow="fold")
        for letter in letters:
            if letter.kept.reason == reason:
                table.add_row(harmless(letter.id), ago(letter.kept.update_time), _deliveries(letter), _state(letter))
        yield table


def detail(letter: Letter) -> Iterator[Text]:
    """Everything about one letter."""
    kept, job = letter.kept, letter.job
    facts: dict[str, object] = {
        "id": letter.id,
        "reason": kept.reason,
        "kept": kept.create_time.isoformat(timespec="seconds"),
        "message": kept.message_id,
    }
    if kept.count > 1:
        facts |= {"again": f"{kept.count} times, last {kept.update_time.isoformat(timespec='seconds')}"}
    if job is not None:
        facts |= {"job": f"jobs/{kept.job_id}: {job.state}, run {job.run}, attempt {job.attempt}"}
        facts |= {"error": job.error.message} if job.error is not None else {}
    elif kept.job_id:
        facts |= {"job": f"jobs/{kept.job_id} is not there any more"}
    facts |= {f"attribute {name}": value for name, value in sorted(kept.attributes.items())}
    width = max(map(len, facts))
    for name, value in facts.items():
        yield Text.assemble((f"{harmless(name):<{width}}  ", "dim"), harmless(value))
    yield Text.assemble((f"{'data':<{width}}  ", "dim"), _data(kept.data))


def outcome(redriven: Redriven) -> Text:
    """What became of one letter."""
    if redriven.fate is Fate.REFUSED:
        why = f"stays: {redriven.message} ({redriven.reason})"
        return Text.assemble(harmless(redriven.id), "  ", (harmless(why), "red"))
    return Text.assemble(harmless(redriven.id), "  ", SAID[redriven.fate])


def _deliveries(letter: Letter) -> str:
    return harmless(letter.kept.attributes.get(f"{SOURCE}DeliveryCount", ""))


def _state(letter: Letter) -> Text:
    if letter.job is None:
        return Text("there is none" if letter.kept.job_id else "it is of no job", style="dim")
    if letter.job.delete_time is not None:
        return Text("deleted", style="dim")
    return Text(letter.job.state, style=STATE_STYLES.get(letter.job.state, "cyan"))


def _data(data: bytes) -> str:
    try:
        return harmless(msgspec.json.format(data, indent=0).decode())
    except (msgspec.DecodeError, UnicodeDecodeError):
        return shortened(repr(data), 2000)
