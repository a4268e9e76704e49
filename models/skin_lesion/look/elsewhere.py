"""Pictures of no lesion: bare skin, and scenes that have nothing to do with skin.

A classifier that has only ever seen lesions is sure of one wherever it looks. Trained to be unsure of these, it learns
to be unsure of what it does not know (Hendrycks et al. 2019, Deep Anomaly Detection with Outlier Exposure).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from models.skin_lesion.look.canvas import Canvas, Map
from models.skin_lesion.look.photo import TONES, Scene, photo

Colour = npt.NDArray[np.floating[Any]]  # red, green, blue, 0 to 1


def elsewhere(seed: int, width: int, height: int) -> Image.Image:
    """A picture without a lesion, RGB. The same seed and size give the same picture."""
    canvas = Canvas(width, height, np.random.default_rng((seed, 3)))
    if canvas.between(0, 1) < 0.2:
        return photo(Scene(lesion=seed, view=0, look="", tone=canvas.count(0, len(TONES) - 1)), width, height)
    picture = _ground(canvas)
    for add, chance in ((_things, 0.6), (_spots, 0.25), (_strands, 0.25), (_writing, 0.2), (_things, 0.2)):
        if canvas.between(0, 1) < chance:
            picture = add(canvas, picture)
    return picture.filter(ImageFilter.GaussianBlur(canvas.between(0, 0.012) * canvas.unit))


def _ground(canvas: Canvas) -> Image.Image:
    """Noise at several scales between two colours: cloth, fur, lawn, sky, walls."""
    return _painted(_colour(canvas), _colour(canvas), _texture(canvas))


def _texture(canvas: Canvas) -> Map:
    weight, cells = np.zeros((canvas.height, canvas.width), dtype=np.float32), canvas.between(1, 6)
    roughness = canvas.between(0.3, 1.2)
    for octave in range(5):
        weight += canvas.noise(cells * 2**octave) * canvas.between(0.2, 1) / (octave + 1) ** roughness
    spread: Map = (weight - weight.min()) / max(1e-6, float(np.ptp(weight)))
    return spread


def _things(canvas: Canvas, picture: Image.Image) -> Image.Image:
    """Rectangles, ellipses and polygons, each with a surface of its own."""
    for _ in range(canvas.count(1, 3) if canvas.between(0, 1) < 0.5 else canvas.count(4, 16)):
        mask = Image.new("L", picture.size)
        draw = ImageDraw.Draw(mask)
        x, y = canvas.between(-0.1, 1.1) * canvas.width, canvas.between(-0.1, 1.1) * canvas.height
        wide, high = canvas.between(0.05, 0.7) * canvas.width, canvas.between(0.05, 0.7) * canvas.height
        box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
        shape = canvas.count(0, 2)
        if shape == 0:
            draw.rectangle(box, fill=255)
        elif shape == 1:
            draw.ellipse(box, fill=255)
        else:
            corners = [(x + canvas.between(-wide, wide), y + canvas.between(-high, high)) for _ in range(4)]
            draw.polygon(corners, fill=255)
        soft = mask.filter(ImageFilter.GaussianBlur(canvas.between(0, 0.03) * canvas.unit))
        picture.paste(_ground(canvas) if canvas.between(0, 1) < 0.4 else _flat(canvas), mask=soft)
    return picture


def _spots(canvas: Canvas, picture: Image.Image) -> Image.Image:
    """Buttons, pebbles, holes, eyes."""
    count = canvas.count(1, 12)
    radii = [canvas.between(0.02, 0.25) for _ in range(count)]
    return _over(picture, canvas.spots(canvas.scatter(count, 1.0), radii), _colour(canvas))


def _strands(canvas: Canvas, picture: Image.Image) -> Image.Image:
    """Wires, twigs, whiskers, cracks."""
    paths = [canvas.scatter(canvas.count(2, 4), 1.4) for _ in range(canvas.count(2, 20))]
    return _over(picture, canvas.lines(paths, canvas.between(0.008, 0.05)), _colour(canvas))


def _writing(canvas: Canvas, picture: Image.Image) -> Image.Image:
    """Rows of strokes."""
    draw = ImageDraw.Draw(picture)
    pitch, ink = canvas.between(0.05, 0.2) * canvas.height, _ink(canvas)
    for row in np.arange(pitch, canvas.height - pitch, pitch):
        x = pitch
        while x < canvas.width - pitch:
            long = pitch * canvas.between(0.2, 0.6)
            line = (x, row, x + canvas.between(0, 1) * long, row + canvas.between(-0.6, 0.6) * pitch)
            draw.line(line, fill=ink, width=max(1, int(pitch / 8)))
            x += long * 1.2
    return picture


def _colour(canvas: Canvas) -> Colour:
    """Any colour, often one that skin could have, in any light."""
    if canvas.between(0, 1) < 0.5:
        return canvas.rng.random(3)
    tone = np.array(TONES[canvas.count(0, len(TONES) - 1)]) / 255
    return np.clip(tone * canvas.between(0.4, 1.2) * canvas.rng.uniform(0.85, 1.15, 3), 0, 1)


def _ink(canvas: Canvas) -> tuple[int, ...]:
    return tuple(int(value) for value in 255 * _colour(canvas))


def _flat(canvas: Canvas) -> Image.Image:
    return Image.new("RGB", (canvas.width, canvas.height), _ink(canvas))


def _painted(first: Colour, second: Colour, weight: Map) -> Image.Image:
    values = first + (second - first) * weight[..., None]
    return Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8))


def _over(picture: Image.Image, cover: Map, colour: Colour) -> Image.Image:
    values = np.asarray(picture) * (1 - cover[..., None]) + 255 * colour * cover[..., None]
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
