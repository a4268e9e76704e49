"""`python -m tools.openapi [--check]`: write openapi.yaml from the routes and types of the functions that apps call.

With `--check` nothing is written; the exit code is 1 where the file is not what would be written.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from localcloud.ground import Ports
from shared.auth.appcheck import HEADER as APP_CHECK
from shared.http.bodies import MAX_BODY
from shared.http.routing import CONVERTERS, Operation, Route
from shared.version import VERSION

FILE: Final = Path(__file__).parent.parent / "openapi.yaml"
FUNCTIONS: Final = ("upload", "status")
VARIABLE: Final = re.compile(r"<(id|file):(\w+)>")
NAME: Final = re.compile(r"`([a-z]+(?:_[a-z0-9]+)+)`")
SCHEMA: Final = "#/components/schemas/{name}"
JSON: Final = "application/json"

ABOUT: Final = f"""\
Loupe analyses photos. An app signs in with Firebase, asks for a job, puts its photos straight into Cloud Storage at the
addresses it was given, and watches the job, in Firestore (`jobs/{{jobId}}`) or here.

Field names are the same here and in Firestore; times are RFC 3339. Bodies are JSON in UTF-8, at most
{MAX_BODY // 1024} KiB. Every refusal has the shape `ErrorAnswer`; programs look at `details[0].reason`, which
docs/errors.md explains.
"""


class ErrorDetail(msgspec.Struct, frozen=True, kw_only=True):
    """Why, for programs: a stable reason, and facts that go with it."""

    reason: str
    domain: str
    metadata: dict[str, str]


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal, in the shape that Google APIs and Firebase callable clients share."""

    code: int
    status: str
    message: str
    details: tuple[ErrorDetail, ...]


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every answer that is not a success."""

    error: Error


class _Plain(yaml.SafeDumper):
    """YAML for people: no anchors, and texts of several lines as they are."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write what is the same twice twice."""
        del data
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """A text of several lines as a block."""
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)


_Plain.add_representer(str, _Plain.represent_str)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or check it."""
    parser = argparse.ArgumentParser(prog="python -m tools.openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the file is out of date")
    wanted = render()
    if not parser.parse_args(arguments).check:
        FILE.write_text(wanted)
        return 0
    if FILE.exists() and FILE.read_text() == wanted:
        return 0
    print("openapi.yaml is out of date: run `python -m tools.openapi`.", file=sys.stderr)
    return 1


def render() -> str:
    """The document as YAML."""
    text: str = yaml.dump(document(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=116)
    return f"# Made by `python -m tools.openapi`; do not edit.\n{text}"


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    described = list(_described())
    structs = {struct for _, _, operation in described for struct in _structs(operation)}
    _, schemas = msgspec.json.schema_components({ErrorAnswer, *structs}, ref_template=SCHEMA)
    _say_what_is_always_there(schemas, described)
    _speak_json(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for function, route, operation in described:
        path = VARIABLE.sub(lambda found: f"{{{_camel(found[2])}}}", route.rule)
        one = paths.setdefault(path, {}).setdefault(route.method.lower(), _operation(route, operation))
        one["tags"].append(function)
        one["servers"].append({"url": Ports().url(function), "description": f"the local stack's {function}"})
    return {
        "openapi": "3.1.0",
        "info": {"title": "Loupe", "version": VERSION, "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "security": [{"idToken": []}, {"idToken": [], "appCheck": []}],
        "tags": [{"name": function, "description": f"The function `{function}`."} for function in FUNCTIONS],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {
                "idToken": {"type": "http", "scheme": "bearer", "bearerFormat": "Firebase ID token"},
                "appCheck": {
                    "type": "apiKey",
                    "in": "header",
                    "name": APP_CHECK,
                    "description": "Where it is turned on.",
                },
            },
            "headers": {
                "ETag": {"description": "The tag of this very content.", "schema": {"type": "string"}},
                "RetryAfter": {"description": "Seconds after which to try again.", "schema": {"type": "integer"}},
                "RequestId": {"description": "Names the request in the logs.", "schema": {"type": "string"}},
            },
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _described() -> Iterator[tuple[str, Route, Operation]]:
    for function in FUNCTIONS:
        # By name, as functions-framework loads them: nothing imports a function.
        routes: Sequence[Route] = importlib.import_module(f"functions.{function}.routes").ROUTES
        yield from ((function, route, route.operation) for route in routes if route.operation)


def _structs(operation: Operation) -> Iterator[type[msgspec.Struct]]:
    yield from (struct for struct in (operation.takes, *operation.answers.values()) if struct)


def _say_what_is_always_there(schemas: dict[str, Any], described: Sequence[tuple[str, Route, Operation]]) -> None:
    """Answers hold every field, unless their type leaves defaults out; only requests may leave fields away."""
    taken = _reached(schemas, [operation.takes for _, _, operation in described])
    answered = _reached(schemas, [struct for _, _, operation in described for struct in operation.answers.values()])
    sparse = {struct.__name__ for struct in _every(msgspec.Struct) if struct.__struct_config__.omit_defaults}
    for name in answered - taken - sparse:
        properties = schemas[name].get("properties", {})
        schemas[name]["required"] = list(properties)
        for field in properties.values():
            field.pop("default", None)


def _reached(schemas: Mapping[str, Any], structs: Sequence[type[msgspec.Struct] | None]) -> set[str]:
    waiting = [struct.__name__ for struct in structs if struct]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r"#/components/schemas/(\w+)", str(schemas[name]))
    return found


def _speak_json(schemas: Mapping[str, dict[str, Any]]) -> None:
    """Descriptions are docstrings: without their indentation, and with the names that fields have in JSON."""
    for schema in schemas.values():
        if "description" in schema:
            text = inspect.cleandoc(schema["description"])
            schema["description"] = NAME.sub(lambda found: f"`{_camel(found[1])}`", text)


def _every(struct: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for below in struct.__subclasses__():
        yield below
        yield from _every(below)


def _operation(route: Route, operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {"operationId": operation.name, "tags": [], "summary": operation.summary}
    if operation.description:
        found["description"] = operation.description
    found["servers"] = []
    if operation.open:
        found["security"] = []
    parameters = [*_path_parameters(route), *_query_parameters(operation), *_header_parameters(operation)]
    if parameters:
        found["parameters"] = parameters
    if operation.takes:
        content = {JSON: {"schema": _reference(operation.takes)}}
        found["requestBody"] = {"required": not operation.optional, "content": content}
    found["responses"] = _responses(operation)
    return found


def _path_parameters(route: Route) -> Iterator[dict[str, Any]]:
    for converter, name in VARIABLE.findall(route.rule):
        schema = {"type": "string", "pattern": f"^{CONVERTERS[converter].regex}$"}
        yield {"name": _camel(name), "in": "path", "required": True, "schema": schema}


def _query_parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for field in msgspec.structs.fields(operation.query) if operation.query else ():
        schema = msgspec.json.schema(field.type)
        yield {"name": field.encode_name, "in": "query", "required": field.required, "schema": _inlined(schema)}


def _header_parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name, description in operation.headers.items():
        yield {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


def _responses(operation: Operation) -> dict[str, Any]:
    common = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    found: dict[str, Any] = {}
    for code, struct in operation.answers.items():
        headers = {**common, "ETag": {"$ref": "#/components/headers/ETag"}} if 304 in operation.answers else common
        answer: dict[str, Any] = {"description": _said(code), "headers": headers}
        if struct:
            answer["content"] = {JSON: {"schema": _reference(struct)}}
        found[str(code)] = answer
    reasons = f" Particular reasons: {', '.join(operation.reasons)}." if operation.reasons else ""
    found["default"] = {
        "description": f"A refusal.{reasons}",
        "headers": {**common, "Retry-After": {"$ref": "#/components/headers/RetryAfter"}},
        "content": {JSON: {"schema": _reference(ErrorAnswer)}},
    }
    return found


def _said(code: int) -> str:
    return {
        200: "Done.",
        201: "Made.",
        302: "The way to it, in `Location`.",
        204: "Done; there is nothing more to say.",
        304: "Nothing has changed since the ETag in If-None-Match.",
    }[code]


def _reference(struct: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": SCHEMA.format(name=struct.__name__)}


def _inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without definitions of its own; query strings hold enums and numbers, nothing deeper."""
    known = {f"#/$defs/{name}": value for name, value in schema.get("$defs", {}).items()}
    kept = {name: value for name, value in schema.items() if name != "$defs"}
    if "$ref" in kept:
        return {**known[kept["$ref"]]}
    if "anyOf" in kept:
        # An absent parameter is null to the code; over HTTP it is left out.
        (one,) = [choice for choice in kept["anyOf"] if choice != {"type": "null"}]
        return _inlined({**one, "$defs": schema.get("$defs", {})})
    return kept


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


if __name__ == "__main__":
    sys.exit(main())
