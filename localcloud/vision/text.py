"""Text by RapidOCR, whose models are in its wheel. Runs in the engine's process."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import onnxruntime
import rapidocr
from omegaconf import flag_override
from rapidocr.utils.output import RapidOCROutput

from localcloud.vision.findings import Block
from localcloud.vision.picture import Picture
from localcloud.vision.reading import Piece, blocks

THREADS: Final = 2
DETECTION_SIDE: Final = 960  # 640 loses text under some 15 pixels, 1280 takes half as long again and finds little more
MIN_CONFIDENCE: Final = 0.6  # texture is read as text below
MIN_SIDE: Final = 32
MAX_RATIO: Final = 8  # RapidOCR makes longer strips very large
UPRIGHT_RATIO: Final = 1.5  # RapidOCR turns crops that are higher than this, their right side up
MODELS: Final = Path(rapidocr.__file__).parent / "models"


def read_text(picture: Picture) -> list[Block]:
    """The text of the picture in reading order, in pixels of the picture that it was made from."""
    pixels = np.asarray(picture.image)[:, :, ::-1]
    found = _reader()(_padded(pixels))
    if not isinstance(found, RapidOCROutput) or found.boxes is None or found.txts is None or found.scores is None:
        return []
    scale = picture.width / picture.image.width, picture.height / picture.image.height
    pieces = [
        Piece(text=text, corners=_corners(box, scale), confidence=float(score))
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        if any(map(str.isalnum, text))  # signs alone are nearly always patterns, not text
    ]
    return blocks(pieces, width=picture.width, height=picture.height)


@functools.cache
def _reader() -> rapidocr.RapidOCR:
    """The engine; it takes half a second to load. As it is given its models it never looks for them elsewhere."""
    cv2.setNumThreads(THREADS)
    reader = rapidocr.RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "Global.text_score": MIN_CONFIDENCE,
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTION_SIDE,
        }
    )
    with flag_override(reader.cfg, "allow_objects", True):
        reader.cfg.Det.session = _session("PP-OCRv6_det_small.onnx")
        reader.cfg.Rec.session = _session("PP-OCRv6_rec_small.onnx")
    return reader


def _session(model: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    # Threads that spin while they wait take the cores from each other: without, a picture takes a quarter less time
    # and a third less work, and busy neighbours hurt less.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(MODELS / model), options, providers=["CPUExecutionProvider"])


def _padded(pixels: np.ndarray) -> np.ndarray:
    """The picture, made wider to the right and below where it is a thin strip."""
    height, width = pixels.shape[:2]
    least = max(MIN_SIDE, -(-max(height, width) // MAX_RATIO))
    below, right = max(least - height, 0), max(least - width, 0)
    return cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REPLICATE)


def _corners(box: np.ndarray, scale: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """A box from RapidOCR (clockwise from its top left) in reading direction and in the original's pixels."""
    points = [(float(x) * scale[0], float(y) * scale[1]) for x, y in box]
    across, down = np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[0] - box[3])
    if down >= UPRIGHT_RATIO * across:
        points = [*points[1:], points[0]]
    return tuple(points)
