"""The sample that ships: small, honest about itself, and as good as its card says on pictures it has never seen."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from functions.analyze.intake.judge import judge_photo
from functions.analyze.intake.verdict import Pixels
from functions.analyze.kinds.skin_lesion.aggregate import Opinion
from functions.analyze.kinds.skin_lesion.decide import decide
from functions.analyze.kinds.skin_lesion.policy import Verdict
from functions.analyze.kinds.skin_lesion.policy import default_policy as skin_policy
from functions.analyze.models.aliases import parse as parse_aliases
from functions.analyze.models.inference import Inference
from functions.analyze.models.manifest import parse
from functions.analyze.models.session import Session
from models.skin_lesion.card import NAMES
from models.skin_lesion.examples import LABELS
from models.skin_lesion.look.photo import photo
from models.skin_lesion.pictures import MEAN, SIDE, STD
from models.skin_lesion.rendered import scenes
from shared.model.quality import default_policy

FOLDER = Path(__file__).parents[4] / "models" / "skin_lesion"
PHOTOS = Path(os.environ.get("LOUPE_PHOTOS", Path(__file__).parents[5] / "shared" / "photos"))
MANIFEST = parse((FOLDER / "1" / "manifest.json").read_bytes())
CARD = (FOLDER / "1" / "CARD.md").read_text()


@pytest.fixture(scope="module")
def classify():
    """The model as the runtime runs it."""
    session = Session((FOLDER / "1" / "model.onnx").read_bytes(), MANIFEST, prepared=False, threads=1)
    inference = Inference(session, MANIFEST)
    return lambda pixels: inference.classify([pixels])[0]


def test_the_files_belong_to_each_other():
    model = (FOLDER / "1" / "model.onnx").read_bytes()
    digest = hashlib.sha256(model).hexdigest()
    assert (MANIFEST.sha256, MANIFEST.size) == (digest, len(model))
    assert digest in CARD
    assert len(model) <= 1_000_000
    assert parse_aliases((FOLDER / "aliases.json").read_bytes()).aliases == {"stable": 1}


def test_the_manifest_is_that_of_the_training():
    assert [label.key for label in MANIFEST.labels] == list(LABELS) == sorted(NAMES)
    wanted = MANIFEST.input
    assert (wanted.width, wanted.height, wanted.mean, wanted.std, wanted.fit) == (SIDE, SIDE, MEAN, STD, "crop")
    assert MANIFEST.output.decoding == "softmax"


def test_it_says_everywhere_that_it_is_a_sample():
    assert MANIFEST.sample
    assert "Not one photo of skin" in MANIFEST.training_data
    assert "Not a medical device" in MANIFEST.description
    assert "**This is a sample.** It has never seen skin" in CARD


def test_the_figures_of_the_card_are_those_of_the_manifest():
    accuracy, error = MANIFEST.metrics["balancedAccuracy"], MANIFEST.metrics["calibrationError"]
    assert f"| Balanced accuracy | {100 * accuracy:.1f} % |" in CARD
    assert f"| Expected calibration error, 15 bins | {100 * error:.1f} % |" in CARD
    assert accuracy > 0.9
    assert error < 0.05
    assert all(auc > 0.95 for auc in MANIFEST.metrics["auc"].values())
    assert min(MANIFEST.metrics["balancedAccuracyByTone"].values()) > 0.85


def test_it_is_as_good_on_photos_rendered_anew(classify):
    shown = scenes(3, seed=99)[::2]
    right = 0
    for scene in shown:
        picture = photo(scene, 640, 480)
        answer = classify(Pixels(width=640, height=480, rgb=picture.tobytes()))
        assert sum(answer) == pytest.approx(1, abs=1e-6)
        right += LABELS[answer.index(max(answer))] == scene.look
    assert right >= len(shown) - 3


@pytest.mark.skipif(not PHOTOS.is_dir(), reason=f"needs the real photos in {PHOTOS} (LOUPE_PHOTOS)")
def test_photos_of_other_things_are_seldom_given_a_label_and_never_its_advice(classify):
    verdicts = {}
    for file in sorted(PHOTOS.glob("*.*")):
        judged = judge_photo(file.read_bytes(), policy=default_policy())
        if judged.pixels and judged.quality:
            opinion = Opinion(probabilities=classify(judged.pixels), quality=judged.quality.score)
            verdicts[file.name] = decide([opinion], LABELS, skin_policy()).verdict
    assert len(verdicts) > 10
    assert Verdict.SPECIFIC not in verdicts.values()
    assert sum(verdict is Verdict.INCONCLUSIVE for verdict in verdicts.values()) >= 0.8 * len(verdicts)
