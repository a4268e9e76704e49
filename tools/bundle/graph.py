"""Which of our own files a function needs: its folder, and what of `shared` its modules reach by import.

Reach is static. Imports inside functions count, and so does a string that is a module's full name (`"shared.x.y"`).
A data file of `shared` belongs to the module that names it in a string. `shared` may not import by computed names: a
bundle without the module would fail only in the cloud. A function may, because its own folder is there as a whole.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.bundle.refusal import BundleError

SHARED: Final = "shared"
DYNAMIC: Final = frozenset({"import_module", "__import__", "run_module", "run_path"})
LEFT_OUT: Final = frozenset({"requirements.txt", "__pycache__"})  # the lock's share takes the place of the former


def files(root: Path, function: str) -> dict[str, Path]:
    """Every file of the bundle but requirements.txt: path in the zip → file. Raises BundleError."""
    home = root / "functions" / function
    if not (home / "main.py").is_file():
        raise BundleError(f"there is no functions/{function}/main.py")
    own = {path.relative_to(home).as_posix(): path for path in _own(home)}
    modules = [path for path in own.values() if path.suffix == ".py"]
    return dict(sorted({**own, **_reached(root, modules)}.items()))


def _own(home: Path) -> Iterator[Path]:
    for path in sorted(home.rglob("*")):
        if path.is_file() and not LEFT_OUT.intersection(path.relative_to(home).parts):
            yield path


def _reached(root: Path, modules: list[Path]) -> dict[str, Path]:
    """What of `shared` these modules need, with the packages on the way."""
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        path = waiting.pop()
        tree = _parsed(path, root)
        if _is_shared(path, root):
            _refuse_computed(tree, path, root)
        for needed in (*_imported(root, tree), *_data(root, tree, path)):
            name = needed.relative_to(root).as_posix()
            if name not in found:
                found[name] = needed
                waiting += [needed] if needed.suffix == ".py" else []
    return found


def _parsed(path: Path, root: Path) -> ast.AST:
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise BundleError(f"{path.relative_to(root).as_posix()} does not compile: {error}") from error


def _imported(root: Path, tree: ast.AST) -> Iterator[Path]:
    for name in _names(tree):
        parts = name.split(".")
        if parts[0] == SHARED:
            for length in range(1, len(parts) + 1):
                yield from _module(root.joinpath(*parts[:length]))


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(f"{SHARED}."):
            yield node.value


def _module(place: Path) -> Iterator[Path]:
    """The file behind a dotted name; none where the last part is a name inside a module."""
    for path in (place / "__init__.py", place.with_suffix(".py")):
        if path.is_file():
            yield path
            return


def _data(root: Path, tree: ast.AST, path: Path) -> Iterator[Path]:
    """Files beside a module of `shared` that it names. Those of the function's own folder are there anyway."""
    if not _is_shared(path, root):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and 0 < len(node.value) < 100:
            named = path.parent / node.value
            beside = "\n" not in node.value and "\0" not in node.value and named.resolve().is_relative_to(path.parent)
            if beside and named.is_file() and named.suffix != ".py":
                yield named.resolve()


def _is_shared(path: Path, root: Path) -> bool:
    return path.relative_to(root).parts[0] == SHARED


def _refuse_computed(tree: ast.AST, path: Path, root: Path) -> None:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        literal = bool(node.args) and isinstance(node.args[0], ast.Constant)
        if called in DYNAMIC and not literal:
            place = f"{path.relative_to(root).as_posix()}:{node.lineno}"
            raise BundleError(f"{place} imports a module by a computed name: bundles hold what is named in the code")
