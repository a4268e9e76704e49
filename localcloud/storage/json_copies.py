"""Objects made of other objects in the JSON API: copy, rewrite, compose."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from localcloud.storage.attributes import Attributes, patch_from
from localcloud.storage.blobs import PIECE
from localcloud.storage.bodies import json_object
from localcloud.storage.errors import INVALID, NOT_IMPLEMENTED, Refusal
from localcloud.storage.intents import Intent
from localcloud.storage.json_call import Call, answer
from localcloud.storage.objects import StoredObject
from localcloud.storage.preconditions import Preconditions
from localcloud.storage.store import Store

SOURCES = 32


class _SourcePreconditions(msgspec.Struct, frozen=True, rename="camel"):
    if_generation_match: int | None = None


class _Source(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    generation: int | None = None
    object_preconditions: _SourcePreconditions | None = None


class _Composition(msgspec.Struct, frozen=True, rename="camel"):
    source_objects: list[_Source]
    destination: dict[str, Any] = {}
    delete_source_objects: bool | None = None


class JsonCopies:
    """`…/o/{object}/copyTo/…`, `…/o/{object}/rewriteTo/…` and `…/o/{object}/compose`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def copy(self, request: Request) -> Response:
        """A new object with the bytes of another; answers with its resource."""
        return answer((await self._copied(Call(request))).resource(self._store.base))

    async def rewrite(self, request: Request) -> Response:
        """The same, told as a rewrite that is done at once, whatever the size."""
        call = Call(request)
        if call.parameters.get("rewriteToken"):
            raise Refusal(INVALID, "No rewrite here takes more than one call, so there is no such rewrite token.")
        copied = await self._copied(call)
        size = str(copied.content.size)
        return answer(
            {
                "kind": "storage#rewriteResponse",
                "totalBytesRewritten": size,
                "objectSize": size,
                "done": True,
                "resource": copied.resource(self._store.base),
            }
        )

    async def compose(self, request: Request) -> Response:
        """A new object out of up to 32 others of the same bucket, one after the other."""
        call = Call(request)
        composition = _composition(await json_object(request))
        bucket = call.part("bucket")
        intent = Intent(
            bucket=bucket,
            name=call.part("object"),
            attributes=patch_from(composition.destination).applied(Attributes()),
            preconditions=call.preconditions(),
        )
        sources = [self._source(bucket, source) for source in composition.source_objects]
        self._store.objects.check_writable(bucket, intent.name, intent.preconditions)
        composed = await self._joined(intent, sources)
        return answer(composed.resource(self._store.base))

    async def _copied(self, call: Call) -> StoredObject:
        patch = patch_from(await json_object(call.request))
        source = self._store.objects.get(
            call.part("source_bucket"),
            call.part("source"),
            call.preconditions("ifSource"),
            generation=call.number("sourceGeneration"),
            reading=False,
        )
        return self._store.objects.put(
            call.part("bucket"),
            call.part("object"),
            source.content,
            patch.applied(source.attributes),
            call.preconditions(),
        )

    def _source(self, bucket: str, source: _Source) -> StoredObject:
        expected = source.object_preconditions or _SourcePreconditions()
        preconditions = Preconditions(generation_match=expected.if_generation_match)
        return self._store.objects.get(bucket, source.name, preconditions, generation=source.generation, reading=False)

    async def _joined(self, intent: Intent, sources: list[StoredObject]) -> StoredObject:
        with ExitStack() as opened, self._store.blobs.writing(md5=False) as writer:
            files = [opened.enter_context(self._store.blobs.open(source.content.blob)) for source in sources]
            for file in files:
                while piece := file.read(PIECE):
                    writer.write(piece)
                    await asyncio.sleep(0)
            components = sum(source.content.component_count or 1 for source in sources)
            return self._store.keep(writer, intent, components=components)


def _composition(resource: dict[str, Any]) -> _Composition:
    try:
        composition = msgspec.convert(resource, _Composition, strict=False)
    except msgspec.ValidationError as error:
        raise Refusal(INVALID, f"Invalid compose request: {error}") from error
    if not 1 <= len(composition.source_objects) <= SOURCES:
        raise Refusal(INVALID, f"An object is composed of 1 to {SOURCES} others.")
    if composition.delete_source_objects:
        raise Refusal(NOT_IMPLEMENTED, "'deleteSourceObjects' is not served here.")
    return composition
