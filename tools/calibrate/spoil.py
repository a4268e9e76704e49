"""Ways to spoil a photo, at the measuring scale and in grey values, the same ones every time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]
Spoil = Callable[[Grey], Grey]

_GREY_OF_RGB: Final = 0.67  # what luma makes of noise that is independent in red, green and blue


def defocus(sigma: float) -> Spoil:
    """Gaussian blur."""
    return lambda grey: _bytes(cv2.GaussianBlur(grey, (0, 0), sigma))


def motion(length: int, degrees: float) -> Spoil:
    """The camera moved `length` pixels along a line while the shutter was open."""
    along = np.linspace(-(length - 1) / 2, (length - 1) / 2, 8 * length)
    kernel = _trace(along * np.cos(np.deg2rad(degrees)), along * np.sin(np.deg2rad(degrees)), length)
    return lambda grey: _bytes(cv2.filter2D(grey, -1, kernel))


def shake(seed: int, reach: int) -> Spoil:
    """A hand that trembled: a random walk of up to `reach` pixels from its middle, in linear light."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 1, 2) + np.cumsum(rng.normal(0, 0.35, (64, 2)), axis=0)
    path = np.cumsum(steps, axis=0)
    path = (path - path.mean(axis=0)) * reach / np.abs(path - path.mean(axis=0)).max()
    fine = np.stack([np.interp(np.arange(0, 63, 0.1), np.arange(64), axis) for axis in path.T])
    kernel = _trace(fine[0], fine[1], 2 * reach + 1)

    def spoilt(grey: Grey) -> Grey:
        light = cv2.filter2D(((grey / 255.0) ** 2.2).astype(np.float32), -1, kernel)
        return _bytes(np.clip(np.asarray(light), 0, 1) ** (1 / 2.2) * 255)

    return spoilt


def noise(deviation: float) -> Spoil:
    """White noise of `deviation` in each of red, green and blue."""

    def spoilt(grey: Grey) -> Grey:
        return _bytes(grey + np.random.default_rng(0).normal(0, deviation * _GREY_OF_RGB, grey.shape))

    return spoilt


def exposed(factor: float, offset: float = 0) -> Spoil:
    """Values multiplied, shifted and clipped."""
    return lambda grey: _bytes(grey * float(factor) + offset)


def lamp(reach: float) -> Spoil:
    """The flash seen in something that shines: a spot of light, `reach` being its share of the long edge."""

    def spoilt(grey: Grey) -> Grey:
        height, width = grey.shape
        rows, columns = np.mgrid[:height, :width]
        distance = np.hypot(columns - 0.55 * width, rows - 0.45 * height) / (reach * max(grey.shape))
        return _bytes(grey + 400 * np.exp(-(distance**2)))

    return spoilt


def compressed(quality: int) -> Spoil:
    """Through a JPEG of a low quality."""

    def spoilt(grey: Grey) -> Grey:
        _, data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return _bytes(np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)))

    return spoilt


def after(first: Spoil, then: Spoil) -> Spoil:
    """One and then the other."""
    return lambda grey: then(first(grey))


def _trace(across: npt.NDArray[np.float64], down: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float32]:
    """The kernel that a path of points leaves, each point shared out among its four neighbours."""
    middle = length // 2 + 2
    kernel = np.zeros((2 * middle + 1, 2 * middle + 1))
    column, row = np.floor(across).astype(int), np.floor(-down).astype(int)
    right, below = across - column, -down - row
    for step_down, share_down in ((0, 1 - below), (1, below)):
        for step_right, share_right in ((0, 1 - right), (1, right)):
            np.add.at(kernel, (middle + row + step_down, middle + column + step_right), share_down * share_right)
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)


def _bytes(values: npt.ArrayLike) -> Grey:
    return np.asarray(np.clip(np.rint(np.asarray(values)), 0, 255), dtype=np.uint8)


SPOILT: Final[Mapping[str, Spoil]] = {
    "as it is": lambda grey: grey,
    "defocus 1": defocus(1),
    "defocus 2": defocus(2),
    "defocus 4": defocus(4),
    "defocus 8": defocus(8),
    "motion 15": motion(15, 0),
    "motion 31": motion(31, 0),
    "motion 15, 90°": motion(15, 90),
    "motion 15, 45°": motion(15, 45),
    "motion 31, 20°": motion(31, 20),
    "shake 8": shake(11, 8),
    "shake 12": shake(7, 12),
    "defocus 2 + noise 4": after(defocus(2), noise(4)),
    "defocus 6 + noise 8": after(defocus(6), noise(8)),
    "motion 15 + noise 4": after(motion(15, 0), noise(4)),
    "motion 31 + noise 8": after(motion(31, 0), noise(8)),
    "noise 8": noise(8),
    "noise 16": noise(16),
    "noise 30": noise(30),
    "JPEG 20": compressed(20),
    "dark x0.25": exposed(0.25),
    "dark x0.08": exposed(0.08),
    "bright x3": exposed(3),
    "bright x6": exposed(6, 60),
    "haze": exposed(0.35, 150),
    "contrast x0.15": exposed(0.15, 108),
    "lamp 8 %": lamp(0.08),
    "lamp 16 %": lamp(0.16),
}
