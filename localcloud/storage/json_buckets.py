"""Buckets and their notification configurations in the JSON API."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from localcloud.storage import buckets, notifications
from localcloud.storage.bodies import json_object
from localcloud.storage.errors import INVALID, REQUIRED, Refusal
from localcloud.storage.json_call import Call, answer, nothing
from localcloud.storage.listing import LARGEST_PAGE
from localcloud.storage.store import Store


class JsonBuckets:
    """`/storage/v1/b` and `/storage/v1/b/{bucket}`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def insert(self, request: Request) -> Response:
        """A new bucket."""
        call = Call(request)
        call.text("project")
        resource = await json_object(request)
        name = resource.get("name")
        if not isinstance(name, str) or not name:
            raise Refusal(REQUIRED, "Required: name")
        bucket = self._store.buckets.add(name, buckets.patch_from(resource))
        return answer(bucket.resource(self._store.base))

    async def list(self, request: Request) -> Response:
        """Buckets by name."""
        call = Call(request)
        call.text("project")
        most = min(call.number("maxResults") or LARGEST_PAGE, LARGEST_PAGE)
        found = self._store.buckets.page(
            call.parameters.get("prefix", ""), call.parameters.get("pageToken", ""), most + 1
        )
        more = {"nextPageToken": found[most - 1].name} if len(found) > most else {}
        items = [bucket.resource(self._store.base) for bucket in found[:most]]
        return answer({"kind": "storage#buckets", "items": items, **more})

    async def get(self, request: Request) -> Response:
        """One bucket."""
        call = Call(request)
        return answer(self._store.buckets.get(call.part("bucket"), call.preconditions()).resource(self._store.base))

    async def patch(self, request: Request) -> Response:
        """Changes the settings that are named."""
        return await self._update(request, whole=False)

    async def update(self, request: Request) -> Response:
        """Sets all settings, those that are not named to their defaults."""
        return await self._update(request, whole=True)

    async def delete(self, request: Request) -> Response:
        """An empty bucket goes, with its notification configurations."""
        call = Call(request)
        name = call.part("bucket")
        with self._store.database.transaction():
            self._store.buckets.remove(name, call.preconditions())
            self._store.outbox.remove_bucket(name)
        return nothing()

    async def _update(self, request: Request, *, whole: bool) -> Response:
        call = Call(request)
        patch = buckets.patch_from(await json_object(request))
        bucket = self._store.buckets.update(call.part("bucket"), patch, call.preconditions(), whole=whole)
        return answer(bucket.resource(self._store.base))


class JsonNotifications:
    """`/storage/v1/b/{bucket}/notificationConfigs`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def insert(self, request: Request) -> Response:
        """A new configuration."""
        bucket = self._bucket(request)
        resource = await json_object(request)
        if "topic" not in resource or "payload_format" not in resource:
            raise Refusal(INVALID, "A notification needs a topic and a payload_format.")
        config = notifications.config_from(resource)
        number = self._store.outbox.add_config(bucket, config)
        return answer(config.resource(self._store.base, bucket, number))

    async def list(self, request: Request) -> Response:
        """All configurations of the bucket."""
        bucket = self._bucket(request)
        found = self._store.outbox.configs(bucket)
        items = [config.resource(self._store.base, bucket, number) for number, config in found]
        return answer({"kind": "storage#notifications", "items": items})

    async def get(self, request: Request) -> Response:
        """One configuration."""
        bucket, number = self._bucket(request), Call(request).part("notification")
        config = self._store.outbox.config(bucket, number)
        return answer(config.resource(self._store.base, bucket, int(number)))

    async def delete(self, request: Request) -> Response:
        """Nothing more is told by it."""
        self._store.outbox.remove_config(self._bucket(request), Call(request).part("notification"))
        return nothing()

    def _bucket(self, request: Request) -> str:
        return self._store.buckets.get(Call(request).part("bucket")).name
