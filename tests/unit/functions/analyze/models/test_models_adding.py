"""Models are examined before they are kept: what lies, reaches out or breaks the runtime is refused with a reason."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from onnx import helper

from functions.analyze.intake.guard import Guard
from functions.analyze.models import aliases, examine, registry
from functions.analyze.models.draft import drafted
from functions.analyze.models.inference import Inference
from functions.analyze.models.library import FolderLibrary, Taken, next_version, versions
from functions.analyze.models.manifest import Input, Output
from functions.analyze.models.session import Declared, Session, Tensor, prepare
from functions.analyze.models.structure import BadModel
from functions.analyze.models.trial import Trial, Verdict
from tests.unit.functions.analyze.models.onnx_files import (
    SIDE,
    answering,
    brightest_channel,
    detector,
    manifest,
    model,
    plain,
)

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def library(tmp_path):
    return FolderLibrary(tmp_path / "models")


def test_a_model_is_kept_with_its_hash_its_card_and_a_prepared_file(library):
    data = brightest_channel()
    added = registry.add(library, data, manifest(), "# Channels\n")
    assert added.manifest.sha256 == hashlib.sha256(data).hexdigest()
    assert added.manifest.threads >= 1
    assert added.verdict.run["1"] > 0
    assert library.manifest("channels", 1) == added.manifest
    assert library.verified(added.manifest, prepared=False) == data
    assert library.verified(added.manifest, prepared=True) != data
    assert registry.card(library, "channels", 1) == "# Channels\n"
    assert [one.problem for one in registry.verify(library)] == [""]


def test_a_version_is_never_changed(library):
    registry.add(library, brightest_channel(), manifest(), "")
    with pytest.raises(Taken, match="never changed"):
        registry.add(library, brightest_channel(), manifest(), "")
    assert next_version(library, "channels") == 2
    assert "Task: classify" in registry.card(library, "channels", 1)


def test_adding_that_broke_off_can_be_done_again(library):
    library.write("channels/1/model.onnx", brightest_channel(), generation=0)
    assert versions(library) == {}
    registry.add(library, brightest_channel(), manifest(), "")
    assert versions(library) == {"channels": [1]}


def test_a_prepared_graph_answers_as_the_model_before_and_after_it_has_settled(tmp_path):
    data, said = brightest_channel(), manifest(brightest_channel())
    prepare(data, str(tmp_path / "prepared.onnx"))
    session = Session((tmp_path / "prepared.onnx").read_bytes(), said, prepared=True)
    shown = [plain(200, 100, 50)]
    wanted = Inference(Session(data, said), said).classify(shown)[0]
    assert Inference(session, said).classify(shown)[0] == pytest.approx(wanted, abs=1e-6)
    session.settle()
    assert Inference(session, said).classify(shown)[0] == pytest.approx(wanted, abs=1e-6)


def endless():
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["d"]), helper.make_node("Identity", ["before"], ["after"])],
        "body",
        [
            helper.make_tensor_value_info("i", 7, []),
            helper.make_tensor_value_info("c", 9, []),
            helper.make_tensor_value_info("before", 1, None),
        ],
        [helper.make_tensor_value_info("d", 9, []), helper.make_tensor_value_info("after", 1, None)],
    )
    nodes = [helper.make_node("Loop", ["", "true", "x"], ["y"], body=body)]
    return model(nodes, weights={"true": np.asarray(True)}, answer=("N", 3, SIDE, SIDE)).SerializeToString()


def huge():
    nodes = [
        helper.make_node("ConstantOfShape", ["size"], ["c"]),
        helper.make_node("ReduceMean", ["c"], ["m"], keepdims=0),
        helper.make_node("Add", ["x", "m"], ["y"]),
    ]
    size = {"size": np.int64([1 << 20, 1 << 12])}
    return model(nodes, weights=size, answer=("N", 3, SIDE, SIDE)).SerializeToString()


@pytest.mark.parametrize(
    ("data", "changes", "why"),
    [
        (b"MZ" + bytes(1000), {}, "not an ONNX model"),
        (brightest_channel(), {"sha256": "0" * 64}, "sha256"),
        (brightest_channel(), {"size": 5}, "bytes"),
        (brightest_channel(), {"input": Input(width=5, height=5)}, "shape"),
        (brightest_channel(shape=("N", 3, "h", "w")), {"labels": manifest().labels[:2]}, "2 labels"),
        (brightest_channel(), detector(), "numbers a box"),
        (brightest_channel(shape=(64, 3, SIDE, SIDE), answer=(64, 3)), {}, "64 pictures"),
        (answering([[0.2, 0.3, 0.5]]), {}, "probabilities, not softmax"),
        (answering([[np.nan, 0, 0]]), {}, "not finite"),
        (huge(), {}, "onnxruntime cannot"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_model_that_is_not_what_it_is_said_to_be_is_refused(library, data, changes, why):
    with pytest.raises(BadModel, match=why):
        registry.add(library, data, manifest(**changes), "")
    assert library.names() == []


def test_a_model_that_never_ends_is_given_up(library, monkeypatch):
    quick = {name: msgspec.structs.replace(task, seconds=3.0) for name, task in examine.TASKS.items()}
    monkeypatch.setattr(examine, "TASKS", quick)
    with pytest.raises(BadModel, match="busy"):
        registry.add(library, endless(), manifest(), "")
    assert library.names() == []


def test_changed_bytes_and_lying_manifests_are_found_again(library, tmp_path):
    registry.add(library, brightest_channel(), manifest(), "")
    registry.add(library, brightest_channel(), manifest(version=2), "")
    kept = tmp_path / "models" / "channels"
    swapped = bytearray((kept / "1/model.onnx").read_bytes())
    swapped[-1] ^= 1
    (kept / "1/model.onnx").write_bytes(swapped)
    lying = json.loads((kept / "2/manifest.json").read_text())
    (kept / "2/manifest.json").write_text(json.dumps({**lying, "version": 3}))
    one, two = registry.verify(library)
    assert "sha256 differs" in one.problem
    assert "is that of channels/3" in two.problem


@pytest.mark.parametrize("name", ["../evil/1/model.onnx", "a/1/../../x", "a/1/x.sh", "/etc/passwd", "a/01/model.onnx"])
def test_no_name_leads_out_of_the_folder(library, name):
    with pytest.raises(ValueError, match="no file of a model"):
        library.write(name, b"", generation=0)
    with pytest.raises(ValueError, match="no file of a model"):
        library.read(name, limit=1)


def said(**more):
    common = {"name": "m", "version": 1, "task": "classify", "labels": ["a", "b c"], "sample": True}
    return {**common, "licence": "MIT", "trainingData": "none", **more}


def declared(shape, *outputs, kind="tensor(float)"):
    answers = outputs or (("y", "tensor(float)", (None, 2)),)
    return Declared(
        inputs=(Tensor(name="x", type=kind, shape=shape),),
        outputs=tuple(Tensor(name=name, type=typed, shape=sized) for name, typed, sized in answers),
    )


@pytest.mark.parametrize(
    ("shape", "layout", "order", "size"),
    [
        ((None, 3, 64, 48), "NCHW", "RGB", (48, 64)),
        ((1, 64, 48, 3), "NHWC", "RGB", (48, 64)),
        ((None, 1, 28, 28), "NCHW", "GRAY", (28, 28)),
    ],
)
def test_a_manifest_is_drafted_from_what_the_file_declares(shape, layout, order, size):
    made = drafted(declared(shape), said())
    assert (made.input.layout, made.input.color_order) == (layout, order)
    assert (made.input.width, made.input.height) == size
    assert made.output.decoding == "softmax"
    assert [(label.key, label.name) for label in made.labels] == [("a", "a"), ("b_c", "b c")]


def test_of_several_outputs_the_one_with_as_many_numbers_as_labels_is_taken():
    shape = declared((None, 12), ("label", "tensor(int64)", (None,)), ("p", "tensor(float)", (None, 2)))
    made = drafted(shape, said(size=(2, 2)))
    assert (made.output.name, made.input.layout) == ("p", "FLAT")


def test_a_draft_asks_for_what_the_file_leaves_open():
    with pytest.raises(BadModel, match="--size"):
        drafted(declared((None, 3, None, None)), said())
    two = (("a", "tensor(float)", (None, 9)), ("b", "tensor(float)", (None, 8)))
    with pytest.raises(BadModel, match="--output"):
        drafted(declared((None, 3, 8, 8), *two), said())
    with pytest.raises(BadModel, match="int64"):
        drafted(declared((None, 3, 8, 8), kind="tensor(int64)"), said())


def test_a_model_with_the_wrong_decoding_can_be_added_with_the_right_one(library):
    said_so = manifest(output=Output(decoding="probabilities"))
    registry.add(library, answering([[0.2, 0.3, 0.5]]), said_so, "")
    assert library.manifest("channels", 1) is not None


def test_damaged_files_are_refused_or_answer_and_never_break_out(tmp_path):
    """Bytes are changed, taken out and put in where a file tells of itself; the child that tries them lives on."""
    dice = np.random.default_rng(7)
    whole = brightest_channel()
    with Guard(children=1, tasks=examine.TASKS) as guard:
        for _ in range(40):
            data = bytearray(whole)
            for _ in range(int(dice.integers(1, 5))):
                at = int(dice.integers(len(data)))
                data[at : at + int(dice.integers(0, 3))] = dice.bytes(int(dice.integers(0, 4)))
            trial = Trial(manifest=manifest(), model=bytes(data), folder=str(tmp_path))
            answer = guard.run("try", msgspec.msgpack.encode(trial))
            verdict = msgspec.msgpack.decode(answer, type=Verdict)
            assert verdict.refused or verdict.run
        assert len(guard.pids) == 1


def test_somebody_who_moves_an_alias_at_the_same_time_is_not_overwritten(library):
    for version in (1, 2):
        registry.add(library, brightest_channel(), manifest(version=version), "")
    registry.promote(library, "channels", 1, alias="stable", at=AT)

    def meanwhile(now):
        registry.promote(library, "channels", 2, alias="next", at=AT)
        return aliases.promote(now, 2, at=AT)

    with pytest.raises(Taken, match="changed meanwhile"):
        registry.move(library, "channels", meanwhile)
    assert library.aliases("channels")[0].aliases == {"stable": 1, "next": 2}


def test_only_a_version_that_is_there_is_promoted(library):
    with pytest.raises(BadModel, match="versions that are there: none"):
        registry.promote(library, "channels", 1, alias="stable", at=AT)
    assert library.names() == []
