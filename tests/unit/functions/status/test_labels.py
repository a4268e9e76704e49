"""What labels stand for: the same for everybody, in the language asked for, and kept by whoever passes it on."""

from __future__ import annotations

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Request

from functions.status.routes import ROUTES
from shared.diseases.info import FILES, explained
from shared.diseases.locales import LOCALES, closest
from shared.http.respond import respond
from shared.http.routing import Router

ADDRESS = "/v1/kinds/skin_lesion/labels"
LABELS = ["akiec", "bcc", "bkl", "df", "mel", "nv", "vasc"]


@pytest.fixture(scope="module")
def status():
    """The function without its services: nothing here needs them, nor a token."""
    router = Router(ROUTES, None)
    return Client(Request.application(lambda request: respond(request, router, cors_origins=("*",))))


def test_every_label_is_explained_with_its_sources(status):
    answer = status.get(ADDRESS)
    assert (answer.status_code, answer.json["kind"], answer.json["locale"]) == (200, "skin_lesion", "en")
    assert [each["label"] for each in answer.json["labels"]] == LABELS
    for each in answer.json["labels"]:
        assert each["name"]
        assert len(each["description"]) > 60
        assert each["sources"]
        assert all(source["url"].startswith("https://") and source["title"] for source in each["sources"])


@pytest.mark.parametrize("locale", ["de", "de-AT", "DE", "de_CH"])
def test_german_is_told_in_german(status, locale):
    answer = status.get(f"{ADDRESS}?locale={locale}")
    assert answer.json["locale"] == "de"
    assert answer.json["labels"][4]["name"] == "Melanom"


@pytest.mark.parametrize("locale", ["fr", "", "x" * 35, "../de", "dé", "zh-Hant-TW"])
def test_every_other_language_is_told_in_english_and_says_so(status, locale):
    answer = status.get(ADDRESS, query_string={"locale": locale})
    assert (answer.status_code, answer.json["locale"]) == (200, "en")


def test_it_is_kept_and_sent_again_only_where_it_has_changed(status):
    first = status.get(ADDRESS)
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    again = status.get(ADDRESS, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "public, max-age=3600"
    german = status.get(f"{ADDRESS}?locale=de", headers={"If-None-Match": first.headers["ETag"]})
    assert german.status_code == 200


@pytest.mark.parametrize("kind", ["inspection", "horoscope", "__init__"])
def test_a_kind_without_explained_labels_is_refused_and_told_which_there_are(status, kind):
    answer = status.get(f"/v1/kinds/{kind}/labels")
    detail = answer.json["error"]["details"][0]
    assert (answer.status_code, detail["reason"], detail["metadata"]) == (
        404,
        "LABELS_NOT_FOUND",
        {"kinds": "skin_lesion"},
    )


@pytest.mark.parametrize("query", ["locale=" + "x" * 36, "locale=de&locale=en", "language=de"])
def test_a_question_that_is_none_is_refused(status, query):
    answer = status.get(f"{ADDRESS}?{query}")
    assert (answer.status_code, answer.json["error"]["details"][0]["reason"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("kind", sorted(FILES))
def test_every_language_explains_the_same_labels(kind):
    labels = [list(explained(kind, locale)) for locale in LOCALES]
    assert all(each == labels[0] for each in labels)
    assert explained(kind, "en")["mel"].sources == explained(kind, "de")["mel"].sources


def test_no_text_calls_anything_harmless_or_says_what_somebody_has():
    never = ("harmless", "nothing to worry", "you have", "benign", "harmlos", "unbedenklich", "gutartig", "sie haben")
    for locale in LOCALES:
        for info in explained("skin_lesion", locale).values():
            text = f"{info.name} {info.description}".lower()
            assert not [words for words in never if words in text]


def test_a_wish_that_is_no_text_is_answered_in_the_first_language():
    assert closest(None) == closest(7) == "en"
