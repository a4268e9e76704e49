"""Loupe's own card: 24 patches between four ArUco markers, its measures in millimetres, and how it is found again."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .references import COLUMNS, OWN, ROWS
from .spaces import Floats

FAMILY: Final = OWN
WIDTH: Final = 210.0  # A5, lying
HEIGHT: Final = 148.0
PATCH: Final = 20.0
PITCH: Final = 24.0
LEFT: Final = (WIDTH - COLUMNS * PITCH) / 2  # where the grid begins; a patch lies in the middle of its cell
TOP: Final = 26.0
MARKER: Final = 20.0
MARKERS: Final = {  # id of the dictionary → left and top of the marker
    23: (8.0, 8.0),
    29: (WIDTH - 8.0 - MARKER, 8.0),
    31: (WIDTH - 8.0 - MARKER, HEIGHT - 8.0 - MARKER),
    37: (8.0, HEIGHT - 8.0 - MARKER),
}
DICTIONARY: Final = cv2.aruco.DICT_4X4_50
FEWEST: Final = 3  # markers that have to be seen

# From the grid, one unit per patch, to millimetres on the card.
GRID_TO_CARD: Final = np.array([[PITCH, 0.0, LEFT], [0.0, PITCH, TOP], [0.0, 0.0, 1.0]])


def find(picture: NDArray[np.uint8]) -> list[Floats]:
    """The homography from the grid to pixels where a card is in the photo (BGR): none, or the one."""
    seen = markers(picture)
    if len(seen) < FEWEST:
        return []
    on_card = np.concatenate([_corners(identity) for identity in seen])
    in_picture = np.concatenate(list(seen.values()))
    homography, _ = cv2.findHomography(on_card, in_picture, cv2.RANSAC, 0.02 * max(picture.shape[:2]))
    return [] if homography is None else [np.asarray(homography @ GRID_TO_CARD, dtype=np.float64)]


def markers(picture: NDArray[np.uint8]) -> dict[int, Floats]:
    """The card's markers in the photo: by id, their corners (4 x 2) in pixels. One that is there twice counts not."""
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(DICTIONARY), parameters)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    corners, identities, _ = detector.detectMarkers(grey)
    found = [int(identity) for identity in (() if identities is None else np.ravel(identities))]
    return {
        identity: np.asarray(corner, dtype=np.float64).reshape(4, 2)
        for identity, corner in zip(found, corners, strict=True)
        if identity in MARKERS and found.count(identity) == 1
    }


def marker_cells(identity: int) -> NDArray[np.bool_]:
    """The marker as 6 x 6 cells with its border; True is white."""
    made = cv2.aruco.generateImageMarker(cv2.aruco.getPredefinedDictionary(DICTIONARY), identity, 6, borderBits=1)
    return np.asarray(made > 127, dtype=np.bool_)


def patch_boxes() -> list[tuple[float, float, float]]:
    """Left, top and side of every patch, millimetres."""
    inset = (PITCH - PATCH) / 2
    return [(LEFT + c * PITCH + inset, TOP + r * PITCH + inset, PATCH) for r in range(ROWS) for c in range(COLUMNS)]


def _corners(identity: int) -> Floats:
    left, top = MARKERS[identity]
    return np.array([(left, top), (left + MARKER, top), (left + MARKER, top + MARKER), (left, top + MARKER)])
