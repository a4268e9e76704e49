"""Every formula against published values of somebody else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from functions.analyze.kinds.color_correction.adaptation import adapt, adaptation_matrix
from functions.analyze.kinds.color_correction.difference import (
    components_2000,
    delta_e_76,
    delta_e_94,
    delta_e_2000,
)
from functions.analyze.kinds.color_correction.rating import rate
from functions.analyze.kinds.color_correction.references import charts, patch_names, reference_lab, reference_xyz
from functions.analyze.kinds.color_correction.spaces import (
    SRGB_TO_XYZ,
    WHITES,
    XYZ_TO_SRGB,
    lab_to_xyz,
    linear_to_srgb,
    srgb_to_linear,
    xyz_to_lab,
)

# Sharma, Wu, Dalal (2005), table 1: L* a* b*, L* a* b*, ΔE00 to four decimals.
SHARMA = np.array(
    [
        [50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425],
        [50.0, 3.1571, -77.2803, 50.0, 0.0, -82.7485, 2.8615],
        [50.0, 2.8361, -74.02, 50.0, 0.0, -82.7485, 3.4412],
        [50.0, -1.3802, -84.2814, 50.0, 0.0, -82.7485, 1.0],
        [50.0, -1.1848, -84.8006, 50.0, 0.0, -82.7485, 1.0],
        [50.0, -0.9009, -85.5211, 50.0, 0.0, -82.7485, 1.0],
        [50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669],
        [50.0, -1.0, 2.0, 50.0, 0.0, 0.0, 2.3669],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.0009, 7.1792],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.001, 7.1792],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.0011, 7.2195],
        [50.0, 2.49, -0.001, 50.0, -2.49, 0.0012, 7.2195],
        [50.0, -0.001, 2.49, 50.0, 0.0009, -2.49, 4.8045],
        [50.0, -0.001, 2.49, 50.0, 0.001, -2.49, 4.8045],
        [50.0, -0.001, 2.49, 50.0, 0.0011, -2.49, 4.7461],
        [50.0, 2.5, 0.0, 50.0, 0.0, -2.5, 4.3065],
        [50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492],
        [50.0, 2.5, 0.0, 61.0, -5.0, 29.0, 22.8977],
        [50.0, 2.5, 0.0, 56.0, -27.0, -3.0, 31.9030],
        [50.0, 2.5, 0.0, 58.0, 24.0, 15.0, 19.4535],
        [50.0, 2.5, 0.0, 50.0, 3.1736, 0.5854, 1.0],
        [50.0, 2.5, 0.0, 50.0, 3.2972, 0.0, 1.0],
        [50.0, 2.5, 0.0, 50.0, 1.8634, 0.5757, 1.0],
        [50.0, 2.5, 0.0, 50.0, 3.2592, 0.335, 1.0],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
        [61.2901, 3.7196, -5.3901, 61.4292, 2.248, -4.962, 1.8731],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.694, 23.0331, 14.973, -42.5619, 2.0373],
        [36.4612, 47.858, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
        [90.8027, -2.0831, 1.441, 91.1528, -1.6435, 0.0447, 1.4441],
        [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
        [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
        [2.0776, 0.0795, -1.135, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)
LAB = arrays.arrays(np.float64, (3,), elements=st.floats(-120, 120, allow_nan=False).map(lambda value: round(value, 6)))


def test_ciede2000_is_as_published_and_symmetric():
    one, other, expected = SHARMA[:, :3], SHARMA[:, 3:6], SHARMA[:, 6]
    assert np.abs(delta_e_2000(one, other) - expected).max() < 1e-4
    assert np.abs(delta_e_2000(other, one) - expected).max() < 1e-4


@settings(deadline=None)
@given(one=LAB, other=LAB)
def test_the_components_of_ciede2000_are_as_long_as_the_difference(one, other):
    length = float(np.linalg.norm(components_2000(one, other)))
    assert length == pytest.approx(float(delta_e_2000(one, other)), abs=1e-9)


def test_differences_broadcast_over_any_shape():
    many = delta_e_2000(SHARMA[:, None, :3], SHARMA[None, :, 3:6])
    assert many.shape == (34, 34)
    assert np.allclose(np.diagonal(many), SHARMA[:, 6], atol=1e-4)
    large = np.repeat(SHARMA, 700, axis=0)  # more than is worked on at once
    assert np.allclose(delta_e_2000(large[:, :3], large[:, 3:6]), large[:, 6], atol=1e-4)


# Values of colour-science 0.4.7, an independent implementation.
ONE, OTHER = np.array([48.99183622, -0.10561667, 40.65619925]), np.array([50.65907324, -0.11671910, 40.82380595])


def test_cie76_and_cie94_are_as_published():
    assert delta_e_76(ONE, OTHER) == pytest.approx(1.6756774, abs=1e-6)
    assert delta_e_94(ONE, OTHER) == pytest.approx(1.66830243, abs=1e-8)
    assert delta_e_94(ONE, OTHER, textiles=True) == pytest.approx(0.835578680, abs=1e-8)
    # CIE 116-1995 by the pair of Sharma's first row, as computed by several libraries.
    assert delta_e_94(SHARMA[0, :3], SHARMA[0, 3:6]) == pytest.approx(1.3950388678587375, abs=1e-12)


def test_srgb_is_as_published():
    # IEC 61966-2-1: the matrix to four decimals, the two sides of the knee, and a middle grey of 0.2140.
    published = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    assert np.abs(SRGB_TO_XYZ - published).max() < 5e-5
    assert srgb_to_linear(0.5) == pytest.approx(0.21404114, abs=1e-8)
    assert srgb_to_linear(0.04045) == pytest.approx(0.04045 / 12.92, abs=1e-12)
    assert linear_to_srgb(0.18) == pytest.approx(0.46135613, abs=1e-8)
    assert np.allclose(linear_to_srgb([-1.0, 2.0]), [0.0, 1.0], atol=1e-12)


@settings(deadline=None)
@given(arrays.arrays(np.float64, (3,), elements=st.floats(0, 1)))
def test_srgb_and_lab_go_there_and_back(coded):
    assert np.allclose(linear_to_srgb(srgb_to_linear(coded)), coded, atol=1e-6)
    xyz = srgb_to_linear(coded) @ SRGB_TO_XYZ.T
    assert np.allclose(lab_to_xyz(xyz_to_lab(xyz, WHITES["D65"]), WHITES["D65"]), xyz, atol=1e-12)


def test_lab_is_as_published():
    # CIE 15: white is (100, 0, 0); Y = 0.18418652 is L* 50; a value of colour-science 0.4.7 for sRGB red under D65.
    assert np.allclose(xyz_to_lab(WHITES["D50"], WHITES["D50"]), [100, 0, 0], atol=1e-9)
    assert xyz_to_lab(0.18418652 * WHITES["D65"], WHITES["D65"])[0] == pytest.approx(50, abs=1e-5)
    red = xyz_to_lab(np.array([1.0, 0, 0]) @ SRGB_TO_XYZ.T, WHITES["D65"])
    assert np.allclose(red, [53.23711604, 80.09011182, 67.20326313], atol=1e-5)


def test_adaptation_is_as_published():
    # Bradford from D65 to D50, Lindbloom's table; CAT16 by the same definition, from colour-science 0.4.7.
    bradford = [[1.0478, 0.0229, -0.0501], [0.0295, 0.9905, -0.0171], [-0.0092, 0.0150, 0.7521]]
    assert np.abs(adaptation_matrix(WHITES["D65"], WHITES["D50"]) - bradford).max() < 6e-4
    cat16 = [
        [1.01083667, 0.04065527, -0.03416805],
        [0.00542147, 0.99358553, 0.00115843],
        [2.51418e-4, -0.01150140, 0.76778521],
    ]
    assert np.abs(adaptation_matrix(WHITES["D65"], WHITES["D50"], "cat16") - cat16).max() < 1e-7
    for method in ("bradford", "cat16"):
        adapted = adapt(WHITES["A"], WHITES["A"], WHITES["D65"], method)
        assert np.allclose(adapted, WHITES["D65"], atol=1e-12)


def test_references_are_complete_and_plausible():
    assert len(patch_names()) == 24
    for name, chart in charts().items():
        lab = reference_lab(name)
        assert lab.shape == (24, 3)
        assert (chart.illuminant, chart.observer) == ("D50", "CIE 1931 2 degrees")
        assert chart.source
        lightness = lab[18:, 0]
        assert (np.diff(lightness) < -10).all(), "greys go from white to black"
        assert np.abs(lab[18:, 1:]).max() < 3.5
    # Grey 5 of the chart, as sRGB of about 120, is what everybody's tables say.
    grey = linear_to_srgb(reference_xyz("classic_after_2014")[21] @ XYZ_TO_SRGB.T) * 255
    assert np.abs(grey - 120).max() < 4


def test_editions_differ_by_less_than_what_is_seen_at_once():
    apart = delta_e_2000(reference_lab("classic_after_2014"), reference_lab("classic_before_2014"))
    assert 0.5 < apart.mean() < 1.2


@pytest.mark.parametrize(
    ("mean", "rating"),
    [(0.0, "excellent"), (2.0, "excellent"), (2.01, "good"), (3.0, "good"), (5.0, "fair"), (5.1, "poor")],
)
def test_ratings_have_the_limits_that_are_published(mean, rating):
    assert rate(mean) == rating
