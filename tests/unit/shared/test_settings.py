"""Settings come whole or not at all."""

from __future__ import annotations

from typing import Annotated

import msgspec
import pytest

from shared.settings import SettingsError, load, refuse_local_settings_in_cloud


class Kitchen(msgspec.Struct, frozen=True, kw_only=True):
    uploads_bucket: Annotated[str, msgspec.Meta(min_length=1)]
    burst: Annotated[int, msgspec.Meta(ge=1)] = 50
    strict: bool = False
    origins: tuple[str, ...] = ("*",)
    page_secret: Annotated[str, msgspec.Meta(min_length=16)] = "sixteen letters!"

    def __post_init__(self) -> None:
        if self.strict and self.origins == ("*",):
            raise ValueError("ORIGINS must name hosts where STRICT is set")


def test_a_field_is_read_from_the_variable_of_its_name():
    assert load(Kitchen, {"UPLOADS_BUCKET": "b", "BURST": "7"}) == Kitchen(uploads_bucket="b", burst=7)


def test_what_is_not_set_or_empty_keeps_its_default():
    assert load(Kitchen, {"UPLOADS_BUCKET": "b", "BURST": ""}).burst == 50


def test_a_list_is_written_with_commas():
    settings = load(Kitchen, {"UPLOADS_BUCKET": "b", "ORIGINS": "https://a.example, https://b.example,"})
    assert settings.origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_a_switch_is_true_or_false(text, value):
    assert load(Kitchen, {"UPLOADS_BUCKET": "b", "STRICT": text, "ORIGINS": "https://a.example"}).strict is value


def test_all_problems_are_told_at_once_by_variable():
    with pytest.raises(SettingsError) as refused:
        load(Kitchen, {"BURST": "-1", "STRICT": "maybe"})
    text = str(refused.value)
    assert len(refused.value.problems) == 3
    assert all(variable in text for variable in ("UPLOADS_BUCKET is missing", "BURST", "STRICT", "docs/settings.md"))


def test_a_secret_is_not_repeated_in_the_complaint():
    with pytest.raises(SettingsError) as refused:
        load(Kitchen, {"UPLOADS_BUCKET": "b", "PAGE_SECRET": "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_fields_that_contradict_each_other_are_refused():
    with pytest.raises(SettingsError, match="ORIGINS must name hosts"):
        load(Kitchen, {"UPLOADS_BUCKET": "b", "STRICT": "true"})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FIRESTORE_EMULATOR_HOST", "127.0.0.1:8080"),
        ("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9199"),
        ("VISION_EMULATOR_HOST", "127.0.0.1:8090"),
        ("SIGNER_KEY_FILE", "/key.json"),
        ("FAILPOINTS", "after_claim=kill"),
        ("ID_TOKEN_KEYS_URL", "http://127.0.0.1:9099/keys"),
        ("PUSH_KEYS_URL", "https://www.googleapis.com.evil.example/keys"),
    ],
)
def test_in_the_cloud_what_is_for_a_laptop_is_refused(variable, value):
    cloud = {"K_SERVICE": "upload", "UPLOADS_BUCKET": "b", variable: value}
    with pytest.raises(SettingsError, match=variable):
        refuse_local_settings_in_cloud(cloud)
    with pytest.raises(SettingsError, match=variable):
        load(Kitchen, cloud)
    assert load(Kitchen, {**cloud, "K_SERVICE": ""})


def test_in_the_cloud_googles_own_keys_are_fine():
    cloud = {
        "K_SERVICE": "upload",
        "UPLOADS_BUCKET": "b",
        "ID_TOKEN_KEYS_URL": "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
        "APP_CHECK_KEYS_URL": "https://firebaseappcheck.googleapis.com/v1/jwks",
        "FIRESTORE_EMULATOR_HOST": "",
    }
    refuse_local_settings_in_cloud(cloud)
    assert load(Kitchen, cloud)
