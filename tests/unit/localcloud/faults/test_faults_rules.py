"""Which calls a rule hits: how often, from when on, and the same ones again for the same seed."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.faults.codes import HTTP_BY_NAME, NAME_BY_HTTP, parse_code
from localcloud.faults.decision import UNTOUCHED
from localcloud.faults.effects import Drop, Duplicate, Error, Malformed, Skew, Span
from localcloud.faults.faults import Faults
from localcloud.faults.rule import Rule, RuleError

COMMIT, GET = "firestore.Commit", "firestore.GetDocument"
UNAVAILABLE = Error(code="UNAVAILABLE")
seeds = st.integers(0, 10**6)
probabilities = st.floats(0.05, 1)


def hit(faults: Faults, calls: list[str]) -> list[bool]:
    """Which of these calls are hit, one after the other."""
    return [faults.decide(call, None) is not UNTOUCHED for call in calls]


def armed(*rules: Rule) -> Faults:
    faults = Faults()
    for rule in rules:
        faults.add(rule)
    return faults


@given(seed=seeds, p=probabilities, calls=st.lists(st.sampled_from([COMMIT, GET]), max_size=60))
def test_the_same_seed_and_the_same_calls_give_the_same_faults(seed, p, calls):
    rules = [
        Rule(call="firestore.*", effect=UNAVAILABLE, p=p, seed=seed),
        Rule(call=COMMIT, effect=Drop(), p=p / 2, seed=seed),
    ]
    assert hit(armed(*rules), calls) == hit(armed(*rules), calls)


@given(seed=seeds, p=probabilities, others=st.lists(st.integers(0, 40), max_size=20))
def test_calls_of_other_names_in_between_change_nothing(seed, p, others):
    rule = Rule(call=COMMIT, effect=UNAVAILABLE, p=p, seed=seed)
    calls = [COMMIT] * 40
    for place in others:
        calls.insert(place, GET)
    mixed = [was for was, call in zip(hit(armed(rule), calls), calls, strict=True) if call == COMMIT]
    assert mixed == hit(armed(rule), [COMMIT] * 40)


@given(seed=seeds, p=probabilities, count=st.integers(1, 5), after=st.integers(0, 20))
def test_count_and_after_cut_out_a_part_of_what_would_be_hit(seed, p, count, after):
    rule = Rule(call=COMMIT, effect=UNAVAILABLE, p=p, seed=seed)
    limited = msgspec.structs.replace(rule, count=count, after=after)
    would = [number for number, was in enumerate(hit(armed(rule), [COMMIT] * 100)) if was]
    does = [number for number, was in enumerate(hit(armed(limited), [COMMIT] * 100)) if was]
    assert does == [number for number in would if number >= after][:count]


@given(seed=seeds, p=probabilities, share=st.floats(0.1, 1))
def test_a_rarer_rule_hits_some_of_the_calls_that_a_more_frequent_one_hits(seed, p, share):
    often = hit(armed(Rule(call=COMMIT, effect=UNAVAILABLE, p=p, seed=seed)), [COMMIT] * 60)
    rarely = hit(armed(Rule(call=COMMIT, effect=UNAVAILABLE, p=p * share, seed=seed)), [COMMIT] * 60)
    assert all(was for was, is_hit in zip(often, rarely, strict=True) if is_hit)


@given(seed=seeds)
def test_a_probability_is_what_it_says(seed):
    hits = sum(hit(armed(Rule(call=COMMIT, effect=UNAVAILABLE, p=0.2, seed=seed)), [COMMIT] * 500))
    assert 50 < hits < 160


def test_other_seeds_hit_other_calls():
    patterns = {
        tuple(hit(armed(Rule(call=COMMIT, effect=UNAVAILABLE, p=0.5, seed=seed)), [COMMIT] * 40)) for seed in range(20)
    }
    assert len(patterns) == 20


def test_two_rules_with_the_same_seed_do_not_hit_the_same_calls():
    error = hit(armed(Rule(call=COMMIT, effect=UNAVAILABLE, p=0.3, seed=1)), [COMMIT] * 100)
    other = hit(armed(Rule(call=COMMIT, effect=Error(code="ABORTED"), p=0.3, seed=1)), [COMMIT] * 100)
    assert error != other


@given(seed=seeds, low=st.floats(-100, 100), length=st.floats(0, 100))
def test_a_skew_lies_in_its_span_and_comes_again_with_its_seed(seed, low, length):
    rule = Rule(call="storage.clock", effect=Skew(seconds=Span(low, low + length)), seed=seed)
    first, second = armed(rule), armed(rule)
    skews = [first.skew("storage.clock") for _ in range(20)]
    assert skews == [second.skew("storage.clock") for _ in range(20)]
    assert all(low <= skew <= low + length + 1e-9 for skew in skews)


@pytest.mark.parametrize("call", [COMMIT, "pubsub.push", "storage.notify", "nobody.Knows"])
def test_without_rules_every_call_is_let_through_untouched(call):
    faults = Faults()
    assert faults.decide(call, None) is UNTOUCHED
    faults.add(Rule(call=GET, effect=UNAVAILABLE))
    assert faults.decide(call, None) is UNTOUCHED
    faults.clear()
    assert faults.decide(GET, None) is UNTOUCHED
    assert faults.skew("storage.clock") == 0


def test_details_are_asked_for_only_by_rules_that_want_to_know():
    asked = []

    def details():
        asked.append(1)
        return {"document": ["jobs/1", "jobs/2"]}

    faults = armed(Rule(call=COMMIT, effect=UNAVAILABLE, count=1))
    faults.decide(COMMIT, details)
    assert not asked
    faults.add(Rule(call=COMMIT, effect=UNAVAILABLE, match={"document": "jobs/2"}))
    assert faults.decide(COMMIT, details) is not UNTOUCHED
    assert asked


def test_a_call_with_other_details_is_not_counted():
    faults = armed(Rule(call=COMMIT, effect=UNAVAILABLE, match={"document": "jobs/"}, after=1))
    other, job = {"document": ["users/1"]}, {"document": ["users/1", "jobs/1"]}
    for details in (other, other, job):
        assert faults.decide(COMMIT, lambda details=details: details) is UNTOUCHED
    assert faults.decide(COMMIT, lambda: job) is not UNTOUCHED
    (rule,) = faults.rules()
    assert (rule.seen, rule.hits) == (2, 1)


def test_rules_are_asked_up_to_the_first_that_ends_the_call():
    faults = armed(
        Rule(call=COMMIT, delay_ms=Span(1, 1)),
        Rule(call=COMMIT, effect=UNAVAILABLE),
        Rule(call=COMMIT, effect=Malformed()),
    )
    decision = faults.decide(COMMIT, None)
    assert len(decision.before) == 2
    assert not decision.malformed
    assert [rule.seen for rule in faults.rules()] == [1, 1, 0]


def test_copies_of_several_rules_add_up():
    faults = armed(
        Rule(call="pubsub.push", effect=Duplicate(copies=2)), Rule(call="pubsub.push", effect=Duplicate(ids="new"))
    )
    assert list(faults.decide("pubsub.push", None).twins()) == [0, 1, 2, 3]
    faults.remove(faults.rules()[1].id)
    assert list(faults.decide("pubsub.push", None).twins()) == [0, 0, 0]
    assert list(UNTOUCHED.twins()) == [0]


def test_what_a_program_adds_is_checked_as_what_comes_over_the_wire():
    with pytest.raises(RuleError, match="<= 1"):
        Faults().add(Rule(call=COMMIT, effect=UNAVAILABLE, p=2))
    with pytest.raises(RuleError, match=r"Did you mean firestore\.Commit"):
        Faults().add(Rule(call="firestore.Comit", effect=UNAVAILABLE))


def test_removing_what_is_not_there_is_a_key_error():
    with pytest.raises(KeyError):
        Faults().remove("f1")


@pytest.mark.parametrize("name", HTTP_BY_NAME)
def test_every_canonical_code_has_a_number(name):
    assert parse_code(name.lower()) == (name, HTTP_BY_NAME[name])


@pytest.mark.parametrize("number", NAME_BY_HTTP)
def test_every_number_has_a_canonical_code(number):
    assert parse_code(number) == parse_code(str(number)) == (NAME_BY_HTTP[number], number)
    assert NAME_BY_HTTP[number] in HTTP_BY_NAME


@pytest.mark.parametrize("given_code", ["", "OK", 200, 304, "x" * 1000, "٥٠٣", -503, 5030, "5 03"])
def test_what_is_no_code_of_a_refusal_is_refused(given_code):
    with pytest.raises(ValueError, match="There is no code"):
        parse_code(given_code)
