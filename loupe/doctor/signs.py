"""Signs of trouble on a stack whose parts all answer: clocks, faults, switches, what waits, what was given up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import httpx

from localcloud.topology import SCHEDULE
from loupe.client import metrics
from loupe.client.faults import FaultsClient
from loupe.client.watching import database
from loupe.doctor.finding import Finding, bad, good, warning
from shared.jobs.protocol import CLOCK_SKEW

if TYPE_CHECKING:
    from google.cloud.firestore import Client

    from localcloud.supervisor.state import Running

TIMEOUT: Final = 5.0  # seconds for one call
OLD: Final = 120.0  # seconds: the ack deadline
ROUNDS: Final = {"sweep": 5, "maintenance": 3}  # task → rounds that may be missed before somebody is told
SHOWN: Final = 1000  # documents that are counted at the most
STALE: Final = timedelta(minutes=10)


def look(running: Running) -> Iterator[Finding]:
    """Every sign. Raises LoupeError, httpx.HTTPError or google.api_core errors where a service does not answer."""
    documents = database(running)
    yield push_auth(running)
    yield clock(documents)
    yield faults(running)
    yield switches(documents)
    yield dead_letters(documents)
    yield waiting(metrics.read(running))
    yield outbox(documents, datetime.now(UTC))
    started = datetime.fromtimestamp(running.supervisor.start_time, UTC)
    for name in ROUNDS:
        yield rounds(name, documents, datetime.now(UTC), started)


def push_auth(running: Running) -> Finding:
    """Whether analyze turns away who is not Pub/Sub."""
    for path in ("/", "/tasks", "/dead-letters"):
        answer = httpx.post(running.urls["analyze"] + path, content=b"{}", timeout=TIMEOUT, trust_env=False)
        if answer.status_code != 401:
            detail = f"analyze answers {answer.status_code} at {path} to a push without a token, and not 401"
            return bad("Push tokens", detail, "Set PUSH_AUDIENCE, PUSH_SERVICE_ACCOUNT: docs/settings.md")
    return good("Push tokens", "a push without one is turned away")


def clock(documents: Client) -> Finding:
    """Whether Firestore's clock and this machine's agree as well as leases need."""
    sent = datetime.now(UTC)
    read = documents.document("control/switches").get(timeout=TIMEOUT, retry=None).read_time
    apart = (read - sent).total_seconds()
    if abs(apart) > CLOCK_SKEW.total_seconds() / 2:
        detail = f"Firestore's clock is {apart:+.0f} s from this machine's"
        return bad("Clocks", detail, "Set this machine's clock by NTP; on the local stack look at: loupe faults list")
    return good("Clocks", f"{apart * 1000:+.0f} ms apart")


def faults(running: Running) -> Finding:
    """Whether something fails on purpose."""
    rules = FaultsClient(running).rules()
    if rules:
        calls = ", ".join(sorted({rule["rule"]["call"] for rule in rules}))
        return warning("Faults", f"{len(rules)} in force, on {calls}", "Take them out of force: loupe faults clear")
    return good("Faults", "nothing fails on purpose")


def switches(documents: Client) -> Finding:
    """Whether a kind or a provider is turned off."""
    set_now: Mapping[str, Any] = documents.document("control/switches").get(timeout=TIMEOUT).to_dict() or {}
    off = [f"{name}" for group in ("kinds", "providers") for name, on in set_now.get(group, {}).items() if on is False]
    if off:
        return warning("Switches", f"turned off: {', '.join(sorted(off))}", "Turn them on in control/switches")
    return good("Switches", "nothing is turned off")


def dead_letters(documents: Client) -> Finding:
    """Whether deliveries were given up."""
    count = len(documents.collection("deadLetters").limit(SHOWN).get(timeout=TIMEOUT))
    if count:
        return warning("Dead letters", f"{_count(count)} kept", "Look at them: loupe dlq list")
    return good("Dead letters", "none")


def waiting(numbers: metrics.Numbers) -> Finding:
    """Whether a message waits for longer than a delivery may take."""
    late = [one for one in numbers.subscriptions if one.oldest_seconds > OLD and not one.name.endswith("-kept")]
    if late:
        told = ", ".join(f"{one.name} {one.messages} (oldest {one.oldest_seconds:.0f} s)" for one in late)
        return bad("Queues", f"stalled: {told}", "See what analyze logs, and: loupe top")
    return good("Queues", f"{sum(one.messages for one in numbers.subscriptions)} messages, none of them late")


def outbox(documents: Client, now: datetime) -> Finding:
    """Whether announcements wait that should long have been sent."""
    rows = documents.collection("outbox").where(filter=_unsent()).limit(SHOWN).get(timeout=TIMEOUT)
    stale = [row for row in rows if now - row.get("createTime") > STALE]
    if stale:
        remedy = "The sweep sends them; see whether it runs, and what analyze logs"
        return bad("Outbox", f"{_count(len(stale))} unsent for over {STALE.seconds // 60} minutes", remedy)
    return good("Outbox", "nothing waits to be sent")


def rounds(task: str, documents: Client, now: datetime, started: datetime) -> Finding:
    """Whether a scheduled task goes round; `started` is since when it could have."""
    kept = documents.document(f"control/{task}").get(timeout=TIMEOUT).to_dict() or {}
    last = max(started, kept.get("updateTime", started))
    name = task.capitalize()
    if now - last > ROUNDS[task] * SCHEDULE[task]:
        detail = f"it has not come round for {(now - last).total_seconds() / 60:.0f} minutes"
        return bad(name, detail, "See whether the subscription analyze-tasks is served, and what analyze logs")
    return good(name, f"came round {kept['updateTime']:%H:%M:%S} UTC" if kept else "has not had to come round yet")


def _unsent() -> Any:
    from google.cloud.firestore_v1.base_query import FieldFilter

    return FieldFilter("state", "==", "UNSENT")


def _count(number: int) -> str:
    return f"{number} or more" if number == SHOWN else str(number)
