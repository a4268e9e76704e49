"""`python -m localcloud.supervisor ORDER`: a stack in the background. ORDER is JSON; `background` writes it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time

import msgspec

from localcloud.supervisor.background import Report
from localcloud.supervisor.child import StartFailed
from localcloud.supervisor.folder import AlreadyRunning, FolderBusy
from localcloud.supervisor.order import Order, take
from localcloud.supervisor.ports import PortsTaken
from localcloud.supervisor.supervisor import Voice, run


def main() -> int:
    """Run the stack until a signal; 0 if it was up, 1 if it could not be started."""
    order = msgspec.json.decode(sys.argv[1], type=Order)
    try:
        folder, plan = take(order, waiting=lambda text: _report(Report(note=text)))
        with contextlib.closing(folder):
            asyncio.run(
                run(
                    plan,
                    folder,
                    Voice(say=_log),
                    on_ready=lambda running: _report(Report(running=running)),
                    temporary=order.temporary,
                )
            )
    except AlreadyRunning as already:
        _report(Report(running=already.running))
    except (FolderBusy, PortsTaken, StartFailed, OSError) as error:
        _log(str(error))
        _report(Report(failed=str(error)))
        return 1
    return 0


def _report(report: Report) -> None:
    # Whoever started this may be gone, or satisfied; the stack is not there for them alone.
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{msgspec.json.encode(report).decode()}\n")
        sys.stdout.flush()


def _log(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")


if __name__ == "__main__":
    sys.exit(main())
