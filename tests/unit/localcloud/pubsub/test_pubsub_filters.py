import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from localcloud.pubsub.filter import FilterError, parse

NOTHING: dict[str, str] = {}
COM = {"name": "com"}
NET = {"name": "net", "iana.org/language_tag": "en"}


@pytest.mark.parametrize(
    ("text", "matching", "others"),
    [
        ("attributes:name", [COM, NET], [NOTHING]),
        ("NOT attributes:name", [NOTHING], [COM, NET]),
        ("-attributes:name", [NOTHING], [COM]),
        ('attributes.name = "com"', [COM], [NET, NOTHING]),
        ('attributes.name="com"', [COM], [NET]),
        ('attributes.name != "com"', [NET, NOTHING], [COM]),
        ('hasPrefix(attributes.name, "co")', [COM], [NET, NOTHING]),
        ('NOT hasPrefix(attributes.name, "co")', [NET, NOTHING], [COM]),
        ('attributes."iana.org/language_tag" = "en"', [NET], [COM]),
        ('attributes:"iana.org/language_tag" AND attributes.name = "net"', [NET], [COM]),
        ('attributes.name = "net" OR attributes.name = "com"', [NET, COM], [NOTHING]),
        ('attributes:name AND (attributes.name = "net" OR attributes.name = "org")', [NET], [COM, NOTHING]),
        ('NOT (attributes.name = "net" OR attributes.name = "org")', [COM, NOTHING], [NET]),
        ('attributes.name = "com" AND -attributes:x AND NOT attributes:y', [COM], [COM | {"y": ""}, NET]),
        ("NOT NOT attributes:name", [COM], [NOTHING]),
        ('attributes.AND = "OR"', [{"AND": "OR"}], [NOTHING]),
        ('attributes.a-b_9 = ""', [{"a-b_9": ""}], [{"a-b_9": "x"}, NOTHING]),
        ("  (\tattributes : name )\n", [COM], [NOTHING]),
    ],
)
def test_a_filter_matches_what_the_documentation_says(text, matching, others):
    matches = parse(text)
    assert [matches(attributes) for attributes in matching] == [True] * len(matching)
    assert [matches(attributes) for attributes in others] == [False] * len(others)


def test_keys_and_values_are_case_sensitive():
    assert not parse('attributes.name = "com"')({"Name": "com"})
    assert not parse('attributes.name = "com"')({"name": "COM"})


@pytest.mark.parametrize(
    ("literal", "meaning"),
    [
        (r'"\u307F\u3093\u306A"', "みんな"),
        (r'"\U0001F600"', "😀"),
        (r'"\x41\102"', "AB"),
        (r'"\"\\\'\n\t"', "\"\\'\n\t"),
        ('"AND (-"', "AND (-"),
    ],
)
def test_string_literals_take_escapes(literal, meaning):
    assert parse(f"attributes.k = {literal}")({"k": meaning})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "name",
        "attributes",
        "attributes.",
        "attributes.name",
        "attributes.name =",
        "attributes.name = com",
        '"com" = attributes.name',
        "attributes.name = attributes.website",
        'attributes.name == "com"',
        'attributes.name < "com"',
        r"attributes:\u307F",
        'attributes:a AND attributes.b = "c" OR attributes:d',
        "attributes:a OR attributes:b AND attributes:c",
        'attributes.name = "com" AND ("net" OR "org")',
        "attributes:a and attributes:b",
        "not attributes:a",
        "attributes:a attributes:b",
        "attributes:a AND",
        "AND attributes:a",
        "(attributes:a",
        "attributes:a)",
        "()",
        "NOT",
        'hasPrefix(attributes.a "b")',
        'hasPrefix("b", attributes.a)',
        "hasPrefix(attributes.a, b)",
        'hasSuffix(attributes.a, "b")',
        'data = "x"',
        'attributes.a = "b',
        'attributes.a = "\\q"',
        'attributes.a = "\\uD800"',
        'attributes.a = "\\UFFFFFFFF"',
        "attributes:a" + " " * 245,
        'attributes.a = "' + "é" * 121 + '"',
    ],
)
def test_what_is_no_filter_is_refused(text):
    with pytest.raises(FilterError):
        parse(text)


def test_a_filter_may_have_256_bytes():
    assert parse("attributes:a".ljust(256))({"a": ""})


def test_mixing_and_with_or_says_that_parentheses_are_missing():
    with pytest.raises(FilterError, match="without parentheses"):
        parse("attributes:a AND attributes:b OR attributes:c")


PIECES = st.sampled_from(
    ["attributes", ".", ":", "=", "!=", "(", ")", ",", "-", "NOT", "AND", "OR", "hasPrefix", '"v"', "k", " ", '"', "\\"]
)
ATTRIBUTES = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3)


@settings(deadline=None)
@given(
    st.text(max_size=300) | st.lists(PIECES, max_size=30).map("".join) | st.lists(PIECES, max_size=30).map(" ".join),
    ATTRIBUTES,
)
@example("-" * 240 + "attributes:k", {"k": "v"})
@example("(" * 121 + "attributes:k" + ")" * 121, {"k": "v"})
@example("(" * 256, {})
def test_any_text_either_is_a_filter_or_is_refused(text, attributes):
    try:
        matches = parse(text)
    except FilterError:
        return
    assert matches(attributes) in {True, False}


TESTS = st.sampled_from(["attributes:a", 'attributes.a = "x"', 'attributes.b != "y"', 'hasPrefix(attributes.c, "z")'])
SMALL = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "x", "y", "zz"]))


@settings(deadline=None)
@given(TESTS, TESTS, SMALL)
def test_boolean_operators_obey_de_morgan(one, other, attributes):
    assert parse(f"NOT ({one} AND {other})")(attributes) == parse(f"NOT {one} OR NOT {other}")(attributes)
    assert parse(f"-({one} OR {other})")(attributes) == parse(f"-{one} AND -{other}")(attributes)
