"""Sets of pictures: read from a folder laid out as HAM10000, and split so that no lesion is on both sides."""

from __future__ import annotations

import numpy as np
import pytest

from models.skin_lesion.examples import LABELS, Examples, split
from models.skin_lesion.ham10000 import METADATA, read_folder
from models.skin_lesion.pictures import SIDE
from models.skin_lesion.rendered import write_layout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three lesions of each label, rendered small."""
    made = tmp_path_factory.mktemp("ham10000")
    write_layout(made, lesions=3, seed=5, side=64)
    return made


def examples(counts, views=2):
    """So many lesions of each label, and pictures of nothing."""
    rows = [(label, f"{label}-{lesion}") for label, count in counts.items() for lesion in range(count)] * views
    return Examples(
        squares=np.zeros((len(rows), 1, 1, 3), dtype=np.uint8),
        labels=np.array([label for label, _ in rows], dtype=np.int64),
        lesions=np.array([lesion for _, lesion in rows]),
        tones=np.full(len(rows), -1, dtype=np.int64),
    )


def test_a_folder_is_read_with_its_labels_and_lesions(folder):
    read = read_folder(folder)
    assert read.squares.shape == (3 * 2 * len(LABELS), SIDE, SIDE, 3)
    assert np.bincount(read.labels).tolist() == [6] * len(LABELS)
    assert len(set(read.lesions)) == 3 * len(LABELS)
    assert read.squares.std() > 10


def test_no_lesion_is_in_two_parts_and_every_label_in_all():
    whole = examples({-1: 20, 0: 40, 1: 7, 6: 3})
    parts = split(whole, seed=3)
    lesions = [set(part.lesions) for part in parts]
    assert len(set.union(*lesions)) == sum(map(len, lesions))
    assert sum(map(len, parts)) == len(whole)
    assert all(set(part.labels) == {-1, 0, 1, 6} for part in parts)
    of_the_first = [int((part.labels == 0).sum()) for part in parts]
    assert of_the_first == [56, 12, 12]


def test_the_split_is_the_same_for_the_same_seed():
    whole = examples({0: 30, 1: 30})
    assert [list(part.lesions) for part in split(whole, 1)] == [list(part.lesions) for part in split(whole, 1)]
    assert set(split(whole, 1)[2].lesions) != set(split(whole, 2)[2].lesions)


def test_too_few_lesions_of_a_label_are_refused_by_name():
    with pytest.raises(ValueError, match="2 lesions of mel; at least 3"):
        split(examples({0: 5, 4: 2}), seed=1)


BROKEN = {
    "no table": (lambda at: (at / METADATA).unlink(), "there is no"),
    "no column": (lambda at: (at / METADATA).write_text("lesion_id,image_id\na,b\n"), "no column dx"),
    "no rows": (lambda at: (at / METADATA).write_text("lesion_id,image_id,dx\n"), "no rows"),
    "an unknown label": (lambda at: (at / METADATA).write_text("lesion_id,image_id,dx\na,b,wart\n"), "unknown dx wart"),
    "a lesion with two labels": (
        lambda at: (at / METADATA).write_text("lesion_id,image_id,dx\na,b,nv\na,c,mel\n"),
        "the lesion a has two labels",
    ),
    "a missing picture": (
        lambda at: (at / METADATA).write_text("lesion_id,image_id,dx\na,nowhere,nv\n"),
        "1 pictures of .* nowhere.jpg",
    ),
}


@pytest.mark.parametrize(("spoil", "message"), BROKEN.values(), ids=BROKEN)
def test_a_folder_that_is_not_as_it_must_be_is_refused_and_told_why(tmp_path, spoil, message):
    (tmp_path / METADATA).write_text("lesion_id,image_id,dx\n")
    spoil(tmp_path)
    with pytest.raises(ValueError, match=message):
        read_folder(tmp_path)


def test_a_damaged_picture_is_named(tmp_path):
    (tmp_path / METADATA).write_text("lesion_id,image_id,dx\na,broken,nv\n")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    with pytest.raises(ValueError, match=r"broken\.jpg cannot be read"):
        read_folder(tmp_path)
