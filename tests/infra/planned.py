"""A plan to ask questions of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Resource:
    """One thing that will exist. `known`: its values, without those that only the cloud decides."""

    address: str
    type: str
    key: str
    known: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.known.get(name)

    def block(self, name: str) -> dict[str, Any]:
        """The one nested block of this name; empty where there is none."""
        found = self.known.get(name) or [{}]
        return found[0]


class Plan:
    """`terraform show -json` of a plan."""

    def __init__(self, shown: dict[str, Any]) -> None:
        self.shown = shown

    @cached_property
    def resources(self) -> list[Resource]:
        return list(_resources(self.shown["planned_values"]["root_module"]))

    @cached_property
    def configured(self) -> dict[str, dict[str, Any]]:
        """What the configuration says, by address without keys: to see references of values that are not known yet."""
        return dict(_configured(self.shown["configuration"]["root_module"], ""))

    def of(self, *types: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.type in types]

    def one(self, kind: str, name: str) -> Resource:
        (found,) = [each for each in self.of(kind) if name in {each["name"], each.key}]
        return found

    @property
    def grants(self) -> list[Resource]:
        """Every grant of a role to a member, on whatever."""
        return [each for each in self.resources if each.type.endswith(("_iam_member", "_iam_binding"))]


def _resources(module: dict[str, Any]) -> Iterator[Resource]:
    for each in module.get("resources", ()):
        if each["mode"] == "managed":
            key = str(each.get("index", each["name"]))
            yield Resource(each["address"], each["type"], key, each["values"])
    for below in module.get("child_modules", ()):
        yield from _resources(below)


def _configured(module: dict[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in module.get("resources", ()):
        yield prefix + each["address"], each
    for name, call in module.get("module_calls", {}).items():
        yield from _configured(call["module"], f"{prefix}module.{name}.")
