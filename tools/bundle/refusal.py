"""Why a bundle cannot be made."""

from __future__ import annotations


class BundleError(Exception):
    """The sources do not make a bundle; the text says what to change."""
