"""What every service of the local cloud stands on: where it keeps its data, its ports, its keys, its edge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the supervisor reads ports here and shall not load what makes keys
    from localcloud.edge import Edge
    from localcloud.keys import Keys

PROJECT = "demo-loupe"  # the `demo-` prefix means "no cloud" to every Firebase tool
HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Ports:
    """One port per service; the defaults are those of the Firebase emulators where they have one."""

    firestore: int = 8080
    pubsub: int = 8085
    vision: int = 8090
    auth: int = 9099
    storage: int = 9199
    console: int = 4000
    upload: int = 5001
    status: int = 5002
    analyze: int = 5003

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return ((field.name, getattr(self, field.name)) for field in fields(self))

    def address(self, service: str) -> str:
        """`host:port` of a service by its field name."""
        return f"{HOST}:{getattr(self, service)}"

    def url(self, service: str) -> str:
        """`http://host:port` of a service by its field name."""
        return f"http://{self.address(service)}"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Everything a service is given; it takes nothing from the environment."""

    data: Path
    ports: Ports
    keys: Keys
    edge: Edge
    project: str = PROJECT
