"""Pictures of no lesion: bare skin, and scenes that have nothing to do with skin.

A classifier that has only ever seen lesions is sure of one wherever it looks. Trained to be unsure of these, it learns
to be unsure of what it does not know (Hendrycks et al. 2019, Deep Anomaly Detection with Outlier Exposure).
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from models.skin_lesion.look.canvas import Canvas
from models.skin_lesion.look.photo import TONES, Scene, photo


def elsewhere(seed: int, width: int, height: int) -> Image.Image:
    """A picture without a lesion, RGB. The same seed and size give the same picture."""
    canvas = Canvas(width, height, np.random.default_rng((seed, 3)))
    kind = canvas.count(0, 4)
    if kind == 0:
        return photo(Scene(lesion=seed, view=0, look="", tone=canvas.count(0, len(TONES) - 1)), width, height)
    if kind == 1:
        return _texture(canvas)
    if kind == 2:
        return _things(canvas, count=canvas.count(1, 3))
    if kind == 3:
        return _things(canvas, count=canvas.count(5, 25))
    return _writing(canvas)


def _texture(canvas: Canvas) -> Image.Image:
    """Noise at several scales in two colours: cloth, fur, lawn, walls."""
    weight, cells = np.zeros((canvas.height, canvas.width), dtype=np.float32), canvas.between(1, 6)
    for octave in range(5):
        weight += canvas.noise(cells * 2**octave) * canvas.between(0.2, 1) / (octave + 1) ** 0.5
    weight = (weight - weight.min()) / max(1e-6, float(np.ptp(weight)))
    return _painted(_colour(canvas), _colour(canvas), weight)


def _things(canvas: Canvas, count: int) -> Image.Image:
    """Rectangles, ellipses and polygons on an uneven ground."""
    picture = _painted(_colour(canvas), _colour(canvas), canvas.noise(2))
    draw = ImageDraw.Draw(picture)
    for _ in range(count):
        x, y = canvas.between(-0.2, 1.2) * canvas.width, canvas.between(-0.2, 1.2) * canvas.height
        wide, high = canvas.between(0.05, 0.6) * canvas.width, canvas.between(0.05, 0.6) * canvas.height
        fill = tuple(int(value) for value in 255 * _colour(canvas))
        shape = canvas.count(0, 2)
        if shape == 0:
            draw.rectangle((x - wide / 2, y - high / 2, x + wide / 2, y + high / 2), fill=fill)
        elif shape == 1:
            draw.ellipse((x - wide / 2, y - high / 2, x + wide / 2, y + high / 2), fill=fill)
        else:
            corners = [(x + canvas.between(-wide, wide), y + canvas.between(-high, high)) for _ in range(4)]
            draw.polygon(corners, fill=fill)
    return picture.filter(ImageFilter.GaussianBlur(canvas.between(0, 0.02) * canvas.unit))


def _writing(canvas: Canvas) -> Image.Image:
    """Rows of dark strokes on a light sheet."""
    picture = _painted(_colour(canvas) * 0.3 + 0.7, _colour(canvas) * 0.3 + 0.6, canvas.noise(2))
    draw = ImageDraw.Draw(picture)
    pitch = canvas.between(0.05, 0.2) * canvas.height
    for row in np.arange(pitch, canvas.height - pitch, pitch):
        x = pitch
        while x < canvas.width - pitch:
            long = pitch * canvas.between(0.2, 0.6)
            line = (x, row, x + canvas.between(0, 1) * long, row + canvas.between(-0.6, 0.6) * pitch)
            draw.line(line, fill=(20, 20, 30), width=max(1, int(pitch / 8)))
            x += long * 1.2
    return picture


def _colour(canvas: Canvas) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return canvas.rng.random(3)


def _painted(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> Image.Image:
    values = first + (second - first) * weight[..., None]
    return Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8))
