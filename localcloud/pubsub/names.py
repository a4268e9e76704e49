"""Resource names: `projects/P`, `projects/P/topics/T`, `projects/P/subscriptions/S`."""

from __future__ import annotations

import re

from localcloud.pubsub.refusals import invalid

DELETED_TOPIC = "_deleted-topic_"  # what a subscription shows as its topic once that is gone

_PROJECT = re.compile(r"projects/[A-Za-z0-9:._\-]{1,100}")
_RESOURCE = re.compile(r"projects/[A-Za-z0-9:._\-]{1,100}/(topics|subscriptions)/([A-Za-z][A-Za-z0-9\-_.~+%]{2,254})")
_SHOWN = 300  # characters of a hostile name that an error repeats


def check_project(name: str) -> str:
    """`name` if it is a project's. Raises RpcError INVALID_ARGUMENT."""
    if not _PROJECT.fullmatch(name):
        raise _malformed(name)
    return name


def check_topic(name: str) -> str:
    """`name` if it is a topic's. Raises RpcError INVALID_ARGUMENT."""
    return _check(name, "topics")


def check_subscription(name: str) -> str:
    """`name` if it is a subscription's. Raises RpcError INVALID_ARGUMENT."""
    return _check(name, "subscriptions")


def project_of(name: str) -> str:
    """`P` of `projects/P/…`."""
    return name.split("/")[1]


def short(name: str) -> str:
    """`T` of `projects/P/topics/T`."""
    return name.rsplit("/", 1)[-1]


def _check(name: str, collection: str) -> str:
    found = _RESOURCE.fullmatch(name)
    if found is None or found[1] != collection or found[2].startswith("goog"):
        raise _malformed(name)
    return name


def _malformed(name: str) -> Exception:
    return invalid(
        f"Invalid resource name given (name={name[:_SHOWN]}). Names are projects/PROJECT/topics/ID or "
        "projects/PROJECT/subscriptions/ID; an ID has 3 to 255 characters, starts with a letter, not with `goog`."
    )
