"""How the auth service says no: Google's error body, whose `message` is the code that the SDKs look at."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A call that is answered with an error.

    `message` is `CODE` or `CODE : explanation`, as Identity Toolkit has it; SDKs map the code to their own errors.
    """

    def __init__(self, message: str, *, http: int = 400, status: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.http = http
        self.status = status

    def body(self) -> dict[str, Any]:
        """The JSON answer."""
        first = {"message": self.message, "reason": "invalid", "domain": "global"}
        error: dict[str, Any] = {"code": self.http, "message": self.message, "errors": [first]}
        if self.status is not None:
            error["status"] = self.status
        return {"error": error}


def malformed(what: str) -> Refused:
    """The request cannot be read, or has a value of the wrong type or size."""
    return Refused(f"Invalid JSON payload received. {what}", status="INVALID_ARGUMENT")


def unsupported(what: str) -> Refused:
    """Something that Firebase Authentication has and this service has not."""
    return Refused(f"OPERATION_NOT_ALLOWED : {what} is not supported by the local cloud")


def unimplemented(what: str) -> Refused:
    """A path that this service does not know."""
    return Refused(f"{what} is not implemented by the local cloud", http=501, status="UNIMPLEMENTED")


def unauthenticated() -> Refused:
    """An administrator's call without the administrator's credential."""
    return Refused(
        "Administrators' calls need the header `Authorization: Bearer owner`", http=401, status="UNAUTHENTICATED"
    )


def keyless() -> Refused:
    """A client's call that does not say which project it is for."""
    return Refused("The request is missing a valid API key.", http=403, status="PERMISSION_DENIED")
