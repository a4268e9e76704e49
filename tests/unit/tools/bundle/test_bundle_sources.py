"""A bundle holds what its function reaches and nothing else, byte for byte the same until that changes."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from tools.bundle import __main__ as command
from tools.bundle.archive import bundle
from tools.bundle.refusal import BundleError

ROOT = Path(__file__).parents[4]
FUNCTIONS = ("analyze", "status", "upload")


@pytest.fixture
def copy(tmp_path) -> Path:
    """The sources that bundles are made of, to be changed."""
    for part in ("functions", "shared"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    return tmp_path


def hashes(root: Path) -> dict[str, str]:
    return {function: bundle(root, function).sha256 for function in FUNCTIONS}


def changed(before: dict[str, str], root: Path) -> set[str]:
    return {function for function, sha256 in hashes(root).items() if sha256 != before[function]}


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def test_the_same_sources_make_the_same_bytes_elsewhere_and_later(copy):
    for path in copy.rglob("*.py"):
        os.utime(path, (1, 1))
        path.chmod(0o600)
    assert hashes(copy) == hashes(ROOT)


def test_a_change_in_a_kind_changes_analyze_alone(copy):
    before = hashes(copy)
    append(copy / "functions/analyze/kinds/inspection.py", "\nMORE = 1\n")
    assert changed(before, copy) == {"analyze"}


def test_a_change_that_everybody_reaches_changes_everybody(copy):
    before = hashes(copy)
    append(copy / "shared/errors.py", "\n# a note\n")
    assert changed(before, copy) == set(FUNCTIONS)


def test_a_change_in_signing_does_not_reach_those_who_do_not_sign(copy):
    before = hashes(copy)
    append(copy / "shared/storage/signing.py", "\n# a note\n")
    assert changed(before, copy) == {"upload", "status"}


def test_a_module_that_only_an_inner_import_names_is_there(copy):
    (copy / "shared/rare.py").write_text('"""Rare."""\n')
    append(copy / "functions/status/pages.py", "\ndef seldom():\n    from shared import rare\n    return rare\n")
    assert "shared/rare.py" in bundle(copy, "status").names
    assert "shared/rare.py" not in bundle(copy, "upload").names


def test_a_module_that_is_named_in_a_string_is_there(copy):
    (copy / "shared/rare.py").write_text('"""Rare."""\n')
    append(copy / "functions/status/pages.py", '\nLATER = "shared.rare"\n')
    assert "shared/rare.py" in bundle(copy, "status").names


def test_shared_imports_by_names_that_are_written_out_and_by_no_computed_one(copy):
    append(copy / "shared/errors.py", '\ndef late(name):\n    import importlib\n    importlib.import_module("json")\n')
    bundle(copy, "upload")
    append(copy / "shared/errors.py", "    importlib.import_module(name)\n")
    with pytest.raises(BundleError, match=r"shared/errors.py:\d+ imports a module by a computed name"):
        bundle(copy, "upload")


def test_a_file_of_the_machine_that_is_named_is_not_taken_along(copy):
    before = bundle(copy, "upload").names
    append(copy / "shared/errors.py", f"\nPLACE = {str(copy / 'requirements.txt')!r}\n")
    assert bundle(copy, "upload").names == before


def test_a_data_file_goes_with_the_module_of_shared_that_names_it(copy):
    (copy / "shared/texts.json").write_text("{}")
    (copy / "shared/model/other.json").write_text("{}")
    append(copy / "shared/errors.py", '\nTEXTS = "texts.json"\n')
    names = bundle(copy, "upload").names
    assert "shared/texts.json" in names
    assert "shared/model/other.json" not in names


def test_every_data_file_of_the_sources_is_in_some_bundle():
    bundled = {name for function in FUNCTIONS for name in bundle(ROOT, function).names}
    data = [path for path in (ROOT / "shared").rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}]
    assert [path for path in data if path.relative_to(ROOT).as_posix() not in bundled] == []


def test_the_data_of_a_function_lies_beside_its_code():
    names = bundle(ROOT, "analyze").names
    assert {"main.py", "shared/model/quality-policy.json", "intake/child.py", "shared/errors.py"} <= set(names)
    assert not any("__pycache__" in name or name.startswith("functions/") for name in names)


def test_a_module_that_does_not_compile_is_named(copy):
    append(copy / "functions/upload/routes.py", "\ndef (:\n")
    with pytest.raises(BundleError, match=r"routes\.py does not compile"):
        bundle(copy, "upload")


def test_a_template_that_looks_like_python_and_is_not_is_named(copy):
    (copy / "functions/upload/notes").mkdir()
    (copy / "functions/upload/notes/letter.py").write_text("Dear {name},\n")
    with pytest.raises(BundleError, match=r"letter\.py does not compile"):
        bundle(copy, "upload")


def test_the_files_of_a_zip_carry_no_time_and_no_owner():
    with zipfile.ZipFile(io.BytesIO(bundle(ROOT, "status").data)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}
        assert archive.namelist() == sorted(archive.namelist())


def test_the_command_writes_every_bundle_and_tells_terraform(tmp_path, capsys):
    assert command.main(["--out", str(tmp_path)]) == 0
    told = json.loads((tmp_path / "bundles.tfvars.json").read_text())["bundles"]
    assert set(told) == set(FUNCTIONS)
    said = capsys.readouterr().out
    for function, one in told.items():
        assert one["sha256"] == bundle(ROOT, function).sha256
        assert (ROOT / "terraform" / one["file"]).resolve() == (tmp_path / f"{function}-{one['sha256'][:12]}.zip")
        assert f"{function}-{one['sha256'][:12]}.zip" in said


def test_the_command_makes_one_alone_and_keeps_the_others(tmp_path):
    assert command.main(["--out", str(tmp_path)]) == 0
    (tmp_path / "upload-000000000000.zip").write_bytes(b"an older one")
    assert command.main(["upload", "--out", str(tmp_path)]) == 0
    assert len(list(tmp_path.glob("*.zip"))) == 3
    assert set(json.loads((tmp_path / "bundles.tfvars.json").read_text())["bundles"]) == set(FUNCTIONS)


def test_the_command_says_why_there_is_no_bundle(tmp_path, capsys):
    assert command.main(["uplaod", "--out", str(tmp_path)]) == 1
    assert "there is no functions/uplaod/main.py" in capsys.readouterr().err


def test_a_path_of_the_system_is_no_file_of_the_bundle(copy):
    append(copy / "shared/errors.py", '\nSTATUS = "/proc/self/stat"\nABOVE = "../README.md"\n')
    names = bundle(copy, "upload").names
    assert not any("stat" in name.split("/") or name.endswith("README.md") for name in names)
