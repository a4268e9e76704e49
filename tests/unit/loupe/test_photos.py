"""Files are known by their first bytes, and what is no photo is refused by name."""

from __future__ import annotations

import pytest

from loupe.client.photos import NotPhotos, content_type, find


@pytest.mark.parametrize(
    ("name", "head", "known"),
    [
        ("a.png", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.txt", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("a", b"RIFF\x00\x01\x02\x03WEBPVP8 ", "image/webp"),
        ("a", b"\x00\x00\x00\x20ftypavif", "image/avif"),
        ("a.jpg", b"\x00\x00\x00\x20ftypheic", "image/heic"),
        ("a.jpg", b"", "image/jpeg"),
        ("a.jpg", b"garbage", "image/jpeg"),
        ("a.pdf", b"%PDF-1.7", None),
        ("a", b"", None),
    ],
)
def test_the_first_bytes_tell_the_type_and_the_name_where_they_do_not(tmp_path, name, head, known):
    (tmp_path / name).write_bytes(head)
    assert content_type(tmp_path / name) == known


def test_a_folder_stands_for_its_photos_by_name(tmp_path):
    for name in ("b.jpg", "a.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "inside").mkdir()
    assert [photo.name for photo in find([tmp_path])] == ["a.jpg", "b.jpg"]


def test_every_problem_is_named_at_once(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "phone.jpg").write_bytes(b"GIF89a")
    with pytest.raises(NotPhotos) as refusal:
        find([tmp_path / "nowhere.jpg", tmp_path / "notes.txt", tmp_path / "phone.jpg"])
    said = str(refusal.value).splitlines()
    assert len(said) == 3
    assert "no such file" in said[0]
    assert all("accepted: JPEG, PNG, WEBP, HEIC, HEIF, AVIF" in line for line in said[1:])
