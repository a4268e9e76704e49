"""`loupe demo`: sample photos through the whole stack."""

from __future__ import annotations

import click


@click.command(short_help="Sample photos through the whole stack.")
def demo() -> int:
    """Analyse sample photos, show what came of them, and write a page of results."""
    return 0
