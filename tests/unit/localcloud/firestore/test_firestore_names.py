"""Which names there are, and how they sort."""

from __future__ import annotations

import pytest

from localcloud.firestore import names
from localcloud.rpc import RpcError
from tests.unit.localcloud.firestore.making import DATABASE, ROOT


@pytest.mark.parametrize(
    "path", ["a/b", "a/b/c/d", "a/__id5__", "a/__id-5__", "a/ä #?%\n", "a/_", "a/__x", f"a/{'é' * 750}"]
)
def test_documents_may_be_called_so(path):
    assert names.check_document(f"{ROOT}/{path}") == f"{ROOT}/{path}"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a/b",
        ROOT,
        f"{ROOT}/a",
        f"{ROOT}/a/b/c",
        f"{ROOT}/a/",
        f"{ROOT}//b",
        f"{ROOT}/a/.",
        f"{ROOT}/../b",
        f"{ROOT}/a/__b__",
        f"{ROOT}/__a__/b",
        f"{ROOT}/__id1__/b",
        f"{ROOT}/a/{'é' * 751}",
        f"{ROOT}/{'/'.join('ab' * 101)}",
        f"{ROOT}/{'/'.join(['a' * 1400] * 6)}",
        "projects//databases/d/documents/a/b",
        "projects/p/databases//documents/a/b",
        "projects/p/database/d/documents/a/b",
        f"{DATABASE}/document/a/b",
    ],
)
def test_documents_may_not_be_called_so(name):
    with pytest.raises(RpcError):
        names.check_document(name)


def test_a_parent_is_the_root_or_a_document():
    assert names.check_parent(ROOT) == ROOT
    assert names.check_parent(f"{ROOT}/a/b") == f"{ROOT}/a/b"
    with pytest.raises(RpcError, match="is a collection"):
        names.check_parent(f"{ROOT}/a")


@pytest.mark.parametrize(
    "name", ["", "projects/p", "projects/p/databases/", f"{DATABASE}/documents", "p/p/databases/d"]
)
def test_a_database_has_a_project_and_an_id(name):
    with pytest.raises(RpcError):
        names.check_database(name)


def test_names_sort_part_by_part_with_numeric_ids_first():
    ordered = ["a/__id-3__", "a/__id2__", "a/__id10__", "a/A", "a/a", "a/a/b/c", "a/a!", "a!/a", "b/__id1__"]
    keys = [names.key(f"{ROOT}/{path}") for path in ordered]
    assert keys == sorted(keys)


def test_the_database_of_a_name_is_what_comes_before_documents():
    assert names.database_of(f"{ROOT}/a/b") == DATABASE
    assert names.database_of(ROOT) == DATABASE
