"""`python -m functions.analyze.kinds.color_correction.card_cli pdf|png|svg`: the card, on standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .card_sheet import card_file


def main(arguments: Sequence[str]) -> int:
    """Write the card; 2 where it was not said how."""
    match list(arguments):
        case ["pdf" | "png" | "svg" as kind]:
            sys.stdout.buffer.write(card_file(kind))
            return 0
    print(__doc__, file=sys.stderr)  # noqa: T201 - a program of its own
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
