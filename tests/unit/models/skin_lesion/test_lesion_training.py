"""Training from pictures to a model that the runtime takes. It needs PyTorch, which `make test` does not install.

To run it: `pip install pytest pytest-timeout hypothesis` into the environment that training has.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

torch = pytest.importorskip(
    "torch", reason="needs models/skin_lesion/requirements-train.txt in an environment of its own"
)

from functions.analyze.models.manifest import parse  # noqa: E402
from models.skin_lesion.examples import LABELS, NO_LESION, Examples  # noqa: E402
from models.skin_lesion.export import difference, export  # noqa: E402
from models.skin_lesion.network import network  # noqa: E402
from models.skin_lesion.pictures import SIDE  # noqa: E402
from models.skin_lesion.rendered import write_layout  # noqa: E402
from models.skin_lesion.train import main  # noqa: E402
from models.skin_lesion.training import answers_of, train  # noqa: E402

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the exporter's own
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def written(folder):
    """What a run wrote, after making sure that the parts belong to each other."""
    manifest = parse((folder / "manifest.json").read_bytes())
    model = (folder / "model.onnx").read_bytes()
    assert (manifest.sha256, manifest.size) == (hashlib.sha256(model).hexdigest(), len(model))
    assert len(model) < 1_000_000
    assert [label.key for label in manifest.labels] == list(LABELS)
    assert manifest.sha256 in (folder / "CARD.md").read_text()
    assert (folder / "confusion.png").read_bytes().startswith(b"\x89PNG")
    return manifest


def test_rendered_pictures_become_a_sample_that_says_so(tmp_path):
    asked = ["--lesions", "6", "--epochs", "1", "--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")]
    assert main(asked) == 0
    manifest = written(tmp_path / "out")
    assert manifest.sample
    assert "Not one photo of skin" in manifest.training_data
    assert "This is a sample" in (tmp_path / "out" / "CARD.md").read_text()
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["metrics"]["pictures"] == 14


def test_a_folder_of_photos_becomes_a_research_model(tmp_path):
    write_layout(tmp_path / "photos", lesions=4, seed=3, side=96)
    assert main(["--ham10000", str(tmp_path / "photos"), "--epochs", "1", "--out", str(tmp_path / "out")]) == 0
    manifest = written(tmp_path / "out")
    assert not manifest.sample
    assert manifest.licence == "CC-BY-NC-4.0"
    assert "research model" in (tmp_path / "out" / "CARD.md").read_text()


def test_a_folder_that_is_none_is_refused_and_nothing_is_written(tmp_path, capsys):
    assert main(["--ham10000", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "there is no" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def coloured(count=40):
    """Squares whose label is their colour, and grey ones without a lesion."""
    labels = np.array(([0, 1, NO_LESION] * count)[:count], dtype=np.int64)
    colours = np.array([[200, 40, 40], [40, 40, 200], [120, 120, 120]], dtype=np.uint8)
    squares = np.broadcast_to(colours[labels][:, None, None], (count, SIDE, SIDE, 3)).copy()
    return Examples(squares=squares, labels=labels, lesions=labels.astype(str), tones=labels)


def test_what_is_easy_is_learnt_and_of_other_pictures_the_network_stays_unsure():
    examples = coloured(128)
    trained = train(examples, examples, epochs=10, seed=1, report=print)
    surest = torch.softmax(torch.from_numpy(answers_of(trained.model, examples.squares)), 1).max(1)
    lesion = examples.labels >= 0
    assert (surest.indices.numpy() == examples.labels)[lesion].mean() > 0.95
    assert surest.values.numpy()[~lesion].mean() < 0.4 < surest.values.numpy()[lesion].mean()


def test_the_same_seed_gives_the_same_network():
    examples = coloured()
    one, other = (train(examples, examples, epochs=1, seed=4, report=print).model for _ in range(2))
    assert np.array_equal(answers_of(one, examples.squares), answers_of(other, examples.squares))


def test_an_export_that_differs_from_the_network_is_refused(tmp_path):
    squares = coloured().squares
    torch.manual_seed(1)
    first, second = network(), network()
    export(first, tmp_path / "model.onnx")
    assert difference(first, tmp_path / "model.onnx", squares) < 1e-4
    with pytest.raises(ValueError, match="differs from the trained one"):
        difference(second, tmp_path / "model.onnx", squares)
