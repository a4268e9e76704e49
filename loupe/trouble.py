"""What a command cannot do, told to the person who asked for it."""

from __future__ import annotations


class Trouble(Exception):
    """The command ends here with exit code 1; the message says why and what to do next."""


class Misuse(Trouble):
    """The command was called wrongly: exit code 2; the message says what there is to choose from."""
