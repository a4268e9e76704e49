"""A folder in the layout of HAM10000, as it is downloaded: `HAM10000_metadata.csv`, and JPEGs named by image id.

The pictures may lie in `HAM10000_images_part_1` and `_2`, or anywhere below the folder. Columns that are read:
lesion_id, image_id, dx. HAM10000 is licensed CC BY-NC 4.0: a model made of it may not be used commercially.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from models.skin_lesion.examples import LABELS, Examples
from models.skin_lesion.pictures import squared

METADATA = "HAM10000_metadata.csv"
COLUMNS = ("lesion_id", "image_id", "dx")


def read_folder(folder: Path) -> Examples:
    """Every picture of the table. Raises ValueError naming what is missing or not as it must be."""
    rows = _rows(folder / METADATA)
    files = {file.stem: file for file in sorted(folder.rglob("*.jpg"))}
    missing = [row["image_id"] for row in rows if row["image_id"] not in files]
    if missing:
        raise ValueError(f"{len(missing)} pictures of {METADATA} are not below {folder}, {missing[0]}.jpg for one")
    return Examples(
        squares=np.stack([_square(files[row["image_id"]]) for row in rows]),
        labels=np.array([LABELS.index(row["dx"]) for row in rows], dtype=np.int64),
        lesions=np.array([row["lesion_id"] for row in rows]),
        tones=np.full(len(rows), -1, dtype=np.int64),
    )


def _rows(file: Path) -> list[dict[str, str]]:
    if not file.is_file():
        raise ValueError(f"there is no {file}")
    with file.open(newline="", encoding="utf-8-sig") as opened:
        reader = csv.DictReader(opened)
        absent = set(COLUMNS) - set(reader.fieldnames or ())
        if absent:
            raise ValueError(f"{file} has no column {', '.join(sorted(absent))}")
        rows = list(reader)
    unknown = {row["dx"] for row in rows} - set(LABELS)
    if not rows or unknown:
        raise ValueError(f"{file} has no rows" if not rows else f"{file} has unknown dx {', '.join(sorted(unknown))}")
    _one_label_each(rows, file)
    return rows


def _one_label_each(rows: list[dict[str, str]], file: Path) -> None:
    labels: dict[str, str] = {}
    for row in rows:
        if labels.setdefault(row["lesion_id"], row["dx"]) != row["dx"]:
            raise ValueError(f"{file}: the lesion {row['lesion_id']} has two labels")


def _square(file: Path) -> np.ndarray:
    try:
        with Image.open(file) as opened:
            return squared(opened)
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error}") from error
