"""A canvas in units of its shorter half side, and the few patterns that everything is painted with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Map = npt.NDArray[np.floating[Any]]  # height x width
Point = tuple[float, float]


class Canvas:
    """Width x height pixels around (0, 0); the shorter side reaches from -1 to 1. Draws from `rng` alone."""

    def __init__(self, width: int, height: int, rng: np.random.Generator) -> None:
        self.width, self.height, self.rng = width, height, rng
        self.unit = min(width, height) / 2  # pixels

    @cached_property
    def x(self) -> Map:
        """Where each pixel is, from left to right."""
        return np.broadcast_to(self._axis(self.width), (self.height, self.width))

    @cached_property
    def y(self) -> Map:
        """Where each pixel is, from top to bottom."""
        return np.broadcast_to(self._axis(self.height)[:, None], (self.height, self.width))

    def noise(self, cells: float) -> Map:
        """Smooth noise of 0 to 1 with about `cells` bumps along the shorter side."""
        size = [max(2, round(cells * side / (2 * self.unit))) + 3 for side in (self.height, self.width)]
        coarse = Image.fromarray(self.rng.random(size, dtype=np.float32))
        fine = np.asarray(coarse.resize((self.width, self.height), Image.Resampling.BICUBIC))
        smooth: Map = np.clip(fine, 0, 1)
        return smooth

    def ridges(self, cells: float) -> Map:
        """A net of thin bright lines, 0 to 1."""
        net: Map = (1 - np.abs(2 * self.noise(cells) - 1)) ** 3
        return net

    def spots(self, centres: Sequence[Point], radii: Sequence[float]) -> Map:
        """Soft round spots of height 1; where they overlap they do not add up."""
        painted = np.zeros((self.height, self.width), dtype=np.float32)
        for (x, y), radius in zip(centres, radii, strict=True):
            rows, columns = self._window(x, y, 1.5 * radius)
            distance = np.hypot(self.x[rows, columns] - x, self.y[rows, columns] - y) / radius
            spot = 1 / (1 + np.exp(np.clip((distance - 1) * 12, -30, 30)))
            painted[rows, columns] = np.maximum(painted[rows, columns], spot)
        return painted

    def lines(self, paths: Sequence[Sequence[Point]], thickness: float) -> Map:
        """Lines of height 1, `thickness` units wide, with soft edges."""
        image = Image.new("L", (self.width, self.height))
        draw = ImageDraw.Draw(image)
        for path in paths:
            draw.line([self._pixel(point) for point in path], fill=255, width=max(1, round(thickness * self.unit)))
        soft = image.filter(ImageFilter.GaussianBlur(max(0.5, thickness * self.unit * 0.3)))
        return np.asarray(soft, dtype=np.float32) / 255

    def between(self, low: float, high: float) -> float:
        """A number of that range."""
        return float(self.rng.uniform(low, high))

    def count(self, low: int, high: int) -> int:
        """A whole number of that range, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def scatter(self, count: int, spread: float) -> list[Point]:
        """Points within `spread` of the middle, evenly over the area."""
        radii, angles = spread * np.sqrt(self.rng.random(count)), 2 * np.pi * self.rng.random(count)
        return [(float(r * np.cos(a)), float(r * np.sin(a))) for r, a in zip(radii, angles, strict=True)]

    def _axis(self, side: int) -> npt.NDArray[np.float32]:
        return ((np.arange(side, dtype=np.float32) + 0.5 - side / 2) / self.unit).astype(np.float32)

    def _pixel(self, point: Point) -> Point:
        return point[0] * self.unit + self.width / 2, point[1] * self.unit + self.height / 2

    def _window(self, x: float, y: float, reach: float) -> tuple[slice, slice]:
        column, row = self._pixel((x, y))
        pixels = reach * self.unit + 1
        rows = slice(max(0, int(row - pixels)), max(0, int(row + pixels) + 1))
        return rows, slice(max(0, int(column - pixels)), max(0, int(column + pixels) + 1))
