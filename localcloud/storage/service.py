"""Cloud Storage in the local cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from localcloud.faults.failure import Fault
from localcloud.ground import Ground
from localcloud.keys import SIGNER_EMAIL
from localcloud.storage.attributes import Attributes
from localcloud.storage.buckets import CorsRule, SettingsPatch
from localcloud.storage.checksums import Digest
from localcloud.storage.cors import EVERYBODY, LOCAL_DEFAULT, Cors
from localcloud.storage.dispatch import Dispatcher, Publish
from localcloud.storage.errors import CLIENT_CLOSED, INTERNAL, METHOD_NOT_ALLOWED, NOT_FOUND, Refusal, injected
from localcloud.storage.intents import Intent
from localcloud.storage.notifications import config_from
from localcloud.storage.routes import is_json, routes
from localcloud.storage.signatures import Signer
from localcloud.storage.store import Store
from localcloud.web import WebServer

LAID = {"loupe": "laid at start"}  # custom metadata of objects that nobody has written but the start of the stack


class Storage:
    """Buckets and objects on `ground.ports.storage`, kept in `ground.data`.

    Args:
        ground: where it stands.
        publish: takes topic (`projects/P/topics/T`), data and attributes of a notification to Pub/Sub. Without it,
            notifications wait in the database for a run that has one.
    """

    def __init__(self, ground: Ground, publish: Publish | None = None) -> None:
        self._ground = ground
        self._publish = publish
        self._clock = ground.edge.clock("storage")
        self._store = Store(ground.data, ground.ports.url("storage"), lambda: int(self._clock() * 1_000_000))
        self._server = WebServer(self._app(), ground.ports.storage)
        self._dispatcher: Dispatcher | None = None

    async def start(self) -> None:
        """Returns when the port is open. Raises OSError if it is taken."""
        self._store.sweep()
        await self._server.start()
        if self._publish is not None:
            self._dispatcher = Dispatcher(self._store.outbox, self._publish, self._ground.edge)
            self._dispatcher.start()

    async def stop(self) -> None:
        """Returns when everything is on disk."""
        await self._server.stop()
        if self._dispatcher is not None:
            await self._dispatcher.stop()
        self._store.close()

    def ensure_bucket(self, name: str) -> None:
        """Makes a bucket, open to browsers of any origin, unless there is one called so. Raises Refusal 400."""
        if self._store.buckets.find(name) is None:
            self._store.buckets.add(name, SettingsPatch(cors=list(LOCAL_DEFAULT)))

    def ensure_object(self, bucket: str, name: str, data: bytes, content_type: str) -> None:
        """Has such an object in a bucket, unless somebody else has written one of that name since.

        Raises:
            Refusal: 400, or 404 if there is no such bucket.
        """
        there = self._store.objects.find(bucket, name)
        if there is not None and there.attributes.metadata != LAID:
            return
        digest = Digest()
        digest.update(data)
        if there is not None and there.content.checksums == digest.checksums():
            return
        attributes = Attributes(content_type=content_type, metadata=LAID)
        with self._store.blobs.writing() as writer:
            writer.write(data)
            self._store.keep(writer, Intent(bucket=bucket, name=name, attributes=attributes))

    def ensure_notification(
        self,
        bucket: str,
        topic: str,
        prefix: str = "",
        attributes: Mapping[str, str] | None = None,
        event_types: Sequence[str] = (),
    ) -> None:
        """Has events of a bucket told to a topic, unless exactly that is so already.

        Args:
            bucket: name of the bucket.
            topic: `projects/P/topics/T`.
            prefix: what the names of the objects must begin with.
            attributes: sent along with every message.
            event_types: such as `OBJECT_FINALIZE`; none means all.

        Raises:
            Refusal: 400, or 404 if there is no such bucket.
        """
        config = config_from(
            {
                "topic": topic,
                "object_name_prefix": prefix,
                "custom_attributes": dict(attributes or {}),
                "event_types": list(event_types),
            }
        )
        self._store.buckets.get(bucket)
        if config not in [there for _, there in self._store.outbox.configs(bucket)]:
            self._store.outbox.add_config(bucket, config)

    def _app(self) -> ASGIApp:
        signer = Signer(email=SIGNER_EMAIL, key=self._ground.keys.signer_public_key())
        app = Starlette(
            routes=routes(self._ground.edge, self._store, signer, lambda: datetime.fromtimestamp(self._clock(), UTC)),
            exception_handlers={
                Refusal: _refused,
                Fault: _faulted,
                HTTPException: _unrouted,
                ClientDisconnect: _left,
                Exception: _failed,
            },
        )
        app.router.redirect_slashes = False
        return _RawPaths(Cors(app, self._cors_rules))

    def _cors_rules(self, path: str) -> Sequence[CorsRule]:
        if is_json(path):
            return EVERYBODY
        bucket = self._store.buckets.find(path.removeprefix("/").partition("/")[0])
        return bucket.settings.cors if bucket else ()


class _RawPaths:
    """Lets `app` see paths as they came, since decoding would make one of `a/b` and `a%2Fb`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "path": scope["raw_path"].decode("ascii")}, receive, send)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refusal):
        raise error
    return error.as_json() if is_json(request.scope["path"]) else error.as_xml()


async def _faulted(request: Request, error: Exception) -> Response:
    if not isinstance(error, Fault):
        raise error
    return await _refused(request, Refusal(injected(error.http), error.message))


async def _unrouted(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return await _refused(request, Refusal(METHOD_NOT_ALLOWED if status == 405 else NOT_FOUND))


async def _left(request: Request, error: Exception) -> Response:  # noqa: ARG001 - nobody is there to be told
    return Response(status_code=CLIENT_CLOSED.status)


async def _failed(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the server logs it
    return await _refused(request, Refusal(INTERNAL))
