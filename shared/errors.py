"""Every refusal that Loupe can answer with, in one tree.

    LoupeError                     status (canonical name)   HTTP code
    ├── InvalidArgument            INVALID_ARGUMENT          400
    ├── FailedPrecondition         FAILED_PRECONDITION       400
    ├── Unauthenticated            UNAUTHENTICATED           401
    ├── PermissionDenied           PERMISSION_DENIED         403
    ├── NotFound                   NOT_FOUND                 404
    ├── MethodNotAllowed           UNIMPLEMENTED             405
    ├── AlreadyExists              ALREADY_EXISTS            409
    ├── ResourceExhausted          RESOURCE_EXHAUSTED        429
    ├── Internal                   INTERNAL                  500
    └── Unavailable                UNAVAILABLE               503

An error carries two texts: `message` is for the user and says what to do next; `internal` is for the log and is
never sent. `reason` is stable, UPPER_SNAKE, listed in docs/errors.md, and what programs should look at.
The body is the shape that Google APIs and Firebase callable clients share (AIP-193).
"""

from __future__ import annotations

from typing import Any, ClassVar


class LoupeError(Exception):
    """A refusal with a stable reason. Raise one of the subclasses, never this."""

    code: ClassVar[int] = 500
    status: ClassVar[str] = "INTERNAL"

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        internal: str = "",
        retry_after: int | None = None,
        **metadata: str,
    ) -> None:
        """Make the refusal.

        Args:
            reason: stable UPPER_SNAKE name, at most 63 characters.
            message: what happened to the user and what to do next.
            internal: detail for the log; never sent.
            retry_after: seconds after which trying again makes sense, sent as `Retry-After`.
            **metadata: facts a program may use, sent as strings.
        """
        super().__init__(f"{reason}: {internal or message}")
        self.reason = reason
        self.message = message
        self.internal = internal
        self.retry_after = retry_after
        self.metadata = metadata

    def body(self) -> dict[str, Any]:
        """The JSON answer: `{"error": {code, status, message, details: [{reason, domain, metadata}]}}`."""
        return {
            "error": {
                "code": self.code,
                "status": self.status,
                "message": self.message,
                "details": [{"reason": self.reason, "domain": "loupe", "metadata": self.metadata}],
            }
        }


class InvalidArgument(LoupeError):
    """The request is malformed or asks for something that can never be."""

    code = 400
    status = "INVALID_ARGUMENT"


class FailedPrecondition(LoupeError):
    """The request is well formed, but not in the state that things are in now."""

    code = 400
    status = "FAILED_PRECONDITION"


class Unauthenticated(LoupeError):
    """Nobody is known to have sent this: no token, or one that does not hold."""

    code = 401
    status = "UNAUTHENTICATED"


class PermissionDenied(LoupeError):
    """The caller is known and may not do this."""

    code = 403
    status = "PERMISSION_DENIED"


class NotFound(LoupeError):
    """There is no such thing, or it is somebody else's."""

    code = 404
    status = "NOT_FOUND"


class MethodNotAllowed(LoupeError):
    """There is something at this address, which does not take this HTTP method."""

    code = 405
    status = "UNIMPLEMENTED"


class AlreadyExists(LoupeError):
    """The name is taken by something else."""

    code = 409
    status = "ALREADY_EXISTS"


class ResourceExhausted(LoupeError):
    """A quota or a budget is used up for now."""

    code = 429
    status = "RESOURCE_EXHAUSTED"


class Internal(LoupeError):
    """A defect of ours. The message promises nothing but that it was logged."""

    code = 500
    status = "INTERNAL"


class Unavailable(LoupeError):
    """Something Loupe depends on does not answer; trying again is right."""

    code = 503
    status = "UNAVAILABLE"
