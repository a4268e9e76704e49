"""Seven synthetic look-alikes, after textbook descriptions of the classes of HAM10000 in dermoscopy.

They are caricatures that a program draws to show how a pipeline works. Nothing about skin can be learnt from them.
Source of the classes: Tschandl, Rosendahl, Kittler, The HAM10000 dataset, Scientific Data 5, 180161 (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.skin_lesion.look.canvas import Canvas, Map, Point


@dataclass(frozen=True, kw_only=True)
class Layers:
    """What lies in and on the skin at each pixel: pigment and blood absorb, blue and white cover (0 to 1)."""

    melanin: Map
    blood: Map
    blue: Map
    white: Map

    def mixed(self, other: Layers, share: float) -> Layers:
        """These layers with `share` (0 to 1) of others in their place."""
        return Layers(
            melanin=self.melanin * (1 - share) + other.melanin * share,
            blood=self.blood * (1 - share) + other.blood * share,
            blue=self.blue * (1 - share) + other.blue * share,
            white=self.white * (1 - share) + other.white * share,
        )


def akiec(canvas: Canvas) -> Layers:
    """A rough pink patch with whitish scale and an ill-defined border."""
    inside = _shape(canvas, radius=(0.35, 0.6), wobble=0.1, edge=0.2, ragged=0.35)
    scale = np.clip(canvas.noise(canvas.between(12, 20)) * 3 - 1.6, 0, 1)
    dots = canvas.count(8, 24)
    follicles = canvas.spots(canvas.scatter(dots, 0.5), [canvas.between(0.02, 0.03) for _ in range(dots)])
    blood = inside * (canvas.between(0.5, 0.9) + 0.4 * canvas.noise(9))
    white = inside * np.clip(0.5 * scale + 0.35 * follicles, 0, 0.6)
    return _layers(canvas, melanin=0.1 * inside, blood=blood, white=white)


def bcc(canvas: Canvas) -> Layers:
    """Pearly and pink, with branching vessels and blue-grey ovoids."""
    inside = _shape(canvas, radius=(0.3, 0.5), wobble=0.06, edge=0.06)
    vessels = canvas.lines(_branches(canvas), 0.022)
    ovoids = canvas.count(2, 6)
    blue = canvas.spots(canvas.scatter(ovoids, 0.3), [canvas.between(0.04, 0.1) for _ in range(ovoids)])
    return _layers(
        canvas,
        melanin=0.06 * inside,
        blood=inside * (0.25 + 1.6 * vessels),
        blue=0.65 * inside * blue,
        white=inside * canvas.between(0.12, 0.25) * canvas.noise(3),
    )


def bkl(canvas: Canvas) -> Layers:
    """Stuck on, sharply bordered and folded, with bright cysts and dark openings."""
    inside = _shape(canvas, radius=(0.32, 0.55), wobble=0.08, edge=0.025)
    bright, dark = canvas.count(8, 22), canvas.count(5, 14)
    cysts = canvas.spots(canvas.scatter(bright, 0.42), [canvas.between(0.018, 0.035) for _ in range(bright)])
    openings = canvas.spots(canvas.scatter(dark, 0.42), [canvas.between(0.02, 0.04) for _ in range(dark)])
    folds = canvas.ridges(canvas.between(7, 11))
    melanin = inside * (canvas.between(0.35, 0.55) + 0.35 * folds + 0.9 * openings)
    return _layers(canvas, melanin=melanin, blood=0.05 * inside, white=0.5 * inside * cysts)


def df(canvas: Canvas) -> Layers:
    """A small pale centre like a scar, and a delicate brown net around it."""
    radius = canvas.between(0.28, 0.42)
    inside = _shape(canvas, radius=(radius, radius), wobble=0.04, edge=0.12)
    centre = canvas.spots([(canvas.between(-0.03, 0.03), canvas.between(-0.03, 0.03))], [0.5 * radius])
    net = canvas.ridges(canvas.between(22, 30))
    melanin = inside * (1 - centre) * (canvas.between(0.2, 0.35) + 0.4 * net)
    return _layers(canvas, melanin=melanin, blood=0.12 * inside, white=inside * centre * canvas.between(0.35, 0.55))


def mel(canvas: Canvas) -> Layers:
    """Asymmetric, ragged, of several colours, with a blue-white veil."""
    inside = _shape(canvas, radius=(0.38, 0.6), wobble=0.16, edge=0.04, ragged=0.3)
    patches = np.clip((canvas.noise(4) - 0.5) * 3 + 0.5, 0, 1)
    slope = np.clip(0.5 + 0.8 * (canvas.x * canvas.between(-1, 1) + canvas.y * canvas.between(-1, 1)), 0, 1)
    veil = np.clip(canvas.noise(3) * 3 - 1.5, 0, 1)
    pale = np.clip(canvas.noise(4) * 4 - 2.8, 0, 1)
    dots = canvas.count(6, 16)
    specks = canvas.spots(canvas.scatter(dots, 0.5), [canvas.between(0.012, 0.03) for _ in range(dots)])
    melanin = inside * (0.45 + 1.3 * patches * (0.4 + slope)) + 1.2 * specks * inside**0.3
    blood = 0.5 * inside * np.clip(canvas.noise(3) * 3 - 1.8, 0, 1)
    return _layers(canvas, melanin=melanin, blood=blood, blue=0.55 * inside * veil, white=0.4 * inside * pale)


def nv(canvas: Canvas) -> Layers:
    """Round or oval, evenly brown, with a regular net that fades at the edge."""
    inside = _shape(canvas, radius=(0.25, 0.45), wobble=0.03, edge=0.1)
    net = canvas.ridges(canvas.between(22, 34))
    melanin = inside * (canvas.between(0.45, 0.9) + canvas.between(0.1, 0.3) * net + 0.15 * canvas.noise(4))
    return _layers(canvas, melanin=melanin, blood=canvas.between(0, 0.12) * inside)


def vasc(canvas: Canvas) -> Layers:
    """Red to purple lagoons, close together and sharply bordered."""
    lagoons = canvas.count(8, 22)
    spread = canvas.between(0.2, 0.36)
    radii = [canvas.between(0.05, 0.12) for _ in range(lagoons)]
    pools = canvas.spots(canvas.scatter(lagoons, spread), radii)
    halo = _shape(canvas, radius=(spread + 0.08, spread + 0.12), wobble=0.05, edge=0.08)
    purple = canvas.between(0, 0.35)
    return _layers(
        canvas, blood=0.35 * halo + canvas.between(1.3, 2.2) * pools, melanin=0.1 * pools, blue=purple * pools
    )


LOOKS: Final[Mapping[str, Callable[[Canvas], Layers]]] = {
    "akiec": akiec,
    "bcc": bcc,
    "bkl": bkl,
    "df": df,
    "mel": mel,
    "nv": nv,
    "vasc": vasc,
}


def _layers(
    canvas: Canvas,
    *,
    melanin: Map | float = 0.0,
    blood: Map | float = 0.0,
    blue: Map | float = 0.0,
    white: Map | float = 0.0,
) -> Layers:
    nothing = np.zeros((canvas.height, canvas.width), dtype=np.float32)
    return Layers(melanin=nothing + melanin, blood=nothing + blood, blue=nothing + blue, white=nothing + white)


def _shape(canvas: Canvas, *, radius: tuple[float, float], wobble: float, edge: float, ragged: float = 0.0) -> Map:
    """1 inside, 0 outside: an ellipse whose outline is bent by harmonics (`wobble`) and by noise (`ragged`)."""
    turn, aspect = canvas.between(0, np.pi), canvas.between(0.72, 1.0)
    x = canvas.x * np.cos(turn) + canvas.y * np.sin(turn)
    y = (canvas.y * np.cos(turn) - canvas.x * np.sin(turn)) / aspect
    angle, outline = np.arctan2(y, x), np.ones((), dtype=np.float32)
    for harmonic in range(2, 8):
        bend = wobble * canvas.between(0, 1.4) / np.sqrt(harmonic - 1)
        outline = outline + bend * np.cos(harmonic * angle + canvas.between(0, 2 * np.pi))
    distance = np.hypot(x, y) / (canvas.between(*radius) * outline)
    if ragged:
        distance = distance + ragged * (canvas.noise(9) - 0.5)
    inside: Map = 1 / (1 + np.exp(np.clip((distance - 1) / (edge * 0.5), -30, 30)))
    return inside.astype(np.float32)


def _branches(canvas: Canvas) -> list[list[Point]]:
    """Vessels that enter from the rim and fork."""
    paths = []
    for _ in range(canvas.count(3, 6)):
        angle = canvas.between(0, 2 * np.pi)
        start = (0.45 * float(np.cos(angle)), 0.45 * float(np.sin(angle)))
        trunk = _wander(canvas, start, angle + np.pi, 0.5)
        fork = trunk[len(trunk) // 2]
        paths += [trunk, _wander(canvas, fork, angle + np.pi + canvas.between(0.4, 1.0), 0.25)]
    return paths


def _wander(canvas: Canvas, start: Point, direction: float, length: float) -> list[Point]:
    path = [start]
    for _ in range(10):
        direction += canvas.between(-0.45, 0.45)
        x, y = path[-1]
        path.append((x + length / 10 * float(np.cos(direction)), y + length / 10 * float(np.sin(direction))))
    return path
