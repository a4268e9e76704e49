"""The message classes of a Google API, without the client library around them.

`google.cloud.firestore_v1`, `google.pubsub_v1` and `google.cloud.vision_v1` import whole clients (authentication, HTTP,
every transport: tens of megabytes, a few hundred milliseconds) to reach their `types`. A server needs only those, so a
package's own `__init__` is not run. It still runs for whoever imports the package.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any


def types_of(package: str, *names: str) -> list[Any]:
    """The modules `package.types.<name>`. Raises ImportError where the package is not installed."""
    already = package in sys.modules
    if not already:
        spec = importlib.util.find_spec(package)
        if spec is None:
            raise ImportError(f"{package} is not installed")
        sys.modules[package] = importlib.util.module_from_spec(spec)
    try:
        return [importlib.import_module(f"{package}.types.{name}") for name in names]
    finally:
        if not already:
            del sys.modules[package]
