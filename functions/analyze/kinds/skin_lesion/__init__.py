"""Kind `skin_lesion`: what a classifier says of photos of a lesion, held to a safety policy. Not a medical device."""

from __future__ import annotations

from .analyzer import analyze_lesion

__all__ = ["analyze_lesion"]
