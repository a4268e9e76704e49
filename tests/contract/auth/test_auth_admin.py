"""firebase-admin against the auth service."""

from __future__ import annotations

import time
from datetime import timedelta

import firebase_admin
import jwt
import pytest
import requests
from firebase_admin import auth, credentials, exceptions

from localcloud.keys import Keys
from tests.contract.auth.conftest import Phone, code
from tests.running import local_cloud


def test_an_id_token_is_verified(app, phone):
    signed_in = phone.anonymous()
    claims = auth.verify_id_token(signed_in["idToken"], app)
    assert claims["uid"] == signed_in["localId"]
    assert auth.verify_id_token(signed_in["idToken"], app, check_revoked=True)["uid"] == signed_in["localId"]


def test_a_user_is_created_and_found_again(app, phone):
    created = auth.create_user(
        uid="ada", email="Ada@example.com", password="engine!", display_name="Ada", email_verified=True, app=app
    )
    assert created.uid == "ada"
    found = auth.get_user_by_email("ada@example.com", app)
    assert (found.uid, found.display_name, found.email_verified, found.disabled) == ("ada", "Ada", True, False)
    assert [provider.provider_id for provider in found.provider_data] == ["password"]
    assert auth.get_user("ada", app).user_metadata.creation_timestamp == found.user_metadata.creation_timestamp
    assert phone.sign_in().json()["localId"] == "ada"


def test_ids_and_addresses_are_given_once(app):
    auth.create_user(uid="ada", email="ada@example.com", app=app)
    with pytest.raises(auth.UidAlreadyExistsError):
        auth.create_user(uid="ada", app=app)
    with pytest.raises(auth.EmailAlreadyExistsError):
        auth.create_user(email="ADA@example.com", app=app)


def test_nobody_is_found_where_nobody_is(app):
    with pytest.raises(auth.UserNotFoundError):
        auth.get_user("nobody", app)
    with pytest.raises(auth.UserNotFoundError):
        auth.get_user_by_email("nobody@example.com", app)
    with pytest.raises(auth.UserNotFoundError):
        auth.get_user_by_phone_number("+441234567890", app)
    with pytest.raises(auth.UserNotFoundError):
        auth.update_user("nobody", display_name="Nobody", app=app)
    with pytest.raises(auth.UserNotFoundError):
        auth.delete_user("nobody", app)


def test_several_users_are_found_at_once(app):
    auth.create_user(uid="ada", email="ada@example.com", app=app)
    auth.create_user(uid="bob", app=app)
    asked = [auth.UidIdentifier("bob"), auth.EmailIdentifier("ada@example.com"), auth.UidIdentifier("nobody")]
    found = auth.get_users([*asked, auth.UidIdentifier("ada")], app)
    assert sorted(user.uid for user in found.users) == ["ada", "bob"]
    assert [identifier.uid for identifier in found.not_found] == ["nobody"]


def test_a_user_is_changed(app, phone):
    auth.create_user(uid="ada", email="ada@example.com", password="engine!", display_name="Ada", app=app)
    auth.update_user("ada", email="lovelace@example.com", email_verified=True, password="another", app=app)
    changed = auth.update_user("ada", display_name=auth.DELETE_ATTRIBUTE, disabled=True, app=app)
    assert (changed.email, changed.email_verified) == ("lovelace@example.com", True)
    assert (changed.display_name, changed.disabled) == (None, True)
    assert code(phone.sign_in("lovelace@example.com", "another")) == "USER_DISABLED"


def test_users_are_deleted(app):
    for uid in ("ada", "bob", "eve"):
        auth.create_user(uid=uid, app=app)
    auth.delete_user("ada", app)
    auth.update_user("bob", disabled=True, app=app)
    deleted = auth.delete_users(["bob", "eve", "nobody"], app)
    assert (deleted.success_count, deleted.failure_count) == (3, 0)
    with pytest.raises(auth.UserNotFoundError):
        auth.get_user("eve", app)


def test_users_are_listed_page_by_page(app):
    for number in range(7):
        auth.create_user(uid=f"user-{number}", app=app)
    pages = []
    page = auth.list_users(max_results=3, app=app)
    while page:
        pages.append([user.uid for user in page.users])
        page = page.get_next_page()
    assert pages == [["user-0", "user-1", "user-2"], ["user-3", "user-4", "user-5"], ["user-6"]]
    assert len(list(auth.list_users(app=app).iterate_all())) == 7


def test_a_project_without_users_has_an_empty_list(app):
    assert list(auth.list_users(app=app).iterate_all()) == []


def test_custom_claims_are_in_the_next_token(app, phone):
    signed_up = phone.sign_up()
    auth.set_custom_user_claims(signed_up["localId"], {"admin": True, "sites": ["north"]}, app)
    assert auth.get_user(signed_up["localId"], app).custom_claims == {"admin": True, "sites": ["north"]}
    claims = phone.claims(phone.token(signed_up["refreshToken"]).json()["id_token"])
    assert (claims["admin"], claims["sites"]) == (True, ["north"])
    auth.set_custom_user_claims(signed_up["localId"], None, app)
    assert "admin" not in phone.claims(phone.token(signed_up["refreshToken"]).json()["id_token"])


def test_reserved_claims_are_refused(phone):
    phone.admin("accounts", {"localId": "ada"})
    answer = phone.admin("accounts:update", {"localId": "ada", "customAttributes": '{"firebase": {}}'})
    assert code(answer) == "FORBIDDEN_CLAIM"


def test_a_custom_token_signs_in_and_its_claims_stay_for_the_session(app, phone):
    token = auth.create_custom_token("robot-7", {"site": "north"}, app).decode()
    first = phone.post("accounts:signInWithCustomToken", {"token": token, "returnSecureToken": True}).json()
    assert first["isNewUser"] is True
    claims = phone.claims(first["idToken"])
    assert (claims["sub"], claims["site"]) == ("robot-7", "north")
    assert claims["firebase"]["sign_in_provider"] == "custom"
    assert phone.claims(phone.token(first["refreshToken"]).json()["id_token"])["site"] == "north"
    assert phone.post("accounts:signInWithCustomToken", {"token": token}).json()["isNewUser"] is False


def test_a_custom_token_must_be_one(app, phone):
    good = jwt.decode(auth.create_custom_token("ada", app=app).decode(), options={"verify_signature": False})
    bad = {
        "an ID token": phone.anonymous()["idToken"],
        "expired": jwt.encode({**good, "exp": int(time.time()) - 1}, "", "none"),
        "for somebody else": jwt.encode({**good, "aud": "https://example.com"}, "", "none"),
        "for nobody": jwt.encode({**good, "uid": ""}, "", "none"),
        "for a number": jwt.encode({**good, "uid": 7}, "", "none"),
        "signed by somebody": jwt.encode(good, "a secret of somebody else, long enough", "HS256"),
        "no token": "x.y.z",
    }
    for token in bad.values():
        assert code(phone.post("accounts:signInWithCustomToken", {"token": token})) == "INVALID_CUSTOM_TOKEN"
    forbidden = jwt.encode({**good, "claims": {"firebase": {}}}, "", "none")
    assert code(phone.post("accounts:signInWithCustomToken", {"token": forbidden})) == "FORBIDDEN_CLAIM"


def test_a_custom_token_may_be_signed_by_the_local_service_account(tmp_path, monkeypatch):
    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
    with local_cloud(tmp_path, "auth") as cloud, requests.Session() as http:
        account = credentials.Certificate(str(Keys(tmp_path / "keys").service_account_file))
        app = firebase_admin.initialize_app(account, name="signing")
        token = auth.create_custom_token("ada", app=app).decode()
        firebase_admin.delete_app(app)
        phone = Phone(cloud.ports.url("auth"), "demo-loupe", http)
        assert phone.post("accounts:signInWithCustomToken", {"token": token}).json()["isNewUser"] is True


def test_revoking_ends_the_sessions(app, phone):
    signed_up = phone.sign_up()
    auth.revoke_refresh_tokens(signed_up["localId"], app)
    assert code(phone.token(signed_up["refreshToken"])) == "TOKEN_EXPIRED"
    assert "id_token" in phone.token(phone.sign_in().json()["refreshToken"]).json()
    assert auth.get_user(signed_up["localId"], app).tokens_valid_after_timestamp > 0


def test_a_session_cookie_is_made_and_verified(app, phone):
    signed_up = phone.sign_up()
    cookie = auth.create_session_cookie(signed_up["idToken"], timedelta(days=5), app)
    claims = auth.verify_session_cookie(cookie, app=app, check_revoked=True)
    assert claims["uid"] == signed_up["localId"]
    assert claims["exp"] - claims["iat"] == 5 * 24 * 3600


def test_a_link_by_email_is_refused(app):
    with pytest.raises(exceptions.InvalidArgumentError, match="OPERATION_NOT_ALLOWED"):
        auth.generate_password_reset_link("ada@example.com", app=app)
