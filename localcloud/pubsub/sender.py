"""One push over HTTP."""

from __future__ import annotations

import asyncio
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

ACKNOWLEDGING = frozenset({102, 200, 201, 202, 204})
_READ_LIMIT = 64 * 1024  # bytes of an answer that are read so that its connection can be used again
_IDLE_CONNECTIONS = 32


class Sender:
    """Posts bodies; keeps connections, but no cookies, follows no redirects and uses no proxy."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def post(self, url: str, body: bytes, headers: dict[str, str], *, within: float) -> str | None:
        """None if the endpoint acknowledged `within` so many seconds, or why not.

        The time is that to the end of the answer; of a long one, the first 64 KiB are enough. The code 102 is an
        interim one: an endpoint that says nothing after it does not acknowledge.
        """
        import httpx

        client = self._connected()
        try:
            async with asyncio.timeout(within), client.stream("POST", url, content=body, headers=headers) as answer:
                await _drain(answer)
        except TimeoutError:
            return f"no answer within {within:g} s"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"{type(error).__name__}: {error}"
        return None if answer.status_code in ACKNOWLEDGING else f"answered {answer.status_code}"

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()

    def _connected(self) -> httpx.AsyncClient:
        if self._client is None:
            import httpx

            self._client = httpx.AsyncClient(
                timeout=None,  # noqa: S113 - `post` limits the whole exchange
                trust_env=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=_IDLE_CONNECTIONS),
            )
        return self._client


async def _drain(answer: httpx.Response) -> None:
    seen = 0
    async for chunk in answer.aiter_raw():
        seen += len(chunk)
        if seen > _READ_LIMIT:
            return
