"""Signing up, signing in and keeping a session, as the Firebase SDKs do it."""

from __future__ import annotations

import time

import jwt
import pytest

from tests.contract.auth.conftest import ADMINISTRATOR, code

V3 = "/www.googleapis.com/identitytoolkit/v3/relyingparty/"


def test_an_anonymous_user_gets_a_signed_id_token(phone):
    signed_in = phone.anonymous()
    claims = phone.claims(signed_in["idToken"])
    assert claims["sub"] == claims["user_id"] == signed_in["localId"]
    assert claims["firebase"] == {"identities": {}, "sign_in_provider": "anonymous"}
    assert claims["provider_id"] == "anonymous"
    assert claims["exp"] - claims["iat"] == int(signed_in["expiresIn"]) == 3600
    assert abs(claims["auth_time"] - time.time()) < 5
    assert "email" not in claims


def test_a_user_with_a_password_gets_a_token_with_the_address(phone):
    signed_up = phone.sign_up("Ada@Example.com")
    claims = phone.claims(signed_up["idToken"])
    assert claims["email"] == signed_up["email"] == "ada@example.com"
    assert claims["email_verified"] is False
    assert claims["firebase"] == {"identities": {"email": ["ada@example.com"]}, "sign_in_provider": "password"}
    assert "provider_id" not in claims


def test_a_password_opens_the_same_account_again(phone):
    signed_up = phone.sign_up()
    signed_in = phone.sign_in("ADA@example.com").json()
    assert signed_in["localId"] == signed_up["localId"]
    assert signed_in["registered"] is True
    assert signed_in["refreshToken"] != signed_up["refreshToken"]


def test_a_wrong_password_and_an_unknown_address_look_the_same(phone):
    phone.sign_up()
    assert code(phone.sign_in(password="another")) == "INVALID_LOGIN_CREDENTIALS"
    assert code(phone.sign_in(email="bob@example.com")) == "INVALID_LOGIN_CREDENTIALS"


def test_without_email_privacy_they_are_told_apart(phone):
    phone.sign_up()
    config = {"emailPrivacyConfig": {"enableImprovedEmailPrivacy": False}}
    url = f"{phone.url}/emulator/v1/projects/{phone.project}/config"
    assert phone.http.patch(url, json=config, timeout=10).json()["emailPrivacyConfig"] == config["emailPrivacyConfig"]
    assert phone.http.get(url, timeout=10).json()["signIn"] == {"allowDuplicateEmails": False}
    assert code(phone.sign_in(password="another")) == "INVALID_PASSWORD"
    assert code(phone.sign_in(email="bob@example.com")) == "EMAIL_NOT_FOUND"


def test_how_an_address_signs_in_is_told_only_without_email_privacy(phone):
    phone.sign_up()
    body = {"identifier": "ada@example.com", "continueUri": "http://localhost"}
    assert "signinMethods" not in phone.post("accounts:createAuthUri", body).json()
    url = f"{phone.url}/emulator/v1/projects/{phone.project}/config"
    phone.http.patch(url, json={"emailPrivacyConfig": {"enableImprovedEmailPrivacy": False}}, timeout=10)
    assert phone.post("accounts:createAuthUri", body).json()["signinMethods"] == ["password"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"email": "ada@example.com", "password": "engine!"}, "EMAIL_EXISTS"),
        ({"email": "eve@example.com", "password": "short"}, "WEAK_PASSWORD"),
        ({"email": "eve@example.com", "password": ""}, "MISSING_PASSWORD"),
        ({"email": "eve@example.com"}, "MISSING_PASSWORD"),
        ({"password": "engine!"}, "MISSING_EMAIL"),
        ({"email": "not an address", "password": "engine!"}, "INVALID_EMAIL"),
        ({"email": "a@" + "b" * 300, "password": "engine!"}, "INVALID_EMAIL"),
        ({"localId": "mine"}, "UNEXPECTED_PARAMETER"),
        ({"idToken": "no.such.token", "email": "eve@example.com", "password": "engine!"}, "INVALID_ID_TOKEN"),
    ],
)
def test_a_sign_up_that_cannot_be_is_refused_with_googles_code(phone, body, expected):
    phone.sign_up()
    assert code(phone.post("accounts:signUp", body)) == expected


def test_the_message_about_a_weak_password_is_googles(phone):
    answer = phone.post("accounts:signUp", {"email": "eve@example.com", "password": "12345"}).json()
    assert answer["error"]["message"] == "WEAK_PASSWORD : Password should be at least 6 characters"


def test_the_same_address_may_be_in_two_projects(phone):
    assert "idToken" in phone.sign_up()
    phone.project += "-two"
    assert "idToken" in phone.sign_up()


def test_a_password_linked_to_an_anonymous_user_keeps_the_uid(phone):
    anonymous = phone.anonymous()
    body = {"idToken": anonymous["idToken"], "email": "ada@example.com", "password": "engine!"}
    linked = phone.post("accounts:signUp", body).json()
    assert linked["localId"] == anonymous["localId"]
    assert phone.claims(linked["idToken"])["firebase"]["sign_in_provider"] == "password"
    assert phone.sign_in().json()["localId"] == anonymous["localId"]


def test_linking_by_update_keeps_the_uid_too(phone):
    anonymous = phone.anonymous()
    body = {"idToken": anonymous["idToken"], "email": "ada@example.com", "password": "engine!"}
    linked = phone.post("accounts:update", body).json()
    assert linked["localId"] == anonymous["localId"]
    assert phone.claims(linked["idToken"])["firebase"]["sign_in_provider"] == "password"


def test_linking_an_address_that_somebody_has_is_refused_and_changes_nothing(phone):
    phone.sign_up()
    anonymous = phone.anonymous()
    body = {"idToken": anonymous["idToken"], "email": "ada@example.com", "password": "engine!"}
    assert code(phone.post("accounts:signUp", body)) == "EMAIL_EXISTS"
    (user,) = phone.post("accounts:lookup", {"idToken": anonymous["idToken"]}).json()["users"]
    assert user["providerUserInfo"] == []


def test_a_refresh_token_gives_a_new_id_token_of_the_same_session(phone):
    signed_up = phone.sign_up()
    answer = phone.token(signed_up["refreshToken"]).json()
    assert answer["user_id"] == signed_up["localId"]
    assert answer["project_id"] == phone.project
    assert answer["id_token"] == answer["access_token"]
    before, after = phone.claims(signed_up["idToken"]), phone.claims(answer["id_token"])
    assert after["auth_time"] == before["auth_time"]
    assert after["firebase"] == before["firebase"]


def test_a_refresh_may_be_json_as_apple_devices_send_it(phone):
    body = {"grantType": "refresh_token", "refreshToken": phone.anonymous()["refreshToken"]}
    answer = phone.post("/securetoken.googleapis.com/v1/token", body).json()
    assert phone.claims(answer["id_token"])["provider_id"] == "anonymous"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"grantType": "refresh_token", "refreshToken": "unknown"}, "INVALID_REFRESH_TOKEN"),
        ({"grantType": "refresh_token"}, "MISSING_REFRESH_TOKEN"),
        ({"grantType": "password", "refreshToken": "x"}, "INVALID_GRANT_TYPE"),
        ({}, "MISSING_GRANT_TYPE"),
    ],
)
def test_a_refresh_that_cannot_be_is_refused(phone, body, expected):
    assert code(phone.post("/securetoken.googleapis.com/v1/token", body)) == expected


def test_a_refresh_token_of_another_project_is_refused(phone):
    refresh_token = phone.anonymous()["refreshToken"]
    phone.project += "-two"
    assert code(phone.token(refresh_token)) == "PROJECT_NUMBER_MISMATCH"


def test_an_id_token_of_another_project_is_refused(phone):
    id_token = phone.anonymous()["idToken"]
    phone.project += "-two"
    assert code(phone.post("accounts:lookup", {"idToken": id_token})) == "INVALID_ID_TOKEN"


def test_a_forged_id_token_is_refused(phone):
    claims = jwt.decode(phone.anonymous()["idToken"], options={"verify_signature": False})
    unsigned = jwt.encode(claims, "", "none")
    by_somebody = jwt.encode(claims, "a secret of somebody else, long enough", "HS256")
    for forged in (unsigned, by_somebody, "x", "a.b.c", ""):
        expected = "INVALID_ID_TOKEN" if forged else "MISSING_ID_TOKEN"
        for call in ("accounts:lookup", "accounts:update", "accounts:delete"):
            assert code(phone.post(call, {"idToken": forged})) == expected


def test_a_deleted_user_is_gone_and_the_session_over(phone):
    signed_up = phone.sign_up()
    assert "kind" in phone.post("accounts:delete", {"idToken": signed_up["idToken"]}).json()
    assert code(phone.post("accounts:lookup", {"idToken": signed_up["idToken"]})) == "USER_NOT_FOUND"
    assert code(phone.token(signed_up["refreshToken"])) == "USER_NOT_FOUND"
    assert code(phone.sign_in()) == "INVALID_LOGIN_CREDENTIALS"
    assert "idToken" in phone.sign_up()


def test_apple_devices_find_every_call_under_its_old_name(phone):
    signed_up = phone.post(V3 + "signupNewUser", {"email": "ada@example.com", "password": "engine!"}).json()
    verified = phone.post(V3 + "verifyPassword", {"email": "ada@example.com", "password": "engine!"}).json()
    assert verified["localId"] == signed_up["localId"]
    id_token = {"idToken": verified["idToken"]}
    assert phone.post(V3 + "setAccountInfo", {**id_token, "displayName": "Ada"}).json()["displayName"] == "Ada"
    (user,) = phone.post(V3 + "getAccountInfo", id_token).json()["users"]
    assert user["displayName"] == "Ada"
    assert "kind" in phone.post(V3 + "deleteAccount", id_token).json()


@pytest.mark.parametrize(
    "call", ["sendOobCode", "resetPassword", "signInWithIdp", "signInWithPhoneNumber", "sendVerificationCode"]
)
def test_ways_of_signing_in_that_are_not_here_are_refused_by_name(phone, call):
    answer = phone.post(f"accounts:{call}", {"requestType": "PASSWORD_RESET", "email": "ada@example.com"})
    assert code(answer) == "OPERATION_NOT_ALLOWED"
    assert call in answer.json()["error"]["message"]


def test_the_public_keys_are_served_where_google_serves_them_and_may_be_cached(phone):
    for path in ("/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com", "/oauth2/v3/certs"):
        answer = phone.http.get(phone.url + path, timeout=10)
        assert answer.json()["keys"][0]["kty"] == "RSA"
        assert "d" not in answer.json()["keys"][0]
        assert "max-age=" in answer.headers["Cache-Control"]


def test_a_call_without_project_or_key_counts_for_the_local_clouds_own_project(phone):
    path = "/identitytoolkit.googleapis.com/v1/accounts:signUp"
    signed_in = phone.http.post(phone.url + path, params={"key": "AIzaAnything"}, json={}, timeout=10).json()
    assert jwt.decode(signed_in["idToken"], options={"verify_signature": False})["aud"] == "demo-loupe"
    missing = phone.http.post(phone.url + path, json={}, timeout=10)
    assert missing.status_code == 403
    assert "API key" in missing.json()["error"]["message"]


def test_an_administrators_call_needs_the_administrators_credential(phone):
    path = f"/identitytoolkit.googleapis.com/v1/projects/{phone.project}/accounts:lookup"
    assert phone.post(path, {"localId": ["x"]}).status_code == 401
    assert phone.post(path, {"localId": ["x"]}, headers={"Authorization": "Bearer somebody"}).status_code == 401
    assert phone.post(path, {"localId": ["x"]}, headers=ADMINISTRATOR).status_code == 200
