"""`python -m tools.color`: how well colours are corrected, beside what people use by hand; tables in Markdown.

Three methods on the same patches: Loupe's; OpenCV's `cv2.ccm` as it comes; a 3x3 matrix by least squares on linear
light. Every figure is CIEDE2000 against the chart's reference, of what an sRGB picture can show, over all 24 patches.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tools.color import cost, pictures, versus

ROOT: Final = Path(__file__).parents[2]
PHOTOS: Final = Path(os.environ.get("LOUPE_PHOTOS", ROOT.parent / "shared" / "photos"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; with `--pictures DIR` draw those of the documents too."""
    parser = argparse.ArgumentParser(prog="python -m tools.color", description=__doc__)
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="draw the documents' pictures there")
    parser.add_argument("--no-cost", action="store_true", help="leave out times and memory")
    asked = parser.parse_args(arguments)
    for line in _tables(with_cost=not asked.no_cost):
        print(line, flush=True)
    if asked.pictures:
        pictures.draw(asked.pictures)
    return 0


def _tables(*, with_cost: bool) -> Iterator[str]:
    if PHOTOS.is_dir():
        yield from versus.real_photos(PHOTOS)
        yield ""
        yield versus.false_alarms(PHOTOS)
        yield ""
    else:
        yield f"No real photos: {PHOTOS} is missing (LOUPE_PHOTOS)."
    yield from versus.rendered_scenes()
    if with_cost:
        yield ""
        yield from cost.table()


if __name__ == "__main__":
    sys.exit(main())
