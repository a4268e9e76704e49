"""A process that is killed at a step of its work."""

from __future__ import annotations

from collections.abc import Callable


class Killed(BaseException):
    """The process is gone."""


def dies_at(step: str) -> Callable[[str], None]:
    """Raise at a step and, as nothing runs in a process that is gone, at every step after it."""
    dead: list[str] = []

    def before(name: str) -> None:
        if name == step or dead:
            dead.append(name)
            raise Killed(name)

    return before


def lives(_: str) -> None:
    """Nothing happens to the process."""
