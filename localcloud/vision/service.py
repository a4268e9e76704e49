"""The vision service: `google.cloud.vision.v1.ImageAnnotator` over gRPC."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import grpc
import grpc.aio

from localcloud.faults.failure import Dropped
from localcloud.ground import Ground
from localcloud.rpc import RpcError, Unary, handler, server
from localcloud.vision import wire
from localcloud.vision.answers import Fill, empty, fill_colours, fill_nothing, fill_safe_search, fill_text
from localcloud.vision.child import Engine, EngineLost
from localcloud.vision.findings import Findings, Task
from localcloud.vision.images import Images
from localcloud.vision.wire import Feature

MAX_IMAGES: Final = 16  # in one request, as in the cloud


@dataclass(frozen=True, kw_only=True)
class Served:
    """How a feature is served: the engine it needs, if any, and what it fills in the answer."""

    engine: str | None = None
    fill: Fill = fill_nothing


NO_MODEL: Final = Served()
FEATURES: Final[dict[int, Served]] = {
    Feature.Type.TEXT_DETECTION: Served(engine="text", fill=fill_text),
    Feature.Type.DOCUMENT_TEXT_DETECTION: Served(engine="text", fill=fill_text),
    Feature.Type.IMAGE_PROPERTIES: Served(engine="colours", fill=fill_colours),
    Feature.Type.SAFE_SEARCH_DETECTION: Served(fill=fill_safe_search),
    Feature.Type.FACE_DETECTION: NO_MODEL,
    Feature.Type.LANDMARK_DETECTION: NO_MODEL,
    Feature.Type.LOGO_DETECTION: NO_MODEL,
    Feature.Type.LABEL_DETECTION: NO_MODEL,
    Feature.Type.CROP_HINTS: NO_MODEL,
    Feature.Type.WEB_DETECTION: NO_MODEL,
    Feature.Type.PRODUCT_SEARCH: NO_MODEL,
    Feature.Type.OBJECT_LOCALIZATION: NO_MODEL,
}
UNSERVED: Final[dict[str, Any]] = {
    "BatchAnnotateFiles": wire.BatchAnnotateFilesRequest,
    "AsyncBatchAnnotateImages": wire.AsyncBatchAnnotateImagesRequest,
    "AsyncBatchAnnotateFiles": wire.AsyncBatchAnnotateFilesRequest,
}


class Vision:
    """ImageAnnotator on `ground.ports.vision`; its engines run in a process of their own."""

    def __init__(self, ground: Ground) -> None:
        self._address = ground.ports.address("vision")
        self._edge = ground.edge
        self._images = Images(ground.ports.url("storage"), ground.edge)
        self._engine = Engine()
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Returns when the port is open. Raises RuntimeError if it is taken."""
        methods = {"BatchAnnotateImages": Unary(request=wire.BatchAnnotateImagesRequest.pb(), serve=self._annotate)}
        for name, request in UNSERVED.items():
            methods[name] = Unary(request=request.pb(), serve=_unserved(name))
        self._server = server(
            self._address, handler("google.cloud.vision.v1.ImageAnnotator", "vision", self._edge, methods)
        )
        await self._server.start()

    async def stop(self) -> None:
        """Returns when the port is closed and the engine's process has ended."""
        if self._server is not None:
            await self._server.stop(grace=1)
        await self._engine.stop()

    async def _annotate(self, request: Any, _context: Any) -> Any:
        if len(request.requests) > MAX_IMAGES:
            raise RpcError(
                grpc.StatusCode.INVALID_ARGUMENT,
                f"Too many images per request: {len(request.requests)}; the limit is {MAX_IMAGES}.",
            )
        answer = wire.BatchAnnotateImagesResponse.pb()()
        for image in request.requests:  # one at a time, so that a large request does not shut out a small one
            try:
                async with self._edge.around("vision.annotate"):
                    answered = await self._answered(image)
            except Dropped:
                continue
            except RpcError as error:
                answered = _refused(error)
            answer.responses.append(answered)
        return answer

    async def _answered(self, request: Any) -> Any:
        """The answer for one image. What is wrong with it stands in the answer and does not touch the others."""
        try:
            served = _served(request.features)
            engines = sorted({one.engine for one in served if one.engine is not None})
            content = await self._images.content(request.image)
            findings = await self._found(Task(engines=engines, content=content))
        except RpcError as error:
            return _refused(error)
        answer = empty()
        for fill in dict.fromkeys(one.fill for one in served):
            fill(answer, findings)
        return answer

    async def _found(self, task: Task) -> Findings:
        try:
            findings = await self._engine.ask(task)
        except EngineLost as error:
            raise RpcError(grpc.StatusCode.INTERNAL, str(error)) from error
        if findings.bad:
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, "Bad image data.")
        return findings


def _refused(error: RpcError) -> Any:
    """The answer for an image that tells only what is wrong."""
    answer = empty()
    answer.error.code, answer.error.message = error.code.value[0], error.message
    return answer


def _served(features: Any) -> list[Served]:
    """How the features of a request are served. Raises RpcError (INVALID_ARGUMENT)."""
    if not features:
        raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, "No features specified.")
    for feature in features:
        if feature.type_ not in FEATURES:
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, f"Unknown feature type {feature.type_}.")
        if feature.max_results < 0:
            raise RpcError(grpc.StatusCode.INVALID_ARGUMENT, "max_results must not be negative.")
    return [FEATURES[feature.type_] for feature in features]


def _unserved(name: str) -> Callable[[Any, Any], Awaitable[Any]]:
    async def refuse(_request: Any, _context: Any) -> Any:
        raise RpcError(grpc.StatusCode.UNIMPLEMENTED, f"ImageAnnotator.{name} is not implemented by the local cloud")

    return refuse
