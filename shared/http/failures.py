"""Failures of what Loupe stands on, in Loupe's own words."""

from __future__ import annotations

from typing import Final

from google.api_core import exceptions
from google.auth.exceptions import TransportError

from shared.errors import LoupeError, Unavailable

RETRY_AFTER: Final = 2  # seconds

# Trying again is right after these. The others (PermissionDenied, InvalidArgument, …) are defects of ours.
PASSING: Final = (
    exceptions.Aborted,
    exceptions.Cancelled,
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.ResourceExhausted,
    exceptions.RetryError,
    exceptions.ServerError,
    exceptions.TooManyRequests,
    exceptions.Unknown,
    TransportError,
)


def as_refusal(error: Exception) -> LoupeError | None:
    """The refusal that this failure comes to; None for a defect."""
    if isinstance(error, LoupeError):
        return error
    if isinstance(error, PASSING):
        return Unavailable(
            "BACKEND_UNAVAILABLE",
            "A service that Loupe depends on does not answer. Send the request again in a moment.",
            internal=f"{type(error).__name__}: {error}",
            retry_after=RETRY_AFTER,
        )
    return None
