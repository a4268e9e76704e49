"""Photos of charts that were never taken: rendered with a known light, camera, vignetting and noise.

The truth is linear sRGB. A camera sees it through its own filters, in a coloured light that falls off towards the
edges, with noise, through its tone curve, and codes it as JPEG or PNG.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROWS: Final = 4
COLUMNS: Final = 6
PIXELS: Final = 60  # to a cell of the chart as it is drawn, before the camera sees it
BORDER: Final = 0.5  # of a cell, around the patches
PATCH: Final = 0.82  # of a cell
CHART_BLACK: Final = 0.012  # linear
TABLE: Final = np.array([0.32, 0.30, 0.27])  # linear: what the chart lies on
MIXED: Final = np.array([[0.80, 0.16, 0.04], [0.10, 0.82, 0.08], [0.02, 0.20, 0.78]])


@dataclass(frozen=True, kw_only=True)
class Camera:
    """How a scene becomes a photo. `light` and `filters` make up the truth that a correction has to undo."""

    light: tuple[float, float, float] = (1.0, 1.0, 1.0)
    filters: NDArray[np.float64] = dataclasses.field(default_factory=lambda: MIXED)
    exposure: float = 0.85
    vignetting: float = 0.0  # of the light that is lost in the corners
    noise: float = 0.004  # of full scale, at white; shot noise
    gamma: float = 1.0  # on top of sRGB's own curve

    def sees(self, truth: Floats) -> Floats:
        """Linear camera colours (… x 3) of true linear sRGB colours, in the middle of the picture, without noise."""
        filtered = truth @ self.filters.T
        return np.asarray(filtered * np.array(self.light) * self.exposure, dtype=np.float64)

    def codes(self, linear: Floats) -> Floats:
        """Coded values, 0 to 1, of linear camera colours."""
        light = np.clip(linear, 0.0, 1.0)
        coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
        return np.asarray(np.clip(coded, 0.0, 1.0) ** self.gamma, dtype=np.float64)


CAMERAS: Final = {
    "daylight": Camera(),
    "tungsten": Camera(light=(1.0, 0.72, 0.42)),
    "vignetting 35 %": Camera(light=(0.8, 1.0, 0.9), vignetting=0.35),
    "noise 3 %": Camera(light=(1.0, 0.8, 0.6), noise=0.03),
    "tone curve 1.2": Camera(light=(1.0, 0.8, 0.6), gamma=1.2),
    "all of it": Camera(light=(0.7, 0.9, 1.0), gamma=0.85, vignetting=0.3, exposure=0.8, noise=0.01),
    "two stops under": Camera(exposure=0.25),
}


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Where the chart is in the picture: its middle and width as shares of the picture's width, and how it is turned.

    `tilt` moves the far side closer together: 0 is seen from straight above.
    """

    middle: tuple[float, float] = (0.5, 0.37)
    width: float = 0.42
    degrees: float = 7.0
    tilt: float = 0.08


USUAL: Final = Pose()


def chart_picture(patches: Floats) -> Floats:
    """The chart from straight above, linear, for 24 patches of linear sRGB."""
    height, width = round((ROWS + 2 * BORDER) * PIXELS), round((COLUMNS + 2 * BORDER) * PIXELS)
    picture = np.full((height, width, 3), CHART_BLACK)
    inset = (1 - PATCH) / 2
    for number, colour in enumerate(patches):
        row, column = divmod(number, COLUMNS)
        left, top = (column + BORDER + inset) * PIXELS, (row + BORDER + inset) * PIXELS
        side = PATCH * PIXELS
        picture[round(top) : round(top + side), round(left) : round(left + side)] = colour
    return picture


def scene(flat: Floats, size: tuple[int, int], pose: Pose = USUAL) -> Floats:
    """A table with a flat picture on it, linear, `size` is width and height."""
    width, height = size
    generator = np.random.default_rng(7)
    grain = cv2.GaussianBlur(generator.normal(0, 1, (height // 8 + 1, width // 8 + 1)), (0, 0), 6)
    grain = cv2.resize(grain / np.abs(grain).max(), (width, height), interpolation=cv2.INTER_CUBIC)
    table = TABLE * (1 + 0.08 * grain[..., None])
    homography = _placed(flat.shape[1], flat.shape[0], width, pose)
    seen = cv2.warpPerspective(flat, homography, size, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.ones(flat.shape[:2]), homography, size, flags=cv2.INTER_AREA)[..., None]
    return np.asarray(seen * mask + table * (1 - mask), dtype=np.float64)


def photographed(truth: Floats, camera: Camera, *, seed: int = 1) -> NDArray[np.uint8]:
    """The photo of a scene: 8 bits, red first."""
    return np.asarray(np.round(exposed(truth, camera, seed=seed) * 255), dtype=np.uint8)


def exposed(truth: Floats, camera: Camera, *, seed: int = 1) -> Floats:
    """The photo of a scene as coded values, 0 to 1."""
    height, width = truth.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    falloff = 1 - camera.vignetting * (x**2 + y**2) / 2
    light = camera.sees(truth) * falloff[..., None]
    noise = np.random.default_rng(seed).normal(0, 1, light.shape)
    return camera.codes(light + noise * camera.noise * np.sqrt(np.maximum(light, 0.002)))


def jpeg(picture: NDArray[np.uint8], quality: int = 92) -> bytes:
    """The picture as JPEG."""
    _, made = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(made.tobytes())


def png16(coded: Floats) -> bytes:
    """Coded values, 0 to 1, as PNG of 16 bits."""
    _, made = cv2.imencode(".png", np.round(coded[..., ::-1] * 65535).astype(np.uint16))
    return bytes(made.tobytes())


def _placed(width: int, height: int, across: int, pose: Pose) -> NDArray[Any]:
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]) * (1, height / width) * pose.width
    narrowed = corners * np.array([[1 - pose.tilt, 1], [1 - pose.tilt, 1], [1, 1], [1, 1]])
    angle = np.radians(pose.degrees)
    turned = narrowed @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    there = ((turned + pose.middle) * across).astype(np.float32)
    here = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    return np.asarray(cv2.getPerspectiveTransform(here, there))
