"""The pictures of the documents, of a rendered scene: real photos stay where they are."""

from __future__ import annotations

from pathlib import Path

from tools.color.loaded import part
from tools.color.scenes import Camera, Pose, chart_picture, jpeg, photographed, scene

SIZE = (640, 460)


def draw(folder: Path) -> None:
    """Write `color-before-after.jpg`, `color-delta-e.svg`, `color-lab.svg` and `color-card.svg`."""
    references, spaces = part("references"), part("spaces")
    patches = references.reference_xyz("classic_after_2014") @ spaces.XYZ_TO_SRGB.T
    camera = Camera(light=(1.0, 0.72, 0.42), vignetting=0.15, noise=0.01)
    photo = jpeg(photographed(scene(chart_picture(patches), SIZE, Pose(width=0.62, middle=(0.5, 0.36))), camera))
    files = part("task").correct(part("order").Order(photo=photo, report=False)).files
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "color-before-after.jpg").write_bytes(files["comparison.jpg"].data)
    (folder / "color-delta-e.svg").write_bytes(files["delta-e.svg"].data)
    (folder / "color-lab.svg").write_bytes(files["lab.svg"].data)
    (folder / "color-card.svg").write_bytes(part("card_sheet").card_file("svg"))
