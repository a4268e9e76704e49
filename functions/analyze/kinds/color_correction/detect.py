"""Where charts are in a photo: classic 24-patch charts by OpenCV's mcc module, and Loupe's own card by its markers.

A place is a homography from the chart's grid to the photo. The grid has one unit per patch: the patch in row r and
column c has its centre at (c + 0.5, r + 0.5), and the dark skin is the first.
"""

from __future__ import annotations

from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from . import card
from .references import COLUMNS, ROWS
from .spaces import Floats

Picture = NDArray[np.uint8]  # height x width x 3, BGR in sRGB

MOST: Final = 4  # charts of one kind in one photo
SIDES: Final = (900, 1600)  # long sides at which a classic chart is looked for, one after the other
CENTRES: Final = np.array([(c + 0.5, r + 0.5) for r in range(ROWS) for c in range(COLUMNS)], dtype=np.float64)
CORNERS: Final = np.array([(0, 0), (COLUMNS, 0), (COLUMNS, ROWS), (0, ROWS)], dtype=np.float64)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A chart in a photo: its family (`classic` or `loupe_card`), and the 3x3 homography from its grid to pixels."""

    family: str
    homography: Floats

    def points(self, grid: Floats) -> Floats:
        """Grid points (n x 2) in pixels."""
        return np.asarray(cv2.perspectiveTransform(grid.reshape(1, -1, 2), self.homography)[0], dtype=np.float64)

    def scaled(self, factor: float) -> Place:
        """The same place in the photo at `factor` times its size."""
        return Place(family=self.family, homography=np.diag([factor, factor, 1.0]) @ self.homography)

    @property
    def mirrored(self) -> bool:
        """Whether the chart is seen as in a mirror: its grid runs the other way round."""
        corner, right, down = self.points(np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]))
        return bool(np.linalg.det(np.stack([right - corner, down - corner])) < 0)

    def patch_side(self) -> float:
        """The shorter side of the smallest patch's cell, pixels."""
        grid = CENTRES[:, None] + np.array([(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5)])
        corner, right, down = np.moveaxis(self.points(grid.reshape(-1, 2)).reshape(-1, 3, 2), 1, 0)
        return float(min(np.linalg.norm(right - corner, axis=1).min(), np.linalg.norm(down - corner, axis=1).min()))


def find(picture: Picture) -> list[Place]:
    """Every chart in the photo, own cards first. What is found has still to be judged by how well it fits."""
    cards = card.find(picture)
    places = [Place(family=card.FAMILY, homography=found) for found in cards]
    classic = _classic(picture)
    return [*places, *(one for one in classic if not any(_inside(one, other) for other in places))]


def has_mirrored_card(picture: Picture) -> bool:
    """Whether an own card is in the photo's mirror image. To be asked where no chart was found."""
    return bool(card.find(np.ascontiguousarray(picture[:, ::-1])))


def _classic(picture: Picture) -> list[Place]:
    longest = max(picture.shape[:2])
    for side in SIDES:
        factor = min(1.0, side / longest)
        size = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
        small = picture if factor == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        found = _detected(np.asarray(small, dtype=np.uint8))
        if found:
            return [place.scaled(1 / factor) for place in found]
        if factor == 1:
            break
    return []


def _detected(picture: Picture) -> list[Place]:
    detector = cv2.mcc.CCheckerDetector.create()
    detector.setColorChartType(cv2.mcc.MCC24)
    if not detector.process(picture, MOST):
        return []
    places = []
    for checker in detector.getListColorChecker():
        centres = np.asarray(checker.getColorCharts(), dtype=np.float64).reshape(ROWS * COLUMNS, 4, 2).mean(axis=1)
        homography, _ = cv2.findHomography(CENTRES, centres)
        if homography is not None and np.isfinite(homography).all():
            places.append(
                refined(picture, Place(family="classic", homography=np.asarray(homography, dtype=np.float64)))
            )
    return places


def refined(picture: Picture, place: Place, *, cell: int = 40) -> Place:
    """The place moved onto the patches: each is the flat area around its expected centre.

    Left as it is where too few patches are seen as such areas.
    """
    to_picture = place.homography @ np.diag([1 / cell, 1 / cell, 1.0])
    size = (COLUMNS * cell, ROWS * cell)
    flat = cv2.warpPerspective(picture, to_picture, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    lab = cv2.cvtColor(flat, cv2.COLOR_BGR2LAB).astype(np.float32)
    seen, expected = [], []
    for centre in CENTRES:
        found = _flat_area(lab, (centre * cell).astype(int), cell)
        if found is not None:
            seen.append(found / cell)
            expected.append(centre)
    if len(seen) < 16:
        return place
    moved, inliers = cv2.findHomography(np.array(expected), np.array(seen), cv2.RANSAC, 0.06)
    if moved is None or inliers.sum() < 14 or np.abs(moved / moved[2, 2] - np.eye(3)).max() > 0.6:
        return place
    return Place(family=place.family, homography=place.homography @ moved)


def _flat_area(lab: NDArray[np.float32], centre: NDArray[np.int_], cell: int) -> Floats | None:
    """The middle of the box around the area that has the colour of `centre`; None where it has not a patch's size."""
    x, y = int(centre[0]), int(centre[1])
    near = lab[y - cell // 8 : y + cell // 8, x - cell // 8 : x + cell // 8]
    colour = np.median(near.reshape(-1, 3), axis=0)
    left, top = max(0, x - cell), max(0, y - cell)
    around = lab[top : y + cell, left : x + cell]
    same = (np.abs(around - colour).max(axis=-1) < 9).astype(np.uint8)
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(same, connectivity=4)
    label = int(labels[y - top, x - left])
    if not same[y - top, x - left]:
        return None
    box_x, box_y, width, height, area = (int(value) for value in boxes[label])
    if not (0.5 * cell < width < 1.05 * cell and 0.5 * cell < height < 1.05 * cell and area > 0.75 * width * height):
        return None
    return np.array([left + box_x + width / 2, top + box_y + height / 2], dtype=np.float64)


def _inside(one: Place, other: Place) -> bool:
    middle = one.points(np.array([[COLUMNS / 2, ROWS / 2]]))[0]
    outline = other.points(CORNERS).astype(np.float32)
    return cv2.pointPolygonTest(outline, (float(middle[0]), float(middle[1])), measureDist=False) >= 0
