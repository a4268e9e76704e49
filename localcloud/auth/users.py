"""An account, as it is kept and as the API shows it."""

from __future__ import annotations

import base64
import re
import secrets
import string
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from localcloud.auth.passwords import Password
from localcloud.auth.refusal import Refused

UID_ALPHABET: Final = string.ascii_letters + string.digits
UID_LENGTH: Final = 28
MAX_UID_LENGTH: Final = 128
EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
REDACTED: Final = base64.b64encode(b"REDACTED").decode()  # what Google shows instead of a password's hash


class User(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An account. Times ending in `_at` are milliseconds since 1970; `valid_since` is seconds."""

    uid: str
    created_at: int
    valid_since: int
    email: str | None = None
    email_verified: bool = False
    display_name: str | None = None
    photo_url: str | None = None
    password: Password | None = None
    disabled: bool = False
    custom_attributes: str = ""
    custom_auth: bool = False
    last_login_at: int | None = None
    last_refresh_at: int | None = None

    def providers(self) -> list[str]:
        """The ways to sign in that are linked to the account; none for an anonymous one."""
        return ["password"] if self.email and self.password else []

    def described(self) -> dict[str, Any]:
        """The account as `accounts:lookup` shows it; fields without a value are left out."""
        shown = {
            "localId": self.uid,
            "email": self.email,
            "emailVerified": self.email_verified if self.email else None,
            "displayName": self.display_name,
            "photoUrl": self.photo_url,
            "passwordHash": REDACTED if self.password else None,
            "passwordUpdatedAt": self.password.updated_at if self.password else None,
            "providerUserInfo": [self._identity(provider) for provider in self.providers()],
            "validSince": str(self.valid_since),
            "disabled": self.disabled,
            "lastLoginAt": str(self.last_login_at) if self.last_login_at else None,
            "createdAt": str(self.created_at),
            "lastRefreshAt": _rfc3339(self.last_refresh_at) if self.last_refresh_at else None,
            "customAttributes": self.custom_attributes or None,
            "customAuth": self.custom_auth or None,
        }
        return {name: value for name, value in shown.items() if value is not None}

    def _identity(self, provider: str) -> dict[str, str]:
        shown = {
            "providerId": provider,
            "rawId": self.email,
            "federatedId": self.email,
            "email": self.email,
            "displayName": self.display_name,
            "photoUrl": self.photo_url,
        }
        return {name: value for name, value in shown.items() if value is not None}


def new_uid() -> str:
    """A user id that nobody has."""
    return "".join(secrets.choice(UID_ALPHABET) for _ in range(UID_LENGTH))


def checked_uid(uid: str) -> str:
    """A user id chosen by an administrator. Raises Refused (INVALID_LOCAL_ID) unless it has 1 to 128 characters."""
    if not 1 <= len(uid) <= MAX_UID_LENGTH:
        raise Refused(f"INVALID_LOCAL_ID : a user id has 1 to {MAX_UID_LENGTH} characters")
    return uid


def checked_email(email: str) -> str:
    """An e-mail address in the form in which it is compared. Raises Refused (INVALID_EMAIL)."""
    if not EMAIL.fullmatch(email):
        raise Refused("INVALID_EMAIL")
    return email.lower()


def _rfc3339(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
