"""The calls that begin a session or keep it alive."""

from __future__ import annotations

import time
from typing import Final

from msgspec.structs import replace

from localcloud.auth.passwords import matches, protect
from localcloud.auth.realm import Answer, Realm
from localcloud.auth.refusal import Refused
from localcloud.auth.shapes import Refresh, SessionCookie, SignInWithCustomToken, SignInWithPassword, SignUp
from localcloud.auth.tokens import LIFETIME
from localcloud.auth.users import User, checked_email, checked_uid, new_uid

COOKIE_LIFETIMES: Final = range(5 * 60, 14 * 24 * 3600 + 1)  # seconds


async def sign_up(realm: Realm, call: SignUp) -> Answer:
    """A new account: anonymous, with a password, or by an administrator; or a password for the account of `idToken`."""
    if realm.privileged:
        return await _create(realm, call)
    if call.local_id is not None:
        raise Refused("UNEXPECTED_PARAMETER : User ID")
    if call.id_token is None and call.email is None and call.password is None:
        user = _new(new_uid())
        realm.store.add(realm.project, user)
        return _signed_up(user, realm.sign_in(user, "anonymous"))
    return await _sign_up_with_password(realm, call)


async def sign_in_with_password(realm: Realm, call: SignInWithPassword) -> Answer:
    """Raises Refused: MISSING_EMAIL, MISSING_PASSWORD, INVALID_LOGIN_CREDENTIALS, USER_DISABLED; without e-mail privacy
    EMAIL_NOT_FOUND and INVALID_PASSWORD in place of INVALID_LOGIN_CREDENTIALS.
    """
    if not call.email:
        raise Refused("MISSING_EMAIL")
    email = checked_email(call.email)
    if not call.password:
        raise Refused("MISSING_PASSWORD")
    private = realm.store.email_privacy(realm.project)
    found = realm.store.user_by_email(realm.project, email)
    if found is None:
        raise Refused("INVALID_LOGIN_CREDENTIALS" if private else "EMAIL_NOT_FOUND")
    wrong = Refused("INVALID_LOGIN_CREDENTIALS" if private else "INVALID_PASSWORD")
    if found.password is None or not await matches(call.password, found.password):
        raise wrong
    user = realm.alive(found.uid)
    if user.password != found.password or user.email != email:  # changed while the hash was being made
        raise wrong
    return {
        "kind": "identitytoolkit#VerifyPasswordResponse",
        "registered": True,
        "localId": user.uid,
        "email": email,
        "displayName": user.display_name or "",
        **realm.sign_in(user, "password"),
    }


async def sign_in_with_custom_token(realm: Realm, call: SignInWithCustomToken) -> Answer:
    """Whoever the custom token names; the account is made if there is none. Raises Refused (INVALID_CUSTOM_TOKEN)."""
    if not call.token:
        raise Refused("MISSING_CUSTOM_TOKEN")
    token = realm.tokens.read_custom_token(call.token)
    known = realm.store.user(realm.project, token.uid)
    if known is None:
        realm.store.add(realm.project, _new(token.uid))
    user = replace(realm.alive(token.uid), custom_auth=True)
    return {
        "kind": "identitytoolkit#VerifyCustomTokenResponse",
        "isNewUser": known is None,
        **realm.sign_in(user, "custom", token.claims),
    }


async def refresh(realm: Realm, call: Refresh) -> Answer:
    """A new ID token with the account's present claims.

    Raises Refused: INVALID_GRANT_TYPE, MISSING_REFRESH_TOKEN, INVALID_REFRESH_TOKEN, TOKEN_EXPIRED (revoked),
    PROJECT_NUMBER_MISMATCH, USER_NOT_FOUND, USER_DISABLED.
    """
    if call.grant_type != "refresh_token":
        raise Refused("INVALID_GRANT_TYPE" if call.grant_type else "MISSING_GRANT_TYPE")
    if not call.refresh_token:
        raise Refused("MISSING_REFRESH_TOKEN")
    found = realm.store.session(call.refresh_token)
    if found is None:
        raise Refused("INVALID_REFRESH_TOKEN")
    session, revoked = found
    if session.project != realm.project:
        raise Refused("PROJECT_NUMBER_MISMATCH")
    user = realm.alive(session.uid)
    if revoked or session.auth_time < user.valid_since:
        raise Refused("TOKEN_EXPIRED")
    realm.store.save(realm.project, replace(user, last_refresh_at=int(time.time() * 1000)))
    id_token = realm.tokens.id_token(user, session)
    return {
        "id_token": id_token,
        "access_token": id_token,
        "expires_in": str(LIFETIME),
        "refresh_token": call.refresh_token,
        "token_type": "Bearer",
        "user_id": user.uid,
        "project_id": realm.project,
    }


async def create_session_cookie(realm: Realm, call: SessionCookie) -> Answer:
    """A session cookie for the holder of an ID token. Raises Refused (INVALID_DURATION)."""
    lifetime = int(call.valid_duration)
    if lifetime not in COOKIE_LIFETIMES:
        raise Refused("INVALID_DURATION")
    return {"sessionCookie": realm.tokens.session_cookie(realm.holder(call.id_token).claims, lifetime)}


async def _sign_up_with_password(realm: Realm, call: SignUp) -> Answer:
    if not call.email:
        raise Refused("MISSING_EMAIL")
    if not call.password:
        raise Refused("MISSING_PASSWORD")
    email = checked_email(call.email)
    uid = realm.holder(call.id_token).user.uid if call.id_token is not None else None
    realm.check_email_free(email, uid=uid)
    password = await protect(call.password)
    if uid is None:
        user = replace(_new(new_uid()), email=email, password=password, display_name=call.display_name or None)
        realm.store.add(realm.project, user)
    else:
        now = int(time.time())
        user = replace(realm.alive(uid), email=email, email_verified=False, password=password, valid_since=now)
        with realm.store.together():
            realm.store.save(realm.project, user)
            realm.store.revoke(realm.project, uid, until=now)
    return _signed_up(user, realm.sign_in(user, "password"))


async def _create(realm: Realm, call: SignUp) -> Answer:
    if call.id_token is not None:
        raise Refused("UNEXPECTED_PARAMETER : idToken")
    user = _new(new_uid() if call.local_id is None else checked_uid(call.local_id))
    if realm.store.user(realm.project, user.uid) is not None:
        raise Refused("DUPLICATE_LOCAL_ID")
    user = replace(
        user,
        email=checked_email(call.email) if call.email is not None else None,
        email_verified=call.email_verified,
        display_name=call.display_name or None,
        photo_url=call.photo_url or None,
        disabled=call.disabled,
    )
    if call.password is not None:
        user = replace(user, password=await protect(call.password))
    realm.store.add(realm.project, user)
    return _signed_up(user, {})


def _signed_up(user: User, tokens: Answer) -> Answer:
    shown = {"localId": user.uid, "email": user.email, "displayName": user.display_name, **tokens}
    answer = {name: value for name, value in shown.items() if value is not None}
    return {"kind": "identitytoolkit#SignupNewUserResponse", **answer}


def _new(uid: str) -> User:
    now = time.time()
    return User(uid=uid, created_at=int(now * 1000), valid_since=int(now))
