"""The table of calls against the services: every name under which something passes the edge, and no other."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.edge import Edge
from localcloud.faults.calls import CALLS, matching
from localcloud.ground import Ground
from localcloud.keys import Keys
from localcloud.services import build
from tests.running import ROOT, free_ports

IN_TABLES = {Path("localcloud/rpc.py"), Path("localcloud/web.py")}  # they are given the names by the services


def arguments_of(method: str) -> Iterator[tuple[Path, ast.expr]]:
    """Where `….method(…)` is called in the local cloud, and with which first argument."""
    for path in sorted((ROOT / "localcloud").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method:
                yield path.relative_to(ROOT), node.args[0]


def literals(method: str) -> set[str]:
    return {argument.value for _, argument in arguments_of(method) if isinstance(argument, ast.Constant)}


def test_only_two_modules_pass_the_edge_under_names_that_others_give_them():
    computed = {path for path, argument in arguments_of("around") if not isinstance(argument, ast.Constant)}
    assert computed == IN_TABLES


def test_the_table_has_all_calls_and_no_other(tmp_path):
    edge = Edge()
    ground = Ground(data=tmp_path, ports=free_ports(), keys=Keys(tmp_path / "keys"), edge=edge)

    async def start_and_stop() -> None:
        services = list(build(ground))
        for service in services:
            await service.start()
        for service in reversed(services):
            await service.stop()

    asyncio.run(start_and_stop())
    clocks = {f"{service}.clock" for service in literals("clock")}
    assert set(edge.entered) | literals("around") | clocks == CALLS.keys()


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("firestore.Commit", ["firestore.Commit"]),
        ("pubsub.pu*", ["pubsub.push"]),
        ("storage.objects.p?tch", ["storage.objects.patch"]),
        ("vision.*", [name for name in CALLS if name.startswith("vision.")]),
        ("*", list(CALLS)),
    ],
)
def test_a_pattern_stands_for_names(pattern, names):
    assert matching(pattern) == names


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("firestore.commit", "Did you mean firestore.Commit"),
        ("storage.object.get", "storage.objects.get"),
        ("pubsub.Push", "pubsub.push"),
        ("xyzzy", "Names begin with firestore., pubsub., storage., auth., vision."),
    ],
)
def test_a_name_that_is_none_is_answered_with_the_nearest(pattern, said):
    with pytest.raises(ValueError, match=f"There is no call '{pattern}'") as caught:
        matching(pattern)
    assert said in str(caught.value)
