"""Where an image's bytes come from: the request itself, or the local cloud's storage."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import grpc

from localcloud.edge import Edge
from localcloud.rpc import RpcError
from localcloud.vision.findings import MAX_IMAGE_BYTES

TIMEOUT: Final = 10.0  # seconds
SCHEME: Final = "gs://"


class Images:
    """Gets images. `storage` is the URL of the storage service."""

    def __init__(self, storage: str, edge: Edge) -> None:
        self._storage = storage
        self._edge = edge

    async def content(self, image: Any) -> bytes:
        """The bytes of an `Image` message; its `content` goes before its `source`.

        Raises RpcError: INVALID_ARGUMENT (none, too large, no `gs://bucket/object`), UNIMPLEMENTED (a web address),
        NOT_FOUND, UNAVAILABLE.
        """
        if image.content:
            _check_size(len(image.content))
            return bytes(image.content)
        uri = image.source.image_uri or image.source.gcs_image_uri
        if not uri:
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, "No image present.")
        if not uri.startswith(SCHEME):
            raise RpcError(
                grpc.StatusCode.UNIMPLEMENTED,
                "image_uri: the local cloud reads only gs://bucket/object, no web address",
            )
        bucket, _, name = uri.removeprefix(SCHEME).partition("/")
        if not bucket or not name:
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, f"image_uri is not gs://bucket/object: {uri[:200]}")
        async with self._edge.around("vision.fetch", lambda: {"bucket": [bucket], "object": [name]}):
            return await self._fetch(bucket, name)

    async def _fetch(self, bucket: str, name: str) -> bytes:
        import httpx

        url = f"{self._storage}/download/storage/v1/b/{quote(bucket, safe='')}/o/{quote(name, safe='')}"
        content = bytearray()
        try:
            async with (
                httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as client,
                client.stream("GET", url, params={"alt": "media"}) as answer,
            ):
                if answer.status_code != 200:
                    raise _not_read(bucket, name, answer.status_code)
                async for part in answer.aiter_bytes():
                    content += part
                    _check_size(len(content))
        except httpx.HTTPError as error:
            raise RpcError(grpc.StatusCode.UNAVAILABLE, f"Storage does not answer: {error}") from error
        return bytes(content)


def _not_read(bucket: str, name: str, status: int) -> RpcError:
    if status in {400, 401, 403, 404}:
        return RpcError(grpc.StatusCode.NOT_FOUND, f"Error opening file: gs://{bucket}/{name}.")
    return RpcError(grpc.StatusCode.UNAVAILABLE, f"Storage answered {status} for gs://{bucket}/{name}.")


def _check_size(size: int) -> None:
    if size > MAX_IMAGE_BYTES:
        raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, f"Image larger than {MAX_IMAGE_BYTES} bytes.")
