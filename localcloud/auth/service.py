"""The auth service: its port and its data."""

from __future__ import annotations

from localcloud.auth.store import Store
from localcloud.auth.surface import application
from localcloud.ground import Ground
from localcloud.web import WebServer


class Auth:
    """Identity Toolkit and Secure Token on `ground.ports.auth`; accounts are kept in `auth.sqlite3`."""

    def __init__(self, ground: Ground) -> None:
        self._store = Store(ground.data / "auth.sqlite3")
        self._server = WebServer(application(ground, self._store), ground.ports.auth)

    async def start(self) -> None:
        """Returns when the port is open. Raises OSError if it is taken."""
        await self._server.start()

    async def stop(self) -> None:
        """Returns when the port is closed and everything is on disk."""
        await self._server.stop()
        self._store.close()
