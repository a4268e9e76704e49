"""JSON on standard output, for machines."""

from __future__ import annotations

import sys
from typing import Any

import msgspec


def show_json(value: Any) -> None:
    """Print one JSON value, indented."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")
    sys.stdout.flush()
