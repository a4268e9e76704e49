"""The shape of the repository: who may import whom, how long a module may be, and which names say nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PARTS = ("functions", "shared", "localcloud", "loupe", "models", "tools")
MODULES = sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py"))
EVERY_MODULE = [*MODULES, *sorted((ROOT / "tests").rglob("*.py"))]

# Who may import which of our own parts. Nobody imports functions, but a function itself, by relative imports.
MAY_IMPORT = {
    "functions": {"shared"},
    "shared": {"shared"},
    "localcloud": {"localcloud", "shared"},
    "loupe": {"loupe", "localcloud", "shared", "tools"},
    "models": {"models"},
    "tools": {"tools", "shared", "localcloud", "loupe", "models"},
}

# Where heavy libraries are allowed at all; everywhere else they would slow down a cold start or the command line.
HEAVY = {"numpy", "cv2", "onnxruntime", "PIL", "rapidocr", "torch"}
HEAVY_PLACES = ("functions/analyze/", "localcloud/vision/", "loupe/pictures", "models/", "tools/")

MAX_LINES = 400
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_imports_only_what_its_part_may(path):
    part = name(path).split("/")[0]
    ours = {module.split(".")[0] for module in imported(path)} & set(PARTS)
    assert ours <= MAY_IMPORT[part]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_heavy_libraries_stay_where_the_work_is(path):
    heavy = {module.split(".")[0] for module in imported(path)} & HEAVY
    assert not heavy or name(path).startswith(HEAVY_PLACES)


@pytest.mark.parametrize("path", EVERY_MODULE, ids=name)
def test_no_module_is_longer_than_the_limit(path):
    assert len(path.read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", EVERY_MODULE, ids=name)
def test_every_module_has_a_name_that_says_something(path):
    assert path.stem not in SAYS_NOTHING


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_function_of_one_deployment_reaches_into_another(path):
    relative = name(path)
    if not relative.startswith("functions/"):
        return
    depth = len(Path(relative).parts) - 2  # folders between the module and its function's own folder
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level <= depth, f"line {node.lineno} reaches out of its function"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nothing_is_built_when_a_module_is_imported(path):
    """No Google client, no guard and no network call stands at the top level of a module."""
    clients = {"Client", "PublisherClient", "SubscriberClient", "ImageAnnotatorClient", "AsyncClient", "Guard"}
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                assert called not in clients, f"line {node.lineno} builds a {called}"
