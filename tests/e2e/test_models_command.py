"""`loupe models` as an operator uses it, on a running stack and on a folder."""

from __future__ import annotations

import json

import pytest

from functions.analyze.models import manifest as manifests
from tests.stack import loupe
from tests.unit.functions.analyze.models.onnx_files import brightest_channel, manifest

SAID = ("--labels", "red=Reddish,green,blue", "--no-sample", "--licence", "MIT", "--training-data", "none")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "channels.onnx"
    path.write_bytes(brightest_channel())
    return path


def done(answer):
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_a_model_goes_all_its_way_on_a_running_stack(stack, file):
    for _ in range(2):
        done(stack.loupe("models", "add", file, "--name", "channels", *SAID, "--json"))
    for version in (1, 2):
        done(stack.loupe("models", "promote", f"channels/{version}", "--json"))
    found = {model["name"]: model for model in done(stack.loupe("models", "list", "--json"))["models"]}
    assert found["channels"]["aliases"] == {"stable": 2}
    assert [version["version"] for version in found["channels"]["versions"]] == [1, 2]
    assert done(stack.loupe("models", "rollback", "channels", "--json"))["version"] == 1
    answer = stack.loupe("models", "verify", "channels")
    assert answer.returncode == 0
    assert answer.stdout.count("holds") == 2
    assert "Reddish" in stack.loupe("models", "card", "channels@stable").stdout


def test_a_folder_with_a_manifest_is_added_as_it_says(tmp_path, file):
    brought = tmp_path / "brought"
    brought.mkdir()
    file.rename(brought / "model.onnx")
    (brought / "manifest.json").write_bytes(manifests.dump(manifest(version=7)))
    (brought / "CARD.md").write_text("# Told by me\n")
    library = tmp_path / "library"
    answer = loupe("models", "add", brought, "--promote", "--folder", library, data=tmp_path / "data")
    assert answer.returncode == 0, answer.stderr
    assert "channels@stable is channels/7 now" in answer.stdout
    assert (library / "channels/7/CARD.md").read_text() == "# Told by me\n"
    again = loupe("models", "add", brought, "--folder", library, data=tmp_path / "data")
    assert again.returncode == 1
    assert "never changed" in again.stderr


@pytest.mark.parametrize(
    ("options", "code", "why"),
    [
        ((), 2, "--name, --licence, --training-data, --labels, --sample or --no-sample"),
        (("--name", "../x", *SAID), 1, "names no model"),
        (("--name", "x", *SAID, "--mean", "a"), 2, "no list of numbers"),
        (("--name", "x", *SAID, "--size", "big"), 2, "no size"),
        (("--name", "x", *SAID, "--size", "8"), 1, "shape"),
        (("--name", "x", *SAID, "--decoding", "yolo"), 1, "decoded by"),
    ],
)
def test_what_cannot_be_added_is_told_in_a_line(tmp_path, file, options, code, why):
    answer = loupe("models", "add", file, *options, "--folder", tmp_path / "library", data=tmp_path / "data")
    assert answer.returncode == code
    assert why in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "library").exists()


def test_a_damaged_model_is_found_and_the_command_fails(tmp_path, file):
    place = ("--folder", tmp_path / "library")
    done(loupe("models", "add", file, "--name", "x", *SAID, *place, "--json", data=tmp_path / "data"))
    (tmp_path / "library/x/1/model.onnx").write_bytes(b"something else")
    answer = loupe("models", "verify", *place, data=tmp_path / "data")
    assert answer.returncode == 1
    assert "sha256 differs" in " ".join(answer.stdout.split())


def test_without_a_stack_it_says_how_to_start_one(tmp_path):
    answer = loupe("models", "list", data=tmp_path / "data")
    assert answer.returncode == 1
    assert "loupe up" in answer.stderr


def test_a_candidate_is_another_version_that_is_there(stack, file):
    done(stack.loupe("models", "add", file, "--name", "shadowed", *SAID, "--json"))
    done(stack.loupe("models", "promote", "shadowed/1", "--json"))
    for model, why in (
        ("shadowed/1", "is @stable itself"),
        ("shadowed/2", "there is no shadowed/2"),
        ("shadowed", "which version"),
    ):
        answer = stack.loupe("models", "shadow", model)
        assert answer.returncode == 1
        assert why in answer.stderr
    answer = stack.loupe("models", "compare", "shadowed")
    assert "has no candidate" in answer.stderr
