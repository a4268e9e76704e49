"""Ports of a stack: free ones, and who holds the taken ones."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from localcloud.ground import HOST, Ports

QUIET: Final = range(15_000, 30_000)


class PortsTaken(Exception):
    """Ports that the stack needs belong to somebody else; the message says to whom and what to do."""

    def __init__(self, taken: Sequence[Taken]) -> None:
        lines = [f"Port {one.port} ({one.service}) is taken by {one.holder}." for one in taken]
        them = "that" if len(taken) == 1 else "those"
        super().__init__("\n".join([*lines, f"Stop {them}, or let Loupe pick free ports: loupe up --free-ports"]))
        self.taken = tuple(taken)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A port that somebody listens on already."""

    service: str
    port: int
    holder: str


def require_free(ports: Ports) -> None:
    """Returns when every port can be had now. Raises PortsTaken naming every one that cannot."""
    taken = [Taken(service=name, port=port, holder=holder(port)) for name, port in ports if not _bindable(port)]
    if taken:
        raise PortsTaken(taken)


def free_ports() -> Ports:
    """Ports that nobody listens on now, away from those that the system gives to outgoing connections."""
    names = [name for name, _ in Ports()]
    candidates = (port for port in random.sample(QUIET, len(QUIET)) if _bindable(port))
    return Ports(**dict(zip(names, candidates, strict=False)))


def usual_or_free(ports: Ports) -> Ports:
    """The given ports, each replaced by a free one where it is taken."""
    spare = dict(free_ports())
    return Ports(**{name: port if _bindable(port) else spare[name] for name, port in ports})


def holder(port: int) -> str:
    """Who listens on a port, as well as the operating system tells: `java (pid 4711)`."""
    import psutil

    try:
        for process in _listeners(port):
            return f"{psutil.Process(process).name()} (pid {process})"
    except psutil.Error:
        pass  # another user's process: the system does not say
    return "another program"


def _listeners(port: int) -> Iterator[int]:
    import psutil

    for connection in psutil.net_connections(kind="tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.pid and connection.laddr[1:] == (port,):
            yield connection.pid


def _bindable(port: int) -> bool:
    with socket.socket() as sock:
        # As the servers do: a port whose last connections are still closing is free.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True
