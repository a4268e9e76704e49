"""`python -m tools.bench [NAME…]`: every benchmark, or those named."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Final

from tools.bench import intake, models, stack

BENCHMARKS: Final[Mapping[str, Callable[[], None]]] = {"stack": stack.run, "intake": intake.run, "models": models.run}


def main(names: list[str]) -> int:
    """Run; 2 if a name is unknown."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
