"""What a user may change of the own account, what ends sessions, and what outlives a restart."""

from __future__ import annotations

import signal
import time

import pytest
import requests

from tests.contract.auth.conftest import Phone, code
from tests.running import local_cloud


def lookup(phone, id_token):
    (user,) = phone.post("accounts:lookup", {"idToken": id_token}).json()["users"]
    return user


def test_a_profile_is_changed_and_shown_in_the_next_token(phone):
    signed_up = phone.sign_up()
    body = {"idToken": signed_up["idToken"], "displayName": "Ada", "photoUrl": "https://example.com/ada.png"}
    phone.post("accounts:update", body)
    user = lookup(phone, signed_up["idToken"])
    assert (user["displayName"], user["photoUrl"]) == ("Ada", "https://example.com/ada.png")
    claims = phone.claims(phone.token(signed_up["refreshToken"]).json()["id_token"])
    assert (claims["name"], claims["picture"]) == ("Ada", "https://example.com/ada.png")


def test_parts_of_a_profile_are_removed(phone):
    signed_up = phone.sign_up()
    id_token = {"idToken": signed_up["idToken"]}
    phone.post("accounts:update", {**id_token, "displayName": "Ada", "photoUrl": "https://example.com/ada.png"})
    phone.post("accounts:update", {**id_token, "deleteAttribute": ["DISPLAY_NAME", "PHOTO_URL"]})
    assert not {"displayName", "photoUrl"} & lookup(phone, signed_up["idToken"]).keys()


def test_an_account_tells_its_providers_and_never_its_password(phone):
    user = lookup(phone, phone.sign_up()["idToken"])
    assert [provider["providerId"] for provider in user["providerUserInfo"]] == ["password"]
    assert user["passwordHash"] == "UkVEQUNURUQ="
    assert "salt" not in user
    assert int(user["createdAt"]) <= int(user["lastLoginAt"])


def test_a_new_password_replaces_the_old_one_and_ends_the_old_sessions(phone):
    signed_up = phone.sign_up()
    changed = phone.post("accounts:update", {"idToken": signed_up["idToken"], "password": "another"}).json()
    assert code(phone.sign_in()) == "INVALID_LOGIN_CREDENTIALS"
    assert phone.sign_in(password="another").json()["localId"] == signed_up["localId"]
    assert code(phone.token(signed_up["refreshToken"])) == "TOKEN_EXPIRED"
    assert "id_token" in phone.token(changed["refreshToken"]).json()


def test_a_new_address_replaces_the_old_one(phone):
    signed_up = phone.sign_up()
    changed = phone.post("accounts:update", {"idToken": signed_up["idToken"], "email": "lovelace@example.com"}).json()
    assert phone.claims(changed["idToken"])["email"] == "lovelace@example.com"
    assert code(phone.sign_in()) == "INVALID_LOGIN_CREDENTIALS"
    assert "idToken" in phone.sign_in("lovelace@example.com").json()


def test_an_address_that_somebody_has_cannot_be_taken(phone):
    phone.sign_up("bob@example.com")
    signed_up = phone.sign_up()
    answer = phone.post("accounts:update", {"idToken": signed_up["idToken"], "email": "BOB@example.com"})
    assert code(answer) == "EMAIL_EXISTS"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"customAttributes": '{"admin":true}'}, "INSUFFICIENT_PERMISSION"),
        ({"disableUser": False}, "OPERATION_NOT_ALLOWED"),
        ({"emailVerified": True}, "OPERATION_NOT_ALLOWED"),
        ({"validSince": "0"}, "OPERATION_NOT_ALLOWED"),
        ({"password": "short"}, "WEAK_PASSWORD"),
        ({"phoneNumber": "+441234"}, "OPERATION_NOT_ALLOWED"),
        ({"oobCode": "x"}, "OPERATION_NOT_ALLOWED"),
        ({"deleteAttribute": ["RAW_USER_INFO"]}, "OPERATION_NOT_ALLOWED"),
    ],
)
def test_users_cannot_give_themselves_what_only_administrators_may(phone, change, expected):
    signed_up = phone.sign_up()
    before = lookup(phone, signed_up["idToken"])
    assert code(phone.post("accounts:update", {"idToken": signed_up["idToken"], **change})) == expected
    assert lookup(phone, signed_up["idToken"]) == before


def test_unlinking_the_password_leaves_an_account_without_address(phone):
    signed_up = phone.sign_up()
    answer = phone.post("accounts:update", {"idToken": signed_up["idToken"], "deleteProvider": ["password"]}).json()
    user = lookup(phone, answer["idToken"])
    assert "email" not in user
    assert user["providerUserInfo"] == []
    assert code(phone.sign_in()) == "INVALID_LOGIN_CREDENTIALS"


def test_a_disabled_user_can_neither_sign_in_nor_refresh_nor_use_a_token(phone):
    signed_up = phone.sign_up()
    phone.admin("accounts:update", {"localId": signed_up["localId"], "disableUser": True})
    assert code(phone.sign_in()) == "USER_DISABLED"
    assert code(phone.token(signed_up["refreshToken"])) == "USER_DISABLED"
    assert code(phone.post("accounts:lookup", {"idToken": signed_up["idToken"]})) == "USER_DISABLED"
    phone.admin("accounts:update", {"localId": signed_up["localId"], "disableUser": False})
    assert "idToken" in phone.sign_in().json()


def test_revoked_tokens_are_refused_everywhere(phone):
    signed_up = phone.sign_up()
    soon = str(int(time.time()) + 1)
    phone.admin("accounts:update", {"localId": signed_up["localId"], "validSince": soon})
    assert code(phone.post("accounts:lookup", {"idToken": signed_up["idToken"]})) == "TOKEN_EXPIRED"
    assert code(phone.token(signed_up["refreshToken"])) == "TOKEN_EXPIRED"


def test_clearing_a_project_leaves_the_others_alone(phone):
    signed_up = phone.sign_up()
    other = Phone(phone.url, phone.project + "-two", phone.http)
    other.sign_up()
    assert phone.http.delete(f"{phone.url}/emulator/v1/projects/{phone.project}/accounts", timeout=10).json() == {}
    assert code(phone.token(signed_up["refreshToken"])) == "INVALID_REFRESH_TOKEN"
    assert code(phone.sign_in()) == "INVALID_LOGIN_CREDENTIALS"
    assert "idToken" in other.sign_in().json()


def test_accounts_and_sessions_outlive_a_kill(tmp_path):
    with local_cloud(tmp_path, "auth") as cloud, requests.Session() as http:
        phone = Phone(cloud.ports.url("auth"), "demo-loupe", http)
        signed_up = phone.sign_up()
        cloud.stop(signal.SIGKILL)
        cloud.start()
        assert phone.claims(signed_up["idToken"])["email"] == "ada@example.com"
        assert "id_token" in phone.token(signed_up["refreshToken"]).json()
        assert phone.sign_in().json()["localId"] == signed_up["localId"]
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("auth.sqlite3*"))
    assert b"engine!" not in kept
    assert signed_up["refreshToken"].encode() not in kept
