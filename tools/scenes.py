"""Drawn scenes that look enough like inspection photos for every check to take them as such."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Point = tuple[float, float]
Color = tuple[int, int, int]
Scene = Callable[[int, int], Image.Image]

INK: Color = (24, 24, 28)


def meter(width: int, height: int) -> Image.Image:
    """An electricity meter on a plastered wall."""
    board = _plate(1000, 760, (228, 229, 224))
    _write(board, (500, 90), "ELECTRICITY METER", 64)
    _write(board, (500, 170), "3 x 230/400 V    10(60) A    50 Hz", 36)
    draw = ImageDraw.Draw(board)
    draw.rounded_rectangle((140, 240, 860, 450), 18, fill=(38, 40, 44))
    for index, digit in enumerate("048213"):
        left = 170 + index * 112
        draw.rectangle((left, 262, left + 96, 428), fill=(246, 246, 240))
        _write(board, (left + 48, 345), digit, 130)
    _write(board, (500, 520), "kWh", 64)
    _write(board, (500, 620), "No. 7714 2093", 56)
    _write(board, (500, 700), "2019   CLASS B", 34)
    wall = _plaster(width, height, (186, 178, 164), seed=11)
    return _lit(_mounted(wall, board, ((0.2, 0.17), (0.78, 0.12), (0.82, 0.86), (0.18, 0.81))), seed=12)


def warning_sign(width: int, height: int) -> Image.Image:
    """A warning sign on a green gate with bars."""
    gate = _plaster(width, height, (74, 112, 84), seed=21)
    draw = ImageDraw.Draw(gate)
    for bar in range(9):
        left = int(width * (0.02 + bar * 0.12))
        draw.rectangle((left, 0, left + width // 40, height), fill=(44, 72, 54))
        draw.line((left, 0, left, height), fill=(128, 160, 132), width=max(1, width // 400))
    board = _plate(900, 900, (250, 205, 28))
    sign = ImageDraw.Draw(board)
    sign.polygon([(450, 70), (690, 470), (210, 470)], fill=INK)
    sign.polygon([(450, 130), (640, 442), (260, 442)], fill=(250, 205, 28))
    sign.polygon([(470, 190), (405, 330), (455, 325), (425, 425), (505, 290), (455, 295)], fill=INK)
    _write(board, (450, 570), "DANGER", 150)
    _write(board, (450, 700), "HIGH VOLTAGE", 96)
    _write(board, (450, 810), "KEEP OUT", 80)
    return _lit(_mounted(gate, board, ((0.3, 0.14), (0.7, 0.18), (0.69, 0.84), (0.28, 0.88))), seed=22)


def pipe(width: int, height: int) -> Image.Image:
    """A rusty flow pipe with a label, in front of bricks."""
    wall = _bricks(width, height)
    rows = np.linspace(-1, 1, int(height * 0.5))
    shade = 0.35 + 0.75 * np.sqrt(1 - rows**2) * (0.75 - 0.25 * rows)
    rust = np.clip(_clouds(width, rows.size, 30, seed=31) * 2.4 - 1.5, 0, 1)[:, :, None]
    body = (np.array([142, 150, 154]) * (1 - rust) + np.array([150, 84, 46]) * rust) * shade[:, None, None]
    pipe_image = Image.fromarray(np.clip(body, 0, 255).astype(np.uint8))
    wall.paste(pipe_image, (0, height // 4))
    draw = ImageDraw.Draw(wall)
    for left in (0.06, 0.9):  # flanges with bolts
        box = (int(width * left), int(height * 0.21), int(width * (left + 0.05)), int(height * 0.79))
        draw.rectangle(box, fill=(86, 92, 96), outline=(40, 42, 44), width=max(2, width // 300))
        for bolt in range(6):
            middle = box[1] + (bolt + 0.5) * (box[3] - box[1]) / 6
            radius = width * 0.011
            center = (box[0] + box[2]) / 2
            draw.ellipse((center - radius, middle - radius, center + radius, middle + radius), fill=(52, 48, 44))
    board = _plate(1200, 420, (36, 120, 74))
    _write(board, (600, 110), "COOLING WATER", 120, (250, 250, 246))
    _write(board, (600, 240), "SUPPLY  P-104", 96, (250, 250, 246))
    _write(board, (600, 345), "MAX 6 BAR   45 C", 76, (250, 250, 246))
    return _lit(_mounted(wall, board, ((0.2, 0.36), (0.82, 0.34), (0.82, 0.64), (0.2, 0.66))), seed=32)


def painted_wall(width: int, height: int) -> Image.Image:
    """A painted wall with a stencilled number, a crack and places where the paint came off."""
    wall = _plaster(width, height, (206, 202, 188), seed=41)
    draw = ImageDraw.Draw(wall)
    draw.rectangle((0, int(height * 0.62), width, height), fill=(96, 128, 152))
    rng = np.random.default_rng(42)
    for _ in range(9):
        x, y, size = rng.uniform(0, width), rng.uniform(height * 0.55, height * 0.95), width * rng.uniform(0.01, 0.04)
        spots = [
            (x + size * rng.uniform(0.5, 1) * np.cos(a), y + size * rng.uniform(0.5, 1) * np.sin(a)) for a in range(7)
        ]
        draw.polygon(spots, fill=(158, 142, 122))
    x, y, path = width * 0.78, 0.0, []
    while y < height * 0.9:
        path.append((x, y))
        x, y = x + rng.normal(-4, 14) * width / 1600, y + rng.uniform(10, 30) * width / 1600
    draw.line(path, fill=(58, 52, 48), width=max(3, width // 350))
    _write(wall, (width * 0.36, height * 0.3), "BAY 12", width // 7, (60, 66, 84))
    _write(wall, (width * 0.36, height * 0.46), "FIRE DOOR KEEP SHUT", width // 24, (168, 40, 36))
    return _lit(wall, seed=43)


def _plate(width: int, height: int, color: Color) -> Image.Image:
    """An enamel plate with a rim and four screws, to be mounted somewhere."""
    plate = Image.new("RGB", (width, height), color)
    draw = ImageDraw.Draw(plate)
    draw.rounded_rectangle((8, 8, width - 8, height - 8), 24, outline=INK, width=7)
    for x in (36, width - 36):
        for y in (36, height - 36):
            draw.ellipse((x - 14, y - 14, x + 14, y + 14), fill=(150, 150, 152), outline=INK, width=3)
    return plate


def _write(image: Image.Image, center: Point, text: str, size: int, color: Color = INK) -> None:
    font = ImageFont.load_default(size)
    ImageDraw.Draw(image).text(center, text, fill=color, font=font, anchor="mm", stroke_width=size // 40)


def _clouds(width: int, height: int, cells: int, *, seed: int) -> np.ndarray:
    """Smooth random shades of 0 to 1, about `cells` of them across."""
    small = np.random.default_rng(seed).random((max(2, cells * height // width), cells)).astype(np.float32)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def _plaster(width: int, height: int, color: Color, *, seed: int) -> Image.Image:
    shade = _clouds(width, height, 9, seed=seed) * 22 + _clouds(width, height, 220, seed=seed + 1) * 26 - 24
    return Image.fromarray(np.clip(np.asarray(color, dtype=np.float32) + shade[:, :, None], 0, 255).astype(np.uint8))


def _bricks(width: int, height: int) -> Image.Image:
    wall = _plaster(width, height, (150, 144, 136), seed=51)
    draw = ImageDraw.Draw(wall)
    rng = np.random.default_rng(52)
    tall, wide = height // 14, width // 9
    for row in range(15):
        for column in range(-1, 10):
            left, top = column * wide + (row % 2) * wide // 2, row * tall
            red = int(rng.integers(128, 176))
            draw.rectangle(
                (left, top, left + wide - wide // 16, top + tall - tall // 8), fill=(red, red // 2, red // 3)
            )
    return wall


def _mounted(background: Image.Image, board: Image.Image, corners: Sequence[Point]) -> Image.Image:
    """The board seen from aside: its corners (clockwise from the top left) lie at these shares of the picture."""
    seen = [(x * background.width, y * background.height) for x, y in corners]
    flat = [(0, 0), (board.width, 0), (board.width, board.height), (0, board.height)]
    rows, wanted = [], []
    for (x, y), (u, v) in zip(seen, flat, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    into_board = tuple(np.linalg.solve(np.array(rows), np.array(wanted)))
    warped, mask = (
        image.transform(background.size, Image.Transform.PERSPECTIVE, into_board, Image.Resampling.BICUBIC)
        for image in (board, Image.new("L", board.size, 255))
    )
    offset = background.width // 120
    shadow = mask.filter(ImageFilter.GaussianBlur(offset)).point(lambda value: value // 2)
    background.paste((0, 0, 0), (offset, offset), shadow)
    background.paste(warped, (0, 0), mask)
    return background


def _lit(image: Image.Image, *, seed: int) -> Image.Image:
    """Light from the upper left, darker corners, and the noise of a sensor."""
    x, y = (
        np.linspace(-1, 1, image.width, dtype=np.float32),
        np.linspace(-1, 1, image.height, dtype=np.float32)[:, None],
    )
    light = 1.02 - 0.1 * x - 0.08 * y - 0.1 * (x**2 + y**2)
    noise = np.random.default_rng(seed).standard_normal((image.height, image.width), dtype=np.float32) * 2.5
    pixels = np.asarray(image) * light[:, :, None] + noise[:, :, None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
