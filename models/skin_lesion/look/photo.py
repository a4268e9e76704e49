"""From a lesion's layers to a photo: skin of any tone, hair, ruler, light, lens and sensor."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from models.skin_lesion.look.canvas import Canvas, Map, Point
from models.skin_lesion.look.lesions import LOOKS, Layers

Rgb = npt.NDArray[np.floating[Any]]  # height x width x 3, 0 to 1

# From very light to very dark, sRGB. Six steps, as in Fitzpatrick's scale, which they only imitate.
TONES: Final = ((242, 214, 198), (232, 194, 170), (214, 170, 140), (182, 132, 100), (134, 90, 64), (96, 64, 48))
MELANIN: Final = np.array((0.55, 1.05, 1.55), dtype=np.float32)  # how strongly red, green and blue are absorbed
BLOOD: Final = np.array((0.12, 0.85, 0.7), dtype=np.float32)
BLUE: Final = np.array((0.36, 0.42, 0.56), dtype=np.float32)
WHITE: Final = np.array((0.96, 0.92, 0.86), dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a photo shows. The same lesion seen twice has the same `lesion` and another `view`.

    `look` is one of LOOKS, or empty for bare skin; `share` (below 0.5) of a second look makes it ambiguous.
    `tone` is an index of TONES.
    """

    lesion: int
    view: int
    look: str
    tone: int
    second: str = ""
    share: float = 0.0

    def again(self, view: int) -> Scene:
        """The same lesion in another photo."""
        return replace(self, view=view)


def photo(scene: Scene, width: int, height: int) -> Image.Image:
    """The picture of a scene, RGB. The same scene and size give the same picture."""
    lesion = Canvas(width, height, np.random.default_rng((scene.lesion, 1)))
    view = Canvas(width, height, np.random.default_rng((scene.lesion, scene.view, 2)))
    picture = _skin(view, scene.tone)
    if scene.look:
        layers = LOOKS[scene.look](lesion)
        if scene.second:
            layers = layers.mixed(LOOKS[scene.second](lesion), scene.share)
        picture = _laid_into(picture, layers)
    for step in (_hair, _ruler, _light, _gloss, _lens):
        picture = step(view, picture)
    return _sensor(view, _turned(view, picture))


def encoded(picture: Image.Image, quality: int = 90) -> bytes:
    """A picture as JPEG."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _skin(canvas: Canvas, tone: int) -> Rgb:
    colour = np.array(TONES[tone], dtype=np.float32) / 255
    mottled = 0.94 + 0.1 * canvas.noise(4)
    furrows = 1 - 0.09 * canvas.ridges(55) - 0.07 * canvas.ridges(95)
    grain = 1 + 0.16 * (canvas.noise(260) - 0.5)
    blush = canvas.between(0.0, 0.12) * canvas.noise(3)
    lit: Rgb = colour * (mottled * furrows * grain)[..., None] * np.exp(-blush[..., None] * BLOOD)
    return lit


def _laid_into(skin: Rgb, layers: Layers) -> Rgb:
    absorbed = layers.melanin[..., None] * MELANIN + layers.blood[..., None] * BLOOD
    picture = skin * np.exp(-absorbed)
    for cover, colour in ((layers.blue, BLUE), (layers.white, WHITE)):
        share = np.clip(cover, 0, 1)[..., None]
        picture = picture * (1 - share) + colour * share * skin.mean() * 1.2
    return picture


def _hair(canvas: Canvas, picture: Rgb) -> Rgb:
    count = canvas.count(0, 14) if canvas.between(0, 1) < 0.5 else 0
    if not count:
        return picture
    lean = canvas.between(0, np.pi)
    strands = [_strand(canvas, lean + canvas.between(-0.5, 0.5)) for _ in range(count)]
    cover = (0.85 * canvas.lines(strands, canvas.between(0.008, 0.016)))[..., None]
    return picture * (1 - cover) + np.array((0.16, 0.12, 0.1), dtype=np.float32) * cover


def _strand(canvas: Canvas, angle: float) -> list[Point]:
    x, y = canvas.between(-1.2, 1.2), canvas.between(-1.0, 1.0)
    bend, length = canvas.between(-0.25, 0.25), canvas.between(0.5, 1.4)
    steps = [step / 12 - 0.5 for step in range(13)]
    return [
        (
            x + length * step * float(np.cos(angle)) - bend * step * step * float(np.sin(angle)),
            y + length * step * float(np.sin(angle)) + bend * step * step * float(np.cos(angle)),
        )
        for step in steps
    ]


def _ruler(canvas: Canvas, picture: Rgb) -> Rgb:
    if canvas.between(0, 1) > 0.3:
        return picture
    top, pitch = canvas.between(0.8, 0.95), canvas.between(0.08, 0.14)
    ticks = [[(pitch * index, top), (pitch * index, top - (0.1 if index % 5 else 0.18))] for index in range(-14, 15)]
    marks = (0.8 * canvas.lines(ticks, 0.012))[..., None]
    marked: Rgb = picture * (1 - marks) + 0.1 * marks
    return marked


def _light(canvas: Canvas, picture: Rgb) -> Rgb:
    """A lamp on one side, its colour, the dark corners of a lens held close, and a camera that exposes by itself."""
    angle, slope = canvas.between(0, 2 * np.pi), canvas.between(0.0, 0.18)
    lamp = 1 + slope * (canvas.x * np.cos(angle) + canvas.y * np.sin(angle))
    reach, depth = canvas.between(0.9, 1.6), canvas.between(0.0, 0.45) if canvas.between(0, 1) < 0.5 else 0.0
    corners = 1 - depth / (1 + np.exp(-(np.hypot(canvas.x, canvas.y) - reach) * 8))
    balance = np.array([canvas.between(0.92, 1.08) for _ in range(3)], dtype=np.float32)
    exposure = (0.55 / float(picture.mean())) ** 0.5 * canvas.between(0.82, 1.1)
    lit: Rgb = picture * (lamp * corners * exposure)[..., None] * balance
    return lit


def _gloss(canvas: Canvas, picture: Rgb) -> Rgb:
    count = canvas.count(0, 4)
    shine = canvas.spots(canvas.scatter(count, 0.8), [canvas.between(0.01, 0.035) for _ in range(count)])
    cover = (canvas.between(0.3, 0.8) * shine)[..., None]
    glossy: Rgb = picture * (1 - cover) + cover
    return glossy


def _lens(canvas: Canvas, picture: Rgb) -> Rgb:
    """A little out of focus: by up to a thousandth of the picture's shorter side."""
    radius = canvas.between(0.0, 0.002) * canvas.unit
    image = Image.fromarray(_bytes(picture)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(image, dtype=np.float32) / 255


def _turned(canvas: Canvas, picture: Rgb) -> Rgb:
    """Flipped or upside down: cameras are held any way."""
    picture = picture[::-1] if canvas.between(0, 1) < 0.5 else picture
    return picture[:, ::-1] if canvas.between(0, 1) < 0.5 else picture


def _sensor(canvas: Canvas, picture: Rgb) -> Image.Image:
    grain = canvas.rng.normal(0, canvas.between(0.004, 0.015), picture.shape[:2]).astype(np.float32)
    return Image.fromarray(_bytes(picture + grain[..., None]))


def _bytes(picture: Rgb | Map) -> npt.NDArray[np.uint8]:
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
