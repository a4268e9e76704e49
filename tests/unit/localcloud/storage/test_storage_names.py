"""Names and their spelling."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.storage.errors import Refusal
from localcloud.storage.names import checked_bucket_name, checked_object_name, parameters, percent_decoded

_text = st.text(st.characters(exclude_categories=["Cs"]))


@given(_text)
def test_decoding_undoes_encoding(text):
    assert percent_decoded(quote(text, safe="")) == text


@given(st.dictionaries(_text.filter(bool), _text))
def test_parameters_are_what_a_client_put_in(given_):
    assert parameters(urlencode(given_)) == given_


@pytest.mark.parametrize("text", ["%", "%a", "%zz", "a%2", "%ff", "%c3%28", "%ed%a0%80"])
def test_broken_spelling_is_refused(text):
    with pytest.raises(Refusal):
        percent_decoded(text)


@pytest.mark.parametrize("name", ["abc", "a-b_c.d9", "9" * 63, ".".join(["a" * 63] * 3)])
def test_good_bucket_names(name):
    assert checked_bucket_name(name) == name


@pytest.mark.parametrize("name", ["", "ab", "a" * 64, "Abc", "abc-", ".a", "a..b", "1.2.3.4", "google", "a/b", "ä" * 4])
def test_bad_bucket_names(name):
    with pytest.raises(Refusal):
        checked_bucket_name(name)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1, max_size=300))
def test_nearly_any_text_names_an_object(name):
    if name not in {".", ".."} and len(name.encode()) <= 1024:
        assert checked_object_name(name) == name
