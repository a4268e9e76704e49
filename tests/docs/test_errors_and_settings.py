"""The documents list what the code has: every reason with its HTTP code, every setting with its default."""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from shared import errors

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted([*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").rglob("*.py")])
CODES = {
    name: found.code
    for name, found in vars(errors).items()
    if isinstance(found, type) and issubclass(found, errors.LoupeError)
}
FUNCTIONS = ("upload", "status", "analyze")


def calls() -> Iterator[tuple[str, ast.Call]]:
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call):
                yield getattr(node.func, "attr", getattr(node.func, "id", "")), node


def constants(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def raised() -> dict[str, int]:
    """The reasons that are answered over HTTP, and with which code."""
    found: dict[str, int] = {}
    for name, call in calls():
        first = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        if name in CODES and isinstance(first, str):
            found[first] = CODES[name]
        elif name == "Family":
            found |= {f"{first}_{what}": 401 for what in ("MISSING", "INVALID", "EXPIRED")}
    return found


def told() -> set[str]:
    """The reasons that jobs carry: failures, warnings, and what was left out."""
    given = {
        value
        for _, call in calls()
        for keyword in call.keywords
        if keyword.arg == "reason"
        for value in constants(keyword.value)
    }
    intake = importlib.import_module("functions.analyze.intake.refusal").MESSAGES
    color = importlib.import_module("functions.analyze.kinds.color_correction.refusal")
    policy = json.loads((ROOT / "shared/model/quality-policy.json").read_text())
    return {*given, *intake, *policy["retake"], *color.REFUSALS, *color.WARNINGS}


def rows(document: str) -> Iterator[list[str]]:
    """The cells of every table row that begins with a name in code style."""
    for line in (ROOT / "docs" / document).read_text().splitlines():
        if re.match(r"\| `[A-Z0-9_]+` \|", line):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_every_reason_is_explained_and_no_other():
    text = (ROOT / "docs/errors.md").read_text()
    listed = {row[0].strip("`") for row in rows("errors.md")}
    in_prose = {"FILE_NOT_FOUND", "NOT_A_FILE", "NOT_READABLE"}
    assert all(f"`{reason}`" in text for reason in in_prose)
    assert listed | in_prose == raised().keys() | told()


def test_reasons_are_listed_once():
    listed = [row[0] for row in rows("errors.md")]
    assert sorted(set(listed)) == sorted(listed)


def test_every_reason_is_listed_with_the_code_it_is_answered_with():
    listed = {row[0].strip("`"): row[1] for row in rows("errors.md") if len(row) == 4}
    answered = {reason: str(code) for reason, code in raised().items()}
    assert listed.keys() == answered.keys()
    dropped = {"PUSH_MALFORMED", "NOTIFICATION_MALFORMED"}  # logged and acknowledged, never answered
    assert all(listed[reason] == ("204" if reason in dropped else code) for reason, code in answered.items())


@pytest.mark.parametrize("reason", sorted(raised().keys() | told()))
def test_a_reason_is_a_stable_upper_snake_name(reason):
    assert re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", reason)
    assert len(reason) <= 63


def shown(value: object) -> str:
    """A default as docs/settings.md writes it."""
    if isinstance(value, tuple):
        value = ",".join(value)
    return f"`{value}`" if value != "" else ""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_setting_is_listed_with_its_default(function):
    settings = importlib.import_module(f"functions.{function}.settings").Settings
    wanted = {
        field.name.upper(): "required" if field.required else shown(field.default)
        for field in msgspec.structs.fields(settings)
    }
    section = (ROOT / "docs/settings.md").read_text().split(f"\n## {function}\n")[1].split("\n## ")[0]
    listed = dict(re.findall(r"^\| `(\w+)` \| (.*?) ?\| .+ \|$", section, re.MULTILINE))
    assert listed == wanted
