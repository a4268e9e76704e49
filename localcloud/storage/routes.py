"""Every path of Cloud Storage, the call that it is, and who serves it.

Paths are matched as they come, percent-encoded: an object called `a/b` is `…/o/a%2Fb`, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from localcloud.edge import Edge
from localcloud.storage.batch import batch
from localcloud.storage.errors import NOT_IMPLEMENTED, Refusal
from localcloud.storage.json_buckets import JsonBuckets, JsonNotifications
from localcloud.storage.json_copies import JsonCopies
from localcloud.storage.json_objects import JsonObjects
from localcloud.storage.json_uploads import JsonUploads
from localcloud.storage.signatures import Signer
from localcloud.storage.store import Store
from localcloud.storage.xml_api import XmlApi
from localcloud.web import Handler, route

_BUCKETS = "/storage/v1/b"
_BUCKET = f"{_BUCKETS}/{{bucket}}"
_OBJECTS = f"{_BUCKET}/o"
_OBJECT = f"{_OBJECTS}/{{object}}"
_TARGET = "b/{bucket}/o/{object}"
_SOURCE = f"{_BUCKETS}/{{source_bucket}}/o/{{source}}"
_NOTIFICATIONS = f"{_BUCKET}/notificationConfigs"
_JSON_ROOTS = ("/storage/v1", "/upload/storage/v1", "/download/storage/v1", "/batch/storage/v1")
_ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Entry = tuple[str, str, str, Handler]


def is_json(path: str) -> bool:
    """Whether a path belongs to the JSON API; all others are the XML API's."""
    return any(path == root or path.startswith(f"{root}/") for root in _JSON_ROOTS)


def routes(edge: Edge, store: Store, signer: Signer, clock: Callable[[], datetime]) -> list[Route]:
    """In the order in which they are tried; `clock` tells the time by which signatures expire."""
    table = [*_bucket_entries(store), *_object_entries(store), *_upload_entries(store)]
    table.append(("batch", "POST", "/batch/storage/v1", batch))
    made = [route(edge, f"storage.{call}", path, serve, method) for call, method, path, serve in table]
    rest = [route(edge, "storage.unserved", f"{root}/{{rest:path}}", _unserved, *_ALL_METHODS) for root in _JSON_ROOTS]
    preflight = route(edge, "storage.preflight", "/{path:path}", _preflight, "OPTIONS")
    xml = _xml_routes(edge, XmlApi(store, signer, clock))
    return [preflight, *_reading_routes(edge, JsonObjects(store)), *made, *rest, *xml]


def _bucket_entries(store: Store) -> list[Entry]:
    buckets, notifications = JsonBuckets(store), JsonNotifications(store)
    one = f"{_NOTIFICATIONS}/{{notification}}"
    return [
        ("buckets.insert", "POST", _BUCKETS, buckets.insert),
        ("buckets.list", "GET", _BUCKETS, buckets.list),
        ("buckets.get", "GET", _BUCKET, buckets.get),
        ("buckets.patch", "PATCH", _BUCKET, buckets.patch),
        ("buckets.update", "PUT", _BUCKET, buckets.update),
        ("buckets.delete", "DELETE", _BUCKET, buckets.delete),
        ("notifications.insert", "POST", _NOTIFICATIONS, notifications.insert),
        ("notifications.list", "GET", _NOTIFICATIONS, notifications.list),
        ("notifications.get", "GET", one, notifications.get),
        ("notifications.delete", "DELETE", one, notifications.delete),
    ]


def _object_entries(store: Store) -> list[Entry]:
    objects, copies = JsonObjects(store), JsonCopies(store)
    return [
        ("objects.list", "GET", _OBJECTS, objects.list),
        ("objects.patch", "PATCH", _OBJECT, objects.patch),
        ("objects.update", "PUT", _OBJECT, objects.update),
        ("objects.delete", "DELETE", _OBJECT, objects.delete),
        ("objects.copy", "POST", f"{_SOURCE}/copyTo/{_TARGET}", copies.copy),
        ("objects.rewrite", "POST", f"{_SOURCE}/rewriteTo/{_TARGET}", copies.rewrite),
        ("objects.compose", "POST", f"{_OBJECT}/compose", copies.compose),
    ]


def _upload_entries(store: Store) -> list[Entry]:
    uploads = JsonUploads(store)
    path = f"/upload{_OBJECTS}"
    return [
        ("objects.insert", "POST", path, uploads.insert),
        ("uploads.put", "PUT", path, uploads.put),
        ("uploads.delete", "DELETE", path, uploads.delete),
    ]


def _reading_routes(edge: Edge, objects: JsonObjects) -> list[Route]:
    media = route(edge, "storage.objects.media", _OBJECT, objects.media, "GET").endpoint
    resource = route(edge, "storage.objects.get", _OBJECT, objects.get, "GET").endpoint

    async def either(request: Request) -> Response:
        chosen = media if request.query_params.get("alt") == "media" else resource
        answered: Response = await chosen(request)
        return answered

    return [
        Route(_OBJECT, either, methods=["GET"]),
        route(edge, "storage.objects.media", f"/download{_OBJECT}", objects.media, "GET"),
    ]


def _xml_routes(edge: Edge, xml: XmlApi) -> list[Route]:
    path = "/{path:path}"
    return [
        route(edge, "storage.xml.head", path, xml.head, "HEAD"),  # before GET, which would answer it too
        route(edge, "storage.xml.get", path, xml.get, "GET"),
        route(edge, "storage.xml.put", path, xml.put, "PUT"),
        route(edge, "storage.xml.delete", path, xml.delete, "DELETE"),
        route(edge, "storage.xml.post", path, xml.refuse, "POST", "PATCH"),
    ]


async def _unserved(request: Request) -> Response:
    raise Refusal(NOT_IMPLEMENTED, f"{request.method} {request.scope['path'][:200]} is not served here.")


async def _preflight(request: Request) -> Response:  # noqa: ARG001 - the answer is in the headers that CORS adds
    return Response()
