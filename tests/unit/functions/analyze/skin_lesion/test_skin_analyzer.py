"""From photos to what is told: the headline, the report, what is for clinicians alone, and pictures."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from functions.analyze.intake.verdict import Pixels
from functions.analyze.kinds.port import NoModels, Photo, Seen, Tools
from functions.analyze.kinds.skin_lesion import analyze_lesion
from functions.analyze.kinds.skin_lesion.heatmap import drawn, falls
from shared.errors import FailedPrecondition
from shared.model.job import Warned

LABELS = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
BLURRY = Warned(reason="BLURRY", message="Hold still.", image=0)


class NoEyes:
    """The kind reads no text and no colours."""

    def see(self, jpeg: bytes, **asked: object) -> Seen:
        raise AssertionError(f"nothing is to be read here: {len(jpeg)} bytes, {asked}")


class Says:
    """A model that answers what it was told, one photo after another, or by `ask`."""

    name, version, sha256, temperature = "skin_lesion", 4, "ab" * 32, 1.25

    def __init__(self, *answers, labels=LABELS, sample=True, ask=None):
        self.answers, self.labels, self.sample = answers, labels, sample
        self.label_names = {label: f"the model's {label}" for label in labels}
        self.ask = ask or (lambda pixels: self.answers[: len(pixels)])

    def open(self, alias):
        assert alias == "skin_lesion@stable"
        return self

    def classify_batch(self, pixels):
        return tuple(self.ask(pixels))


def sure_of(label, probability=0.9, labels=LABELS):
    rest = (1 - probability) / (len(labels) - 1)
    return tuple(probability if each == label else rest for each in labels)


def a_photo(index=0, quality=80, warnings=()):
    rgb = np.full((48, 64, 3), 180, dtype=np.uint8)
    rgb[16:32, 24:40] = 60
    pixels = Pixels(width=64, height=48, rgb=rgb.tobytes())
    return Photo(
        index=index, jpeg=b"", width=1000, height=750, pixels=pixels, quality=quality, warnings=warnings, exif={}
    )


def analysed(model, *photos, **options):
    return analyze_lesion(photos or [a_photo()], options, Tools(eyes=NoEyes(), models=model))


def test_the_headline_says_what_may_be_said_and_by_which_model():
    analysis = analysed(Says(sure_of("nv")))
    assert {name: analysis.summary[name] for name in ("outcome", "confidence", "label", "labelName", "urgent")} == {
        "outcome": "specific",
        "confidence": 0.9,
        "label": "nv",
        "labelName": "Melanocytic naevus (mole)",
        "urgent": False,
    }
    assert (analysis.summary["aggregatedFromCount"], analysis.summary["disagreement"]) == (1, 0.0)
    assert "“Melanocytic naevus (mole)” most like these photos" in analysis.summary["message"]
    assert analysis.provenance == {
        "model": "skin_lesion",
        "modelVersion": "4",
        "modelSha256": "ab" * 32,
        "modelSample": "true",
        "skinPolicy": "2026-11-1",
    }


def test_where_nothing_can_be_said_no_label_is_told_anywhere():
    analysis = analysed(Says(sure_of("mel", 0.45)), heatmap=True)
    assert analysis.summary["outcome"] == "inconclusive"
    assert {"label", "labelName"}.isdisjoint(analysis.summary)
    told = json.dumps(analysis.reports) + json.dumps(analysis.summary)
    assert "elanom" not in told
    assert '"mel"' not in told
    assert analysis.reports["skin_lesion"]["full"]["advice"] == []
    assert analysis.pictures == {}


@pytest.mark.parametrize("answer", [sure_of("nv"), sure_of("mel", 0.6), sure_of("mel", 0.2)])
@pytest.mark.parametrize(("locale", "device"), [("en", "Not a medical device"), ("de", "Kein Medizinprodukt")])
def test_disclaimers_come_with_every_result_in_every_language(answer, locale, device):
    analysis = analysed(Says(answer), locale=locale)
    assert device in analysis.summary["disclaimer"]
    assert analysis.summary["locale"] == locale
    full = analysis.reports["skin_lesion"]["full"]
    assert [each["key"] for each in full["disclaimers"]] == [
        "disclaimer.sample",
        "disclaimer.device",
        "disclaimer.examination",
    ]


def test_only_a_sample_is_called_one():
    analysis = analysed(Says(sure_of("nv"), sample=False))
    assert "sample" not in analysis.summary["disclaimer"]
    assert analysis.reports["skin_lesion"]["full"]["model"]["sample"] is False
    assert analysis.provenance["modelSample"] == "false"


def test_german_is_told_in_german_and_any_other_language_in_english():
    assert "Muttermal" in analysed(Says(sure_of("nv")), locale="de-AT").summary["labelName"]
    assert analysed(Says(sure_of("nv")), locale="tlh").summary["locale"] == "en"


def test_good_photos_count_more_and_the_report_says_how_much():
    photos = [a_photo(0, quality=90), a_photo(1, quality=30)]
    analysis = analysed(Says(sure_of("vasc", 0.9), sure_of("vasc", 0.6)), *photos)
    full = analysis.reports["skin_lesion"]["full"]
    assert [each["weight"] for each in full["photos"]] == [0.75, 0.25]
    assert analysis.summary["confidence"] == pytest.approx(0.825)
    assert analysis.summary["aggregatedFromCount"] == 2


def test_photos_that_contradict_each_other_are_told_so():
    analysis = analysed(Says(sure_of("nv", 0.99), sure_of("vasc", 0.98)), a_photo(0, 100), a_photo(1, 5))
    assert analysis.summary["outcome"] == "inconclusive"
    assert "DISAGREEMENT" in analysis.summary["because"]
    reasons = analysis.reports["skin_lesion"]["full"]["reasons"]
    assert any("seem to show different things" in reason["text"] for reason in reasons)


def test_raw_answers_are_for_clinicians_who_ask_for_them():
    model = Says(sure_of("mel", 0.45))
    assert "clinician" not in analysed(model).reports
    report = analysed(model, topK=3).reports["clinician"]
    assert report["top"][0]["label"] == "mel"
    assert (len(report["top"]), report["top"][0]["probability"], report["temperature"]) == (3, 0.45, 1.25)
    assert report["note"].startswith("For clinicians")
    assert len(report["photos"][0]["top"]) == 3


@pytest.mark.parametrize(("asked", "told"), [(-3, None), (0, None), (1, 1), (7, 7), (10**9, 7)])
def test_no_more_labels_are_told_than_there_are(asked, told):
    report = analysed(Says(sure_of("nv")), topK=asked).reports.get("clinician")
    assert (report and len(report["top"])) == told


def test_a_models_own_labels_are_told_by_its_own_names_and_without_advice_of_their_own():
    analysis = analysed(Says(sure_of("wart", labels=("wart", "corn")), labels=("wart", "corn"), sample=False))
    assert (analysis.summary["outcome"], analysis.summary["labelName"]) == ("generic", "the model's wart")
    assert analysis.summary["because"] == ["NO_ADVICE"]


def test_the_warnings_of_all_photos_are_kept():
    analysis = analysed(Says(sure_of("nv"), sure_of("nv")), a_photo(0, warnings=(BLURRY,)), a_photo(1))
    assert analysis.warnings == (BLURRY,)


def test_without_a_model_there_is_no_result():
    with pytest.raises(FailedPrecondition, match="MODEL_UNAVAILABLE"):
        analysed(NoModels())


def test_the_headline_stays_small_in_every_language():
    for locale in ("en", "de"):
        summary = analysed(Says(*[sure_of("akiec", 0.6)] * 3), *map(a_photo, range(3)), locale=locale).summary
        assert len(json.dumps(summary, ensure_ascii=False).encode()) < 750


def darkness(pixels):
    """A model that is as sure of `nv` as the picture has dark pixels."""
    for one in pixels:
        dark = float((np.frombuffer(one.rgb, np.uint8) < 100).mean())
        yield sure_of("nv", 0.5 + 2 * dark)


def test_a_heat_map_is_hot_where_covering_changes_the_answer():
    found = falls(a_photo().pixels, lambda pixels: list(darkness(pixels)), LABELS.index("nv"))
    assert found.shape == (8, 11)
    middle, corner = found[3:5, 4:7].mean(), found[0, 0]
    assert middle > 0.05
    assert corner == pytest.approx(0, abs=0.01)


def test_heat_maps_are_pictures_of_the_photos_with_colour_laid_over():
    analysis = analysed(Says(ask=darkness), a_photo(0), a_photo(1), heatmap=True)
    assert sorted(analysis.pictures) == ["heatmap-0.jpg", "heatmap-1.jpg"]
    picture = analysis.pictures["heatmap-0.jpg"]
    assert (picture.content_type, picture.width, picture.height) == ("image/jpeg", 64, 48)
    with Image.open(io.BytesIO(picture.data)) as opened:
        pixels = np.asarray(opened.convert("RGB")).astype(int)
    assert pixels[24, 32, 0] - pixels[24, 32, 2] > 60  # orange in the middle
    assert abs(pixels[2, 2, 0] - pixels[2, 2, 2]) < 20  # as it was in a corner


def test_a_model_that_nothing_moves_gives_a_heat_map_without_heat():
    pixels = a_photo().pixels
    picture = drawn(pixels, falls(pixels, lambda some: [sure_of("nv")] * len(some), 5))
    with Image.open(io.BytesIO(picture.data)) as opened:
        shown = np.asarray(opened.convert("RGB")).astype(int)
    assert np.abs(shown - np.frombuffer(pixels.rgb, np.uint8).reshape(48, 64, 3)).mean() < 4


def test_heat_maps_of_the_tiniest_pictures_do_not_fail():
    tiny = Pixels(width=3, height=1, rgb=bytes(9))
    found = falls(tiny, lambda some: [sure_of("nv")] * len(some), 5)
    assert drawn(tiny, found).width == 3
