"""The calls that look at accounts and change them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Any, Final

from msgspec.structs import replace

from localcloud.auth.claims import parse_claims
from localcloud.auth.passwords import protect
from localcloud.auth.realm import Answer, Realm
from localcloud.auth.refusal import Refused, unsupported
from localcloud.auth.shapes import BatchDelete, Config, CreateAuthUri, Delete, Lookup, Update
from localcloud.auth.store import Store
from localcloud.auth.users import User, checked_email

MAX_PAGE: Final = 1000

# What `deleteAttribute` and `deleteProvider` take away.
ATTRIBUTES: Final[dict[str, dict[str, Any]]] = {
    "DISPLAY_NAME": {"display_name": None},
    "PHOTO_URL": {"photo_url": None},
    "PASSWORD": {"password": None},
    "EMAIL": {"email": None, "email_verified": False},
}
PROVIDERS: Final[dict[str, dict[str, Any]]] = {
    "password": {"email": None, "email_verified": False, "password": None},
    "phone": {},
}


async def lookup(realm: Realm, call: Lookup) -> Answer:
    """The holder of `idToken`; for an administrator, the accounts with these ids and addresses."""
    users = list(_found(realm, call)) if realm.privileged else [realm.holder(call.id_token).user]
    answer: Answer = {"kind": "identitytoolkit#GetAccountInfoResponse"}
    if users:  # no empty list: firebase-admin for Node takes it for somebody
        answer["users"] = [user.described() for user in users]
    return answer


async def update(realm: Realm, call: Update) -> Answer:
    """Change an account. New tokens come back where a new password or address ended the old sessions."""
    holder = None if realm.privileged else realm.holder(call.id_token)
    if holder is None and not call.local_id:
        raise Refused("MISSING_LOCAL_ID")
    uid = holder.user.uid if holder else realm.existing(call.local_id or "").uid
    changes = _profile_changes(call)
    if call.email:
        changes |= _email_change(realm, call.email, realm.existing(uid))
    changes |= _admin_changes(call) if realm.privileged else _check_user_changes(call)
    if call.password:
        changes["password"] = await protect(call.password)
    user = realm.existing(uid) if realm.privileged else realm.alive(uid)
    if call.email:
        realm.check_email_free(checked_email(call.email), uid=uid)
    ends = _sessions_end(call, changes)
    if ends is not None:
        changes["valid_since"] = ends
    user = replace(user, **changes)
    with realm.store.together():
        realm.store.save(realm.project, user)
        if ends is not None:
            realm.store.revoke(realm.project, uid, until=ends)
    answer = {"kind": "identitytoolkit#SetAccountInfoResponse", **_public(user)}
    if holder and ends is not None:
        answer |= realm.sign_in(user, "password" if "password" in user.providers() else holder.provider)
    return answer


async def delete(realm: Realm, call: Delete) -> Answer:
    """Remove the holder of `idToken`, or for an administrator the account `localId`."""
    if realm.privileged:
        if not call.local_id:
            raise Refused("MISSING_LOCAL_ID")
        uid = realm.existing(call.local_id).uid
    else:
        uid = realm.holder(call.id_token).user.uid
    realm.store.remove(realm.project, uid)
    return {"kind": "identitytoolkit#DeleteAccountResponse"}


async def batch_delete(realm: Realm, call: BatchDelete) -> Answer:
    """Remove many accounts; without `force` only those that are disabled. Unknown ids are passed over."""
    if not call.local_ids:
        raise Refused("LOCAL_ID_LIST_EXCEEDS_LIMIT : the list is empty")
    errors = []
    for index, uid in enumerate(call.local_ids):
        user = realm.store.user(realm.project, uid)
        if user is not None and not user.disabled and not call.force:
            message = "NOT_DISABLED : Disable the account before batch deletion."
            errors.append({"index": index, "localId": uid, "message": message})
        elif user is not None:
            realm.store.remove(realm.project, uid)
    return {"errors": errors} if errors else {}


def batch_get(realm: Realm, *, limit: str, page_token: str) -> Answer:
    """A page of accounts in the order of their ids. `limit` is a number of 1 to 1000."""
    if not limit.isascii() or not limit.isdigit() or len(limit) > 9 or not int(limit):
        raise Refused("INVALID_PAGE_SELECTION : maxResults must be a positive number")
    size = min(int(limit), MAX_PAGE)
    users = realm.store.users(realm.project, after=page_token, limit=size + 1)
    answer: Answer = {"kind": "identitytoolkit#DownloadAccountResponse"}
    if users:
        answer["users"] = [user.described() for user in users[:size]]
    if len(users) > size:
        answer["nextPageToken"] = users[size - 1].uid
    return answer


async def create_auth_uri(realm: Realm, call: CreateAuthUri) -> Answer:
    """How an address signs in; with e-mail privacy the answer does not tell."""
    if call.provider_id:
        raise unsupported(f"sign-in with {call.provider_id}")
    if not call.identifier:
        raise Refused("MISSING_IDENTIFIER")
    if not call.continue_uri:
        raise Refused("MISSING_CONTINUE_URI")
    answer: Answer = {"kind": "identitytoolkit#CreateAuthUriResponse", "sessionId": secrets.token_urlsafe(20)}
    if not realm.store.email_privacy(realm.project):
        user = realm.store.user_by_email(realm.project, checked_email(call.identifier))
        providers = user.providers() if user else []
        answer |= {"registered": user is not None, "allProviders": providers, "signinMethods": providers}
    return answer


def configure(store: Store, project: str, call: Config) -> Answer:
    """Change what can be changed of a project's settings, and show them."""
    if call.sign_in.allow_duplicate_emails:
        raise unsupported("signIn.allowDuplicateEmails")
    private = call.email_privacy_config.enable_improved_email_privacy
    if private is not None:
        store.set_email_privacy(project, private)
    return {
        "signIn": {"allowDuplicateEmails": False},
        "emailPrivacyConfig": {"enableImprovedEmailPrivacy": store.email_privacy(project)},
    }


def _found(realm: Realm, call: Lookup) -> Iterator[User]:
    seen = set()
    by_id = (realm.store.user(realm.project, uid) for uid in call.local_id)
    by_email = (realm.store.user_by_email(realm.project, email.lower()) for email in call.email)
    for user in (*by_id, *by_email):
        if user is not None and user.uid not in seen:
            seen.add(user.uid)
            yield user


def _profile_changes(call: Update) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if call.display_name is not None:
        changes["display_name"] = call.display_name or None
    if call.photo_url is not None:
        changes["photo_url"] = call.photo_url or None
    for attribute in call.delete_attribute:
        if attribute not in ATTRIBUTES:
            raise unsupported(f"deleteAttribute {attribute[:40]}")
        changes |= ATTRIBUTES[attribute]
    for provider in call.delete_provider:
        changes |= PROVIDERS.get(provider, {})
    return changes


def _admin_changes(call: Update) -> dict[str, Any]:
    if call.custom_attributes is not None:
        parse_claims(call.custom_attributes)
    given = {
        "email_verified": call.email_verified,
        "disabled": call.disable_user,
        "custom_attributes": call.custom_attributes,
    }
    return {name: value for name, value in given.items() if value is not None}


def _check_user_changes(call: Update) -> dict[str, Any]:
    if call.custom_attributes is not None:
        raise Refused("INSUFFICIENT_PERMISSION")
    if call.disable_user is not None or call.email_verified is not None or call.valid_since is not None:
        raise Refused("OPERATION_NOT_ALLOWED")
    return {}


def _email_change(realm: Realm, address: str, user: User) -> dict[str, Any]:
    email = checked_email(address)
    if email == user.email:
        return {}
    realm.check_email_free(email, uid=user.uid)
    return {"email": email, "email_verified": False}


def _sessions_end(call: Update, changes: dict[str, Any]) -> int | None:
    """The moment (seconds since 1970) at which the change ends the sessions opened so far, if it does."""
    if call.valid_since is not None:
        return int(call.valid_since)
    return int(time.time()) if "password" in changes or "email" in changes else None


def _public(user: User) -> Answer:
    shown = user.described()
    names = ("localId", "email", "emailVerified", "displayName", "photoUrl", "passwordHash", "providerUserInfo")
    return {name: shown[name] for name in names if name in shown}
