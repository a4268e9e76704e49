"""Objects in the JSON API: reading, listing, changing attributes, deleting."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from localcloud.storage import attributes
from localcloud.storage.attributes import Attributes
from localcloud.storage.bodies import json_object
from localcloud.storage.errors import INVALID, Refusal
from localcloud.storage.json_call import Call, answer, nothing
from localcloud.storage.listing import LARGEST_PAGE, Listing, page
from localcloud.storage.media import media_headers, media_response
from localcloud.storage.objects import StoredObject
from localcloud.storage.store import Store

_BREATH = 100  # resources rendered before others get their turn


class JsonObjects:
    """`/storage/v1/b/{bucket}/o` and `/storage/v1/b/{bucket}/o/{object}`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, request: Request) -> Response:
        """One object's resource."""
        return answer(self._found(Call(request)).resource(self._store.base))

    async def media(self, request: Request) -> Response:
        """One object's bytes, or a range of them, as they were stored."""
        call = Call(request)
        found = self._found(call)
        return media_response(found, self._store.blobs, call.headers.get("range"), media_headers(found, found.etag))

    async def list(self, request: Request) -> Response:
        """Objects by name."""
        listing = _listing(Call(request))
        self._store.buckets.get(listing.bucket)
        found = page(self._store.database, listing)
        items = []
        for number, each in enumerate(found.objects, 1):
            items.append(each.resource(self._store.base))
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        told: dict[str, Any] = {"kind": "storage#objects"}
        told |= {"items": items} if items else {}
        told |= {"prefixes": found.prefixes} if found.prefixes else {}
        return answer(told | ({"nextPageToken": found.token} if found.token else {}))

    async def patch(self, request: Request) -> Response:
        """Changes the attributes that are named."""
        return await self._update(request, whole=False)

    async def update(self, request: Request) -> Response:
        """Sets all attributes, those that are not named to their defaults."""
        return await self._update(request, whole=True)

    async def delete(self, request: Request) -> Response:
        """Deletes or archives, by the bucket's versioning and the generation named."""
        call = Call(request)
        self._store.objects.delete(
            call.part("bucket"), call.part("object"), call.preconditions(), generation=call.number("generation")
        )
        return nothing()

    def _found(self, call: Call) -> StoredObject:
        return self._store.objects.get(
            call.part("bucket"), call.part("object"), call.preconditions(), generation=call.number("generation")
        )

    async def _update(self, request: Request, *, whole: bool) -> Response:
        call = Call(request)
        patch = attributes.patch_from(await json_object(request))

        def changed(old: Attributes) -> Attributes:
            return patch.applied(Attributes(storage_class=old.storage_class) if whole else old)

        updated = self._store.objects.update(
            call.part("bucket"),
            call.part("object"),
            changed,
            call.preconditions(),
            generation=call.number("generation"),
        )
        return answer(updated.resource(self._store.base))


def _listing(call: Call) -> Listing:
    most = call.number("maxResults")
    if most == 0:
        raise Refusal(INVALID, "maxResults must be at least 1.")
    return Listing(
        bucket=call.part("bucket"),
        prefix=call.parameters.get("prefix", ""),
        delimiter=call.parameters.get("delimiter", ""),
        start=call.parameters.get("startOffset", ""),
        end=call.parameters.get("endOffset", ""),
        versions=call.flag("versions"),
        trailing_delimiter=call.flag("includeTrailingDelimiter"),
        most=min(most or LARGEST_PAGE, LARGEST_PAGE),
        page_token=call.parameters.get("pageToken", ""),
    )
