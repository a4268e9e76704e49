"""Which processes make up a local stack, with which command and which environment. Pure."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from localcloud.ground import PROJECT, Ports
from localcloud.topology import (
    EVENTS,
    PUSHED,
    PUSHED_BUDGET,
    PUSHED_DEAD,
    PUSHED_TASKS,
    TASKS,
    UPLOADS,
    Names,
    push_audience,
)

ROOT: Final = Path(__file__).resolve().parents[2]
FUNCTIONS: Final = ("upload", "status", "analyze")
LOCALCLOUD: Final = "localcloud"
ID_KEYS: Final = "/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"
PUSH_KEYS: Final = "/oauth2/v3/certs"
# glibc gives memory back that a large photo needed, instead of keeping it in every thread's arena (mallopt(3)).
ALLOCATOR: Final = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072"}
BORROWED: Final = ("PATH", "HOME", "LANG", "TMPDIR")  # all that a process gets from the caller's environment


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One local stack: where it keeps its data, its ports, and what is set differently for single programs."""

    data: Path
    ports: Ports = field(default_factory=Ports)
    project: str = PROJECT
    overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # program → variable → value
    page_token_secret: str = field(repr=False, default="")
    private: bool = False  # for the command that started it alone

    def programs(self) -> tuple[Program, ...]:
        """The processes, in the order in which they are named; they start together and stop in reverse."""
        return (self._localcloud(), *(self._function(name) for name in FUNCTIONS))

    def _localcloud(self) -> Program:
        options = [part for name, port in self.ports for part in (f"--{name}-port", str(port))]
        return Program(
            name=LOCALCLOUD,
            command=(sys.executable, "-m", "localcloud", "--data", str(self.data), "--project", self.project, *options),
            environment=_base() | dict(self.overrides.get(LOCALCLOUD, {})),
        )

    def _function(self, name: str) -> Program:
        port = str(getattr(self.ports, name))
        command = (sys.executable, "-m", "functions_framework", "--source", f"functions/{name}/main.py")
        return Program(
            name=name,
            command=(*command, "--target", name, "--host", "127.0.0.1", "--port", port),
            environment=_base()
            | client_environment(self.project, self.ports)
            | self._settings(name)
            | dict(self.overrides.get(name, {})),
            health=f"{self.ports.url(name)}/healthz",
        )

    def _settings(self, function: str) -> dict[str, str]:
        names = Names(project=self.project)
        auth = self.ports.url("auth")
        settings = {
            "upload": {
                "UPLOADS_BUCKET": names.uploads_bucket,
                "SIGNER_KEY_FILE": str(self.data / "keys" / "service-account.json"),
                "ID_TOKEN_KEYS_URL": auth + ID_KEYS,
            },
            "status": {
                "DERIVED_BUCKET": names.derived_bucket,
                "SIGNER_KEY_FILE": str(self.data / "keys" / "service-account.json"),
                "UPLOADS_BUCKET": names.uploads_bucket,
                "UPLOADS_TOPIC": names.topic(UPLOADS),
                "EVENTS_TOPIC": names.topic(EVENTS),
                "TASKS_TOPIC": names.topic(TASKS),
                "ID_TOKEN_KEYS_URL": auth + ID_KEYS,
                "PAGE_TOKEN_SECRET": self.page_token_secret,
            },
            "analyze": {
                "UPLOADS_BUCKET": names.uploads_bucket,
                "DERIVED_BUCKET": names.derived_bucket,
                "MODELS_BUCKET": names.models_bucket,
                "ALLOW_SAMPLE_MODELS": "true",
                "EVENTS_TOPIC": names.topic(EVENTS),
                "UPLOADS_TOPIC": names.topic(UPLOADS),
                "PUSH_AUDIENCE": push_audience(self.ports),
                "PUSH_SERVICE_ACCOUNT": names.pusher,
                "PUSH_SUBSCRIPTIONS": ",".join(names.subscription(name) for name in PUSHED),
                "TASKS_SUBSCRIPTION": names.subscription(PUSHED_TASKS),
                "DEAD_LETTER_SUBSCRIPTION": names.subscription(PUSHED_DEAD),
                "BUDGET_SUBSCRIPTION": names.subscription(PUSHED_BUDGET),
                "PUSH_KEYS_URL": auth + PUSH_KEYS,
                "VISION_EMULATOR_HOST": self.ports.address("vision"),
                "VISION_TEXT_MICRO_USD": "0",  # local engines: nothing is paid
                "VISION_PROPERTIES_MICRO_USD": "0",
            },
        }
        return settings[function]


@dataclass(frozen=True, kw_only=True)
class Program:
    """One process to run. It is ready when `health` answers 200, or without one when it prints the line `ready`."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    health: str | None = None


def client_environment(project: str, ports: Ports) -> dict[str, str]:
    """What Google's client libraries read to find the services of a stack."""
    return {
        "GOOGLE_CLOUD_PROJECT": project,
        "FIRESTORE_EMULATOR_HOST": ports.address("firestore"),
        "PUBSUB_EMULATOR_HOST": ports.address("pubsub"),
        "STORAGE_EMULATOR_HOST": ports.url("storage"),
    }


def parse_overrides(given: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """`("analyze.LEASE_SECONDS=5", …)` as program → variable → value. Raises ValueError that says what is wrong."""
    overrides: dict[str, dict[str, str]] = {}
    for function, variable, value in _split(given):
        if function not in (*FUNCTIONS, LOCALCLOUD):
            raise ValueError(f"there is no function {function!r}; there are {', '.join(FUNCTIONS)}, and {LOCALCLOUD}")
        overrides.setdefault(function, {})[variable] = value
    return overrides


def _split(given: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    for text in given:
        target, equals, value = text.partition("=")
        function, dot, variable = target.partition(".")
        if not (equals and dot and variable):
            raise ValueError(f"{text!r} is not FUNCTION.VARIABLE=VALUE, as in analyze.LEASE_SECONDS=5")
        yield function, variable, value


def _base() -> dict[str, str]:
    borrowed = {name: os.environ[name] for name in BORROWED if name in os.environ}
    return {**borrowed, **ALLOCATOR, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
