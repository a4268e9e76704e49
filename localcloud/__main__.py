"""`python -m localcloud`: all services in one process, until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from localcloud import models, topology
from localcloud.edge import Edge
from localcloud.ground import PROJECT, Ground, Ports
from localcloud.keys import Keys
from localcloud.scheduler import Publishes, Scheduler, timetable
from localcloud.services import NAMES, Service, build


def main() -> int:
    """Start, say `ready` on standard output, wait for the signal, stop."""
    arguments = _arguments()
    ports = Ports(**{name: getattr(arguments, name) for name, _ in Ports()})
    arguments.data.mkdir(parents=True, exist_ok=True)
    ground = Ground(
        data=arguments.data,
        ports=ports,
        keys=Keys(arguments.data / "keys"),
        edge=Edge(),
        project=arguments.project,
    )
    shipped = None if arguments.bare else arguments.models
    return asyncio.run(_run(ground, only=arguments.only.split(","), bare=arguments.bare, shipped=shipped))


async def _run(ground: Ground, *, only: list[str], bare: bool, shipped: Path | None) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running: list[Service] = []
    try:
        for service in build(ground, only=only):
            await service.start()
            running.append(service)
        if not bare:
            topology.lay(running, project=ground.project, ports=ground.ports)
        if shipped is not None:
            models.lay(running, bucket=topology.Names(project=ground.project).models_bucket, folder=shipped)
            for scheduler in _schedulers(running, ground):
                await scheduler.start()
                running.append(scheduler)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"localcloud: cannot start: {error}", file=sys.stderr)  # noqa: T201 - the supervisor reads it
        return 1
    else:
        print("ready", flush=True)  # noqa: T201 - the supervisor waits for this line
        await stop.wait()
        return 0
    finally:
        ground.edge.faults.clear()  # calls that hang because of one end now
        for service in reversed(running):
            await service.stop()


def _schedulers(running: list[Service], ground: Ground) -> list[Scheduler]:
    topic = topology.Names(project=ground.project).topic(topology.TASKS)
    return [Scheduler(one, topic, timetable(os.environ)) for one in running if isinstance(one, Publishes)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m localcloud", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".loupe"), help="folder that keeps everything")
    parser.add_argument("--project", default=PROJECT)
    parser.add_argument("--only", default=",".join(NAMES), help="services to start, with commas between")
    parser.add_argument("--bare", action="store_true", help="without Loupe's own buckets, topics and subscriptions")
    parser.add_argument("--models", type=Path, default=models.SHIPPED, help="folder of the models that come with it")
    for name, port in Ports():
        parser.add_argument(f"--{name}-port", dest=name, type=int, default=port)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
