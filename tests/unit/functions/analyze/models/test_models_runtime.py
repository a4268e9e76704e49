"""Models are opened by name, verified before they are loaded, kept warm, and fail in one way."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from google.api_core import exceptions
from onnx import helper

from functions.analyze.kinds.port import NoModels
from functions.analyze.models import aliases, registry
from functions.analyze.models import manifest as manifests
from functions.analyze.models.library import FolderLibrary
from functions.analyze.models.manifest import Input, Output, Prepared
from functions.analyze.models.provenance import provenance
from functions.analyze.models.runtime import WARM, Shelf
from functions.analyze.models.store import Kept, ModelStore
from shared.errors import FailedPrecondition
from tests.running import ROOT
from tests.unit.functions.analyze.models.onnx_files import (
    SIDE,
    answering,
    brightest_channel,
    detector,
    manifest,
    model,
    plain,
)


class Bucket(ModelStore):
    """A models bucket in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.reads: list[str] = []
        self.down = False

    def read(self, name, *, limit):
        self.reads.append(name)
        if self.down:
            raise exceptions.ServiceUnavailable("down")
        data = self.objects.get(name)
        if data is not None and len(data) > limit:
            raise ValueError(f"{name} has {len(data)} bytes")
        return Kept(data, 1) if data is not None else None

    def put(self, data, said=None):
        said = said or manifest(data)
        self.objects[f"{said.name}/{said.version}/model.onnx"] = data
        self.objects[f"{said.name}/{said.version}/manifest.json"] = manifests.dump(said)

    def point(self, **versions):
        self.objects["channels/aliases.json"] = aliases.dump(aliases.Aliases(aliases=versions))


@pytest.fixture
def bucket():
    made = Bucket()
    made.put(brightest_channel())
    made.point(stable=1)
    return made


def shelf(bucket, **options):
    return Shelf(lambda: bucket, **options)


def refused(bucket, why, *, use=lambda found: found.classify(plain(1, 2, 3)), **options):
    with pytest.raises(FailedPrecondition) as error:
        use(shelf(bucket, **options).open("channels/1"))
    assert error.value.reason == "MODEL_UNAVAILABLE"
    assert why in error.value.internal
    assert why not in error.value.message


def test_a_model_is_opened_by_alias_and_by_version(bucket):
    for name in ("channels", "channels@stable", "channels/1"):
        found = shelf(bucket).open(name).classify(plain(255, 0, 0))
        assert found == pytest.approx((math.exp(10) / (math.exp(10) + 2), *[1 / (math.exp(10) + 2)] * 2))


def test_results_name_the_model(bucket):
    named = provenance(shelf(bucket).open("channels"))
    sha256 = hashlib.sha256(brightest_channel()).hexdigest()
    assert named == {"model": "channels", "modelVersion": "1", "modelSha256": sha256, "modelSample": "false"}


def test_a_model_is_loaded_once_by_many_threads(bucket):
    one = shelf(bucket)
    threads = [threading.Thread(target=one.open, args=("channels@stable",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bucket.reads.count("channels/1/model.onnx") == 1
    assert one.open("channels") is one.open("channels/1")


def test_only_so_many_models_are_kept_warm(bucket):
    for version in range(2, WARM + 3):
        bucket.put(brightest_channel(), manifest(brightest_channel(), version=version))
    one = shelf(bucket)
    for version in range(1, WARM + 3):
        one.open(f"channels/{version}")
    one.open(f"channels/{WARM + 2}")
    one.open("channels/1")
    assert bucket.reads.count(f"channels/{WARM + 2}/model.onnx") == 1
    assert bucket.reads.count("channels/1/model.onnx") == 2


def test_a_promotion_is_followed_within_ten_seconds(bucket):
    bucket.put(brightest_channel(), manifest(brightest_channel(), version=2))
    now = [0.0]
    one = shelf(bucket, clock=lambda: now[0])
    assert one.open("channels").version == 1
    bucket.point(stable=2)
    assert one.open("channels").version == 1
    now[0] = 11.0
    assert one.open("channels").version == 2


def test_pictures_are_taken_in_batches_of_any_size(bucket):
    found = shelf(bucket).open("channels").classify_batch([plain(255, 0, 0)] * 19 + [plain(0, 255, 0)])
    assert len(found) == 20
    assert found[0] == found[18] != found[19]


def test_a_model_that_takes_a_fixed_number_of_pictures_is_fed_so(bucket):
    data = brightest_channel(shape=(3, 3, SIDE, SIDE), answer=(3, 3))
    bucket.put(data)
    found = shelf(bucket).open("channels").classify_batch([plain(255, 0, 0)] * 4)
    assert len(found) == 4


def test_a_detector_names_its_labels(bucket):
    rows = np.zeros((1, 7, 2), np.float32)
    rows[0, :, 0] = (2, 2, 2, 2, 0, 0.9, 0)
    data = answering(rows)
    bucket.put(data, manifest(data, **detector()))
    (found,) = shelf(bucket).open("channels/1").detect(plain(1, 2, 3, width=8, height=8))
    assert (found.label, found.score) == ("green", 0.9)
    assert (found.box.left, found.box.width) == (0.25, 0.5)


def test_an_embedding_is_a_vector(bucket):
    data = answering([[3.0, 4.0]])
    bucket.put(data, manifest(data, task="embed", labels=(), output=Output(decoding="none")))
    assert shelf(bucket).open("channels/1").embed(plain(1, 2, 3)) == pytest.approx((0.6, 0.8))


def test_a_prepared_file_is_the_one_that_is_loaded(bucket):
    data = brightest_channel()
    prepared = Prepared(sha256=hashlib.sha256(data).hexdigest(), size=len(data), runtime="1")
    bucket.put(b"not loaded at all", manifest(b"not loaded at all", prepared=prepared))
    bucket.objects["channels/1/prepared.onnx"] = data
    assert shelf(bucket).open("channels/1").classify(plain(255, 0, 0))[0] > 0.9


def test_sample_models_are_refused_unless_they_are_allowed(bucket):
    data = brightest_channel()
    bucket.put(data, manifest(data, sample=True))
    refused(bucket, "ALLOW_SAMPLE_MODELS")
    found = shelf(bucket, samples=True).open("channels/1")
    assert provenance(found)["modelSample"] == "true"


def test_a_missing_model_says_what_is_missing(bucket):
    with pytest.raises(FailedPrecondition, match="no such version"):
        shelf(bucket).open("channels/7")
    with pytest.raises(FailedPrecondition, match="there is no other@stable"):
        shelf(bucket).open("other")
    with pytest.raises(FailedPrecondition, match="MODELS_BUCKET"):
        Shelf(None).open("channels")
    with pytest.raises(FailedPrecondition, match="names no model"):
        shelf(bucket).open("../../secret")
    with pytest.raises(FailedPrecondition):
        NoModels().open("channels")
    del bucket.objects["channels/1/model.onnx"]
    refused(bucket, "model.onnx is missing")


def test_a_file_with_other_bytes_is_never_loaded(bucket):
    swapped = bytearray(brightest_channel())
    swapped[-1] ^= 1
    bucket.objects["channels/1/model.onnx"] = bytes(swapped)
    refused(bucket, "sha256 differs")


def test_a_larger_file_is_not_even_read(bucket):
    bucket.objects["channels/1/model.onnx"] += b"more"
    refused(bucket, "bytes")


def test_a_model_that_nobody_added_is_refused(bucket):
    bucket.put(brightest_channel(), manifest())
    refused(bucket, "loupe models add")


def test_a_manifest_of_another_model_is_refused(bucket):
    said = manifest(brightest_channel(), version=2)
    bucket.objects["channels/1/manifest.json"] = manifests.dump(said)
    refused(bucket, "is that of channels/2")


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ({"input": Input(width=8, height=4)}, "shape"),
        ({"input": Input(width=SIDE, height=SIDE, layout="NHWC")}, "shape"),
        ({"input": Input(width=SIDE, height=SIDE, color_order="GRAY")}, "shape"),
        ({"input": Input(width=SIDE, height=SIDE, type="uint8", scale=1.0)}, "tensor(float)"),
        ({"input": Input(name="image", width=SIDE, height=SIDE)}, "'image'"),
        ({"output": Output(name="scores", decoding="softmax")}, "'scores'"),
        ({"labels": manifest().labels[:2]}, "2 labels"),
        (detector(), "asked to classify"),
    ],
)
def test_a_manifest_that_lies_about_the_model_is_refused(bucket, lie, why):
    data = brightest_channel()
    bucket.put(data, manifest(data, **lie))
    refused(bucket, why)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (answering([[0.1, np.nan, 0.2]]), "not finite"),
        (answering([[0.1, 0.2, 0.3, 0.4]]), "shape"),
        (model([helper.make_node("NoSuchOperator", ["x"], ["y"])]).SerializeToString(), "cannot load"),
        (b"no model at all", "not an ONNX model"),
        (
            model(
                [
                    helper.make_node("ConstantOfShape", ["huge"], ["c"]),
                    helper.make_node("ReduceMean", ["c"], ["m"], keepdims=0),
                    helper.make_node("Add", ["x", "m"], ["y"]),
                ],
                weights={"huge": np.int64([1 << 20, 1 << 10])},
                answer=("N", 3, SIDE, SIDE),
            ).SerializeToString(),
            "onnxruntime cannot",
        ),
    ],
)
def test_a_model_that_fails_makes_nothing_up(bucket, data, why):
    bucket.put(data)
    refused(bucket, why)


def test_storage_that_does_not_answer_is_a_passing_failure(bucket):
    bucket.down = True
    one = shelf(bucket)
    with pytest.raises(exceptions.ServiceUnavailable):
        one.open("channels")
    bucket.down = False
    assert one.open("channels").version == 1


def test_a_model_that_is_loaded_answers_on_while_storage_does_not(bucket):
    now = [0.0]
    one = shelf(bucket, clock=lambda: now[0])
    assert one.open("channels").version == 1
    bucket.down = True
    now[0] = 11.0
    assert one.open("channels").classify(plain(255, 0, 0))[0] > 0.9


def test_no_model_needs_a_network(tmp_path):
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rn", "true"], check=False).returncode:
        pytest.skip("needs a namespace without a network (unshare -rn)")
    library = FolderLibrary(tmp_path)
    registry.add(library, brightest_channel(), manifest(), "")
    command = ["unshare", "-rn", sys.executable, "-m", "functions.analyze.models", "verify", "--folder", str(tmp_path)]
    done = subprocess.run([*command, "--asked", '{"model": ""}'], cwd=ROOT, capture_output=True, check=False)
    assert json.loads(done.stdout)["models"][0]["problem"] == ""


def test_nothing_heavy_is_loaded_before_a_model_is_opened():
    code = "import sys, functions.analyze.routes, functions.analyze.services;"
    code += "print(*{'numpy', 'onnxruntime', 'PIL', 'cv2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_aliases_move_and_go_back():
    at = datetime(2026, 11, 26, tzinfo=UTC)
    now = aliases.Aliases()
    for version in (1, 2, 3):
        now = aliases.promote(now, version, at=at)
    assert aliases.promote(now, 3, at=at) == now
    back = aliases.rollback(now, at=at)
    assert back.aliases == {"stable": 2}
    assert aliases.rollback(back, at=at).aliases == {"stable": 1}
    with pytest.raises(ValueError, match="nothing else before"):
        aliases.rollback(aliases.rollback(back, at=at), at=at)
    assert [move.version for move in aliases.parse(aliases.dump(back)).history] == [1, 2, 3, 2]


def test_a_candidate_that_becomes_stable_is_none_any_more():
    candidate = aliases.Candidate(version=2, share=0.5)
    now = aliases.Aliases(aliases={"stable": 1}, candidate=candidate)
    at = datetime(2026, 11, 26, tzinfo=UTC)
    assert aliases.promote(now, 2, at=at).candidate is None
    assert aliases.promote(now, 2, alias="next", at=at).candidate == candidate
    with pytest.raises(ValueError, match="share"):
        aliases.parse(msgspec.json.encode({"candidate": {"version": 2, "share": 0}}))
