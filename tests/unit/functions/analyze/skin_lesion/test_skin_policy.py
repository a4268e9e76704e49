"""The policy as a document: it can be made stricter but not laxer, and there is a text for all that it names."""

from __future__ import annotations

import json
import re
import string

import msgspec
import pytest

from functions.analyze.kinds.skin_lesion.policy import FILE, Because, Policy, Verdict, default_policy
from functions.analyze.kinds.skin_lesion.wording import FOLDER, wording
from shared.diseases.info import explained
from shared.diseases.locales import LOCALES

WRITTEN = json.loads(FILE.read_text())
TEXTS = {locale: json.loads((FOLDER / f"{locale}.json").read_text()) for locale in LOCALES}

# What no text may say: that somebody has something, that something is nothing, or that nothing needs to be done.
NEVER = {
    "en": ("you have", "harmless", "benign", "nothing to worry", "do not worry", "no need", "is safe", "healthy"),
    "de": ("sie haben", "harmlos", "gutartig", "unbedenklich", "keine sorge", "unnötig", "gesund"),
}


def changed(**changes):
    return msgspec.json.decode(json.dumps({**WRITTEN, **changes}), type=Policy)


@pytest.mark.parametrize(
    "changes",
    [
        {"bounds": {"shown": 0.49, "specific": 0.8}},
        {"bounds": {"shown": 0.5, "specific": 0.79}},
        {"bounds": {"shown": 0.9, "specific": 0.8}},
        {"bounds": {"shown": 0.5, "specific": 1.1}},
        {"minLabels": 1},
        {"disclaimers": []},
        {"always": []},
        {"redFlag": []},
        {"leastWeight": 0},
        {"surprise": True},
    ],
    ids=str,
)
def test_a_policy_that_would_say_more_than_it_may_is_refused(changes):
    with pytest.raises(msgspec.ValidationError):
        changed(**changes)


def test_a_stricter_policy_is_taken():
    assert changed(bounds={"shown": 0.7, "specific": 0.95}).bounds.specific == 0.95


def test_the_bounds_are_fifty_and_eighty_percent():
    bounds = default_policy().bounds
    assert (bounds.shown, bounds.specific) == (0.5, 0.8)


def test_whatever_is_malignant_or_may_become_so_is_a_red_flag():
    assert set(default_policy().red_flags.labels) == {"akiec", "bcc", "mel"}


def test_every_label_that_is_explained_has_advice_of_its_own_and_no_other():
    assert set(default_policy().specific) == set(explained("skin_lesion", "en"))


@pytest.mark.parametrize("locale", LOCALES)
def test_there_is_a_text_for_everything_that_may_be_said_and_for_nothing_else(locale):
    policy = default_policy()
    named = {
        *(f"verdict.{each.value}" for each in Verdict),
        *(f"because.{each.value}" for each in Because),
        *policy.always,
        *policy.red_flag,
        *policy.generic,
        *(key for keys in policy.specific.values() for key in keys),
        *policy.disclaimers,
        policy.sample_disclaimer,
    }
    assert set(TEXTS[locale]) == named


@pytest.mark.parametrize("key", sorted(TEXTS["en"]))
def test_a_text_has_the_same_gaps_in_every_language(key):
    gaps = [{field for _, field, _, _ in string.Formatter().parse(TEXTS[locale][key]) if field} for locale in LOCALES]
    assert all(each == gaps[0] for each in gaps)
    assert gaps[0] == ({"label"} if key in {"verdict.generic", "verdict.specific"} else set())


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_diagnoses_and_none_reassures(locale):
    for key, text in TEXTS[locale].items():
        assert not [words for words in NEVER[locale] if re.search(rf"\b{words}", text.lower())], key


@pytest.mark.parametrize("locale", LOCALES)
def test_it_is_said_that_this_is_no_medical_device(locale):
    said = " ".join(TEXTS[locale][key] for key in default_policy().disclaimers)
    assert {"en": "Not a medical device", "de": "Kein Medizinprodukt"}[locale] in said


def test_a_language_that_there_is_not_is_a_defect_of_the_caller():
    with pytest.raises(KeyError):
        wording("fr")
    with pytest.raises(KeyError):
        wording("en").say("advice.everything")
