"""Messages to Pub/Sub, through Google's client, which is built at the first of them."""

from __future__ import annotations

import functools
from typing import Any, Final

from google.api_core import exceptions

TIMEOUT: Final = 10.0  # seconds


def publish(topic: str, data: bytes, attributes: dict[str, str], *, timeout: float = TIMEOUT) -> None:
    """Publish one message to `projects/P/topics/T`. Returns when Pub/Sub has it; raises google.api_core errors.

    After `timeout` seconds that is DeadlineExceeded, and the message may have been taken, or be taken yet.
    """
    sent = _client().publish(topic, data, timeout=timeout, **attributes)
    try:
        sent.result(timeout=timeout)
    except TimeoutError as error:
        raise exceptions.DeadlineExceeded(f"{topic} did not take a message in {timeout:g} s") from error


@functools.cache
def _client() -> Any:
    from google.cloud.pubsub_v1 import PublisherClient

    return PublisherClient()
