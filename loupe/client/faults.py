"""The faults of a running stack, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from localcloud.faults.rule import Rule
from localcloud.supervisor.state import Running
from loupe.client.answers import body_of
from loupe.client.phone import reaching

TIMEOUT = 10.0  # seconds


class FaultsClient:
    """The calls under `/localcloud/v1` of a stack's auth service. They raise LoupeError for what is refused."""

    def __init__(self, running: Running) -> None:
        self._base = f"{running.urls['auth']}/localcloud/v1"

    def add(self, rule: Rule) -> dict[str, Any]:
        """Put a rule in force; returns it with its id and counters."""
        return self._call("POST", "faults", content=msgspec.json.encode(rule))

    def rules(self) -> list[dict[str, Any]]:
        """The rules in force."""
        found: list[dict[str, Any]] = self._call("GET", "faults")["faults"]
        return found

    def remove(self, rule_id: str) -> None:
        """Take one out of force."""
        self._call("DELETE", f"faults/{rule_id}")

    def clear(self) -> int:
        """Take all out of force; how many there were."""
        return int(self._call("DELETE", "faults")["removed"])

    def calls(self) -> list[dict[str, Any]]:
        """Every call by name, with its counts and with what it can take."""
        found: list[dict[str, Any]] = self._call("GET", "calls")["calls"]
        return found

    def _call(self, method: str, path: str, content: bytes = b"") -> dict[str, Any]:
        # Everything is on this machine: a proxy of the environment has no business here.
        with reaching("auth"), httpx.Client(trust_env=False, timeout=TIMEOUT) as http:
            return body_of(http.request(method, f"{self._base}/{path}", content=content))
