"""What somebody asks of a supervisor, and making the data folder ready for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from localcloud.ground import PROJECT, Ports
from localcloud.supervisor.folder import DataFolder
from localcloud.supervisor.plan import Plan
from localcloud.supervisor.ports import require_free, usual_or_free


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One stack, please.

    `temporary`: it lives as long as the other end of standard input. `private`: other commands do not use it.
    """

    data: str
    ports: Ports = msgspec.field(default_factory=Ports)
    free_ports: bool = False  # a port that is taken is replaced by a free one
    project: str = PROJECT
    overrides: dict[str, dict[str, str]] = {}
    temporary: bool = False
    private: bool = False


def take(order: Order, *, waiting: Callable[[str], None]) -> tuple[DataFolder, Plan]:
    """Take the data folder and say what shall run. Raises what `DataFolder.take` raises, and PortsTaken."""
    folder = DataFolder(Path(order.data))
    folder.take(waiting=waiting)
    try:
        ports = usual_or_free(order.ports) if order.free_ports else order.ports
        require_free(ports)
        secret = folder.page_token_secret()
    except BaseException:
        folder.close()
        raise
    plan = Plan(
        data=folder.path,
        ports=ports,
        project=order.project,
        overrides=order.overrides,
        page_token_secret=secret,
        private=order.private,
    )
    return folder, plan
