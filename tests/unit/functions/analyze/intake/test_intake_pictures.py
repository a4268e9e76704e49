"""The two pictures that are made of a photo."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms

from functions.analyze.intake.judge import judge_photo
from functions.analyze.intake.verdict import Judged, Picture
from shared.model.quality import default_policy
from tests.unit.functions.analyze.intake.pictures import (
    HEIC,
    PHOTOS,
    encoded,
    is_red,
    jpeg_segments,
    marked,
    needs_photos,
    opened,
    riff_chunks,
    scene,
)

POLICY = default_policy()

# What metadata of any kind begins with, and what this metadata says: EXIF, TIFF in both byte orders, ICC, XMP, IPTC.
TRACES = (
    *(b"Exif", b"II*\0", b"MM\0*", b"ICC_PROFILE", b"http://ns.adobe.com", b"xmpmeta", b"Photoshop"),
    *(b"Secret", b"NIKON", b"COOLPIX"),
)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def accept(data: bytes) -> Judged:
    judged = judge_photo(data, policy=POLICY)
    assert judged.verdict == "accepted", judged.message
    return judged


def normalized(data: bytes) -> Picture:
    picture = accept(data).normalized
    assert picture is not None
    return picture


def seen(data: bytes) -> Image.Image:
    """The normalised copy as a picture, which is what the sizes beside it say."""
    picture = normalized(data)
    image = opened(picture.data)
    assert (image.mode, image.format, image.size) == ("RGB", "JPEG", (picture.width, picture.height))
    return image


def exif_of(**tags: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = tags["orientation"]
    exif[0x010F] = "Secret Camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 0.0), 3: "E", 4: (11.0, 34.0, 0.0)})
    return exif


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(orientation: int) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the Transpose that lays an upright picture down again
    lying = marked() if orientation == 1 else marked().transpose(Image.Transpose(undo[orientation]))
    judged = accept(encoded(lying, quality=95, exif=exif_of(orientation=orientation)))
    assert (judged.width, judged.height) == (400, 300)
    assert judged.normalized is not None
    image = opened(judged.normalized.data)
    assert image.size == (400, 300)
    assert is_red(image.getpixel((20, 20)))
    assert not is_red(image.getpixel((380, 280)))


def heic(name: str) -> bytes:
    return (HEIC / f"{name}.heic").read_bytes()


def test_a_heic_photo_is_turned_once_and_loses_its_metadata() -> None:
    data = heic("sideways")
    assert b"Secret" in data
    judged = accept(data)
    assert (judged.width, judged.height) == (400, 300)
    assert (judged.exif.make, judged.exif.orientation, judged.gps is None) == ("Secret Camera", 1, False)
    assert judged.normalized is not None
    assert is_red(opened(judged.normalized.data).getpixel((20, 20)))
    assert b"Secret" not in judged.normalized.data


@pytest.mark.parametrize("name", ["sideways", "see-through", "ten-bit"])
def test_heic_of_every_sort_comes_out_right(name: str) -> None:
    image = seen(heic(name))
    assert is_red(image.getpixel((20, 20)))
    if name == "see-through":
        assert min(image.getpixel((300, 225))) > 245  # type: ignore[arg-type]


def test_the_orientation_in_xmp_is_not_followed() -> None:
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    judged = accept(encoded(marked(), xmp=xmp))
    assert (judged.width, judged.height, judged.exif.orientation) == (400, 300, None)


@pytest.mark.parametrize(
    ("size", "long_edge"), [((4032, 3024), 2016), ((3000, 2000), 2048), ((6400, 4800), 1600), ((700, 500), 700)]
)
def test_the_copy_has_at_most_2048_pixels_and_is_never_enlarged(size: tuple[int, int], long_edge: int) -> None:
    image = seen(encoded(scene(800, 600).resize(size), quality=60))
    assert max(image.size) == long_edge
    assert image.width / image.height == pytest.approx(size[0] / size[1], rel=0.01)


def test_a_large_png_is_scaled_down_too() -> None:
    assert seen(encoded(scene(800, 600).resize((3000, 2250)), "PNG", compress_level=1)).size == (2048, 1536)


def test_the_copy_has_at_most_two_megabytes_even_where_it_hardly_compresses() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (2048, 2048, 3), dtype=np.uint8)
    picture = normalized(encoded(Image.fromarray(noise), quality=95))
    assert 200_000 < len(picture.data) <= POLICY.derived.normalized_bytes


def test_the_thumbnail_is_a_small_webp() -> None:
    thumbnail = accept(encoded(scene(1600, 1200))).thumbnail
    assert thumbnail is not None
    image = opened(thumbnail.data)
    assert (image.format, image.size, thumbnail.type) == ("WEBP", (200, 150), "image/webp")
    assert len(thumbnail.data) < 20_000


def assert_bare(judged: Judged) -> None:
    """The derived pictures hold pixels and nothing else."""
    assert judged.normalized is not None
    assert judged.thumbnail is not None
    # JFIF's APP0, quantisation, frame, Huffman tables: what a JPEG is made of.
    assert {marker for marker, _ in jpeg_segments(judged.normalized.data)} <= {0xE0, 0xDB, 0xC0, 0xC4}
    assert riff_chunks(judged.thumbnail.data) == [b"VP8 "]
    for picture in (judged.normalized.data, judged.thumbnail.data):
        assert not [trace for trace in TRACES if trace in picture]


@pytest.mark.parametrize("encoder", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_no_metadata_survives(encoder: str) -> None:
    exif = exif_of(orientation=1)
    options = {"exif": exif, "icc_profile": SRGB, "xmp": b"<x:xmpmeta>Secret</x:xmpmeta>", "comment": b"Secret"}
    data = encoded(scene(), encoder, **options)
    assert b"Secret" in data
    assert_bare(accept(data))


@pytest.mark.parametrize("name", ["sideways.heic", "ten-bit.heic", "see-through.heic"])
def test_no_metadata_of_a_heic_survives(name: str) -> None:
    assert_bare(accept((HEIC / name).read_bytes()))


@needs_photos
def test_no_metadata_of_a_real_photo_survives() -> None:
    data = (PHOTOS / "gps_DSCN0010.jpg").read_bytes()
    assert b"NIKON" in data
    assert b"Exif" in data
    assert_bare(accept(data))


def test_a_jpeg_comment_does_not_survive() -> None:
    data = encoded(scene(), comment=b"Secret comment")
    assert 0xFE in {marker for marker, _ in jpeg_segments(data)}
    assert 0xFE not in {marker for marker, _ in jpeg_segments(normalized(data).data)}


def test_sixteen_bits_of_grey_are_scaled_and_not_clipped() -> None:
    eight = np.asarray(scene().convert("L"))
    image = seen(encoded(Image.fromarray(eight.astype(np.uint16) * 257), "PNG"))
    assert np.abs(np.asarray(image.convert("L")).astype(int) - eight).mean() < 4


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_grey_and_press_colours_become_rgb(mode: str) -> None:
    original = scene()
    image = seen(encoded(original.convert(mode), quality=95))
    expected = np.asarray(original.convert("L")).astype(int)
    assert np.abs(np.asarray(image.convert("L")).astype(int) - expected).mean() < 4


def test_a_palette_and_single_bits_become_rgb() -> None:
    assert seen(encoded(scene().quantize(64), "PNG")).size == (640, 480)
    assert seen(encoded(scene().convert("1"), "PNG")).size == (640, 480)


@pytest.mark.parametrize("encoder", ["PNG", "WEBP", "AVIF"])
def test_what_shows_through_is_white(encoder: str) -> None:
    image = marked().convert("RGBA")
    image.paste((0, 0, 0, 0), (200, 150, 400, 300))
    flattened = seen(encoded(image, encoder))
    assert is_red(flattened.getpixel((20, 20)))
    assert min(flattened.getpixel((300, 225))) > 245  # type: ignore[arg-type]


def test_a_palette_with_a_transparent_colour_is_white_there() -> None:
    image = scene().quantize(32)
    image.paste(0, (300, 200, 600, 450))
    assert min(seen(encoded(image, "PNG", transparency=0)).getpixel((450, 325))) > 245  # type: ignore[arg-type]


def swapped_profile() -> bytes:
    """sRGB with its red and green primaries exchanged."""
    profile = bytearray(SRGB)
    entries = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * profile[131], 12)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def test_a_colour_profile_is_applied() -> None:
    red, green, blue = seen(encoded(marked(), "PNG", icc_profile=swapped_profile())).getpixel((20, 20))  # type: ignore[misc]
    assert green > 200
    assert red < 60
    assert blue < 60


def test_srgb_by_its_name_changes_nothing() -> None:
    data = encoded(marked(), "PNG")
    assert normalized(encoded(marked(), "PNG", icc_profile=SRGB)).data == normalized(data).data


@pytest.mark.parametrize("profile", [b"not a profile", SRGB[:200], bytes(5 * 2**20)], ids=["text", "cut", "huge"])
def test_a_broken_profile_is_not_used(profile: bytes) -> None:
    assert is_red(seen(encoded(marked(), "WEBP", quality=95, icc_profile=profile)).getpixel((20, 20)))


def test_a_profile_for_other_channels_is_not_used() -> None:
    assert seen(encoded(scene().convert("L"), icc_profile=SRGB)).size == (640, 480)


def test_models_are_given_the_same_picture_smaller_and_raw() -> None:
    judged = accept(encoded(scene(1600, 1200)))
    assert judged.pixels is not None
    assert judged.normalized is not None
    assert (judged.pixels.width, judged.pixels.height) == (640, 480)
    seen = np.frombuffer(judged.pixels.rgb, np.uint8).reshape(480, 640, 3).astype(int)
    shown = np.asarray(opened(judged.normalized.data).resize((640, 480), Image.Resampling.BOX)).astype(int)
    assert np.abs(seen - shown).mean() < 3


def test_models_are_given_a_small_photo_as_it_is() -> None:
    judged = accept(encoded(scene(400, 300)))
    assert judged.pixels is not None
    assert (judged.pixels.width, judged.pixels.height, len(judged.pixels.rgb)) == (400, 300, 400 * 300 * 3)
