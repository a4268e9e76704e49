"""Refuse a Python that is too old, in words (runs on any Python 3)."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file is for exactly those
    sys.exit(
        "Loupe needs Python 3.11 or newer; this is %d.%d.\n" % sys.version_info[:2]  # noqa: UP031
        + "Install a newer one, then run: make PYTHON=python3.11 setup"
    )
