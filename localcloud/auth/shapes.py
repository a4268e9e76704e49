"""The bodies of the calls, as the SDKs send them. Fields that are not listed are ignored, as Google does."""

from __future__ import annotations

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

Text = Annotated[str, Meta(max_length=4096)]
Token = Annotated[str, Meta(max_length=16384)]
Int64 = Annotated[int, Meta(ge=0, le=2**53)] | Annotated[str, Meta(pattern=r"^[0-9]{1,15}$")]
MANY: Final = 1000

# Fields that would change what a call does, and that belong to ways of signing in which are not here.
UNSUPPORTED_FIELDS: Final = (
    "captchaChallenge", "linkProviderUserInfo", "mfa", "mfaInfo", "oobCode", "pendingIdToken", "phoneNumber",
    "provider", "targetProjectId", "tenantId",
)  # fmt: skip


class Shape(Struct, frozen=True, kw_only=True, rename="camel"):
    """A call's body."""


class Anything(Shape, frozen=True):
    """A body that nobody looks into."""


class SignUp(Shape, frozen=True):
    """`accounts:signUp`: anonymous without fields, with a password, or linking one to the account of `idToken`."""

    id_token: Token | None = None
    email: Text | None = None
    password: Text | None = None
    display_name: Text | None = None
    photo_url: Text | None = None
    local_id: Text | None = None
    email_verified: bool = False
    disabled: bool = False


class SignInWithPassword(Shape, frozen=True):
    """`accounts:signInWithPassword`."""

    email: Text | None = None
    password: Text | None = None


class SignInWithCustomToken(Shape, frozen=True):
    """`accounts:signInWithCustomToken`."""

    token: Token | None = None


class Refresh(Shape, frozen=True):
    """`/v1/token`, by form or JSON."""

    grant_type: Text | None = None
    refresh_token: Token | None = None


class Lookup(Shape, frozen=True):
    """`accounts:lookup`. Nobody here has a telephone number or a federated identity: those find nothing."""

    id_token: Token | None = None
    local_id: Annotated[list[Text], Meta(max_length=MANY)] = []
    email: Annotated[list[Text], Meta(max_length=MANY)] = []
    phone_number: Annotated[list[Text], Meta(max_length=MANY)] = []
    federated_user_id: Annotated[list[Any], Meta(max_length=MANY)] = []


class Update(Shape, frozen=True):
    """`accounts:update`: by the user with an ID token, by an administrator with `localId`."""

    id_token: Token | None = None
    local_id: Text | None = None
    email: Text | None = None
    password: Text | None = None
    display_name: Text | None = None
    photo_url: Text | None = None
    email_verified: bool | None = None
    disable_user: bool | None = None
    custom_attributes: Text | None = None
    valid_since: Int64 | None = None
    delete_attribute: Annotated[list[Text], Meta(max_length=MANY)] = []
    delete_provider: Annotated[list[Text], Meta(max_length=MANY)] = []


class Delete(Shape, frozen=True):
    """`accounts:delete`: by the user with an ID token, by an administrator with `localId`."""

    id_token: Token | None = None
    local_id: Text | None = None


class BatchDelete(Shape, frozen=True):
    """`accounts:batchDelete`."""

    local_ids: Annotated[list[Text], Meta(max_length=MANY)] = []
    force: bool = False


class CreateAuthUri(Shape, frozen=True):
    """`accounts:createAuthUri`, of which the SDKs use the part that tells how an address signs in."""

    identifier: Text | None = None
    continue_uri: Text | None = None
    provider_id: Text | None = None


class SessionCookie(Shape, frozen=True):
    """`projects/{project}:createSessionCookie`. `validDuration` is in seconds."""

    id_token: Token | None = None
    valid_duration: Int64 = 14 * 24 * 3600


class SignInConfig(Shape, frozen=True):
    """Part of `Config`."""

    allow_duplicate_emails: bool | None = None


class EmailPrivacyConfig(Shape, frozen=True):
    """Part of `Config`."""

    enable_improved_email_privacy: bool | None = None


class Config(Shape, frozen=True):
    """`/emulator/v1/projects/{project}/config`."""

    sign_in: SignInConfig = SignInConfig()
    email_privacy_config: EmailPrivacyConfig = EmailPrivacyConfig()
