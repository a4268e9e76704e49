"""Counts, sums and averages follow the rules for types, absence and overflow."""

from __future__ import annotations

import math

import pytest
from google.api_core import exceptions
from google.cloud.firestore_v1.base_query import FieldFilter

from tests.contract.firestore.connecting import ROOT

LARGEST = 2**63 - 1


def filled(collection, *documents):
    for number, fields in enumerate(documents):
        collection.document(str(number)).set(fields)
    return collection


def answers(query):
    return {answer.alias: answer.value for row in query.get() for answer in row}


@pytest.mark.parametrize(
    ("numbers", "total", "average"),
    [
        ([1, 2, 3], 6, 2.0),
        ([1, 1.0], 2.0, 1.0),
        ([1, "text", None, 2], 3, 1.5),
        ([LARGEST, 1], 2.0**63, 2.0**62),
        ([LARGEST, 1, -5], LARGEST - 4, (LARGEST - 4) / 3),
        ([1, math.nan], math.nan, math.nan),
        ([math.inf, 1], math.inf, math.inf),
        ([math.inf, -math.inf], math.nan, math.nan),
    ],
    ids=str,
)
def test_a_sum_and_an_average_of(collection, numbers, total, average):
    filled(collection, *({"n": number} for number in numbers))
    found = answers(collection.sum("n", alias="sum").avg("n", alias="avg"))
    assert repr((found["sum"], found["avg"])) == repr((total, average))


@pytest.mark.parametrize("numbers", [[], ["text", None]], ids=str)
def test_where_nothing_is_a_number_the_sum_is_zero_and_there_is_no_average(wire, our_collection, numbers):
    filled(our_collection, *({"n": number} for number in numbers))
    over = {"field": {"field_path": "n"}}
    (answer,) = wire.stream(
        "RunAggregationQuery",
        parent=ROOT,
        structured_aggregation_query={
            "structured_query": {"from_": [{"collection_id": our_collection.id}]},
            "aggregations": [{"alias": "sum", "sum": over}, {"alias": "avg", "avg": over}],
        },
    )
    found = {alias: value.WhichOneof("value_type") for alias, value in answer.result.aggregate_fields.items()}
    assert found == {"sum": "integer_value", "avg": "null_value"}
    assert answer.result.aggregate_fields["sum"].integer_value == 0


def test_a_count_counts_what_the_query_finds(collection):
    filled(collection, {"n": 1}, {"n": 2}, {}, {"n": 3})
    assert answers(collection.count(alias="all")) == {"all": 4}
    assert answers(collection.where(filter=FieldFilter("n", ">", 1)).count(alias="some")) == {"some": 2}
    assert answers(collection.limit(2).count(alias="few")) == {"few": 2}


def test_documents_without_an_aggregated_field_are_not_counted_with_it(collection):
    filled(collection, {"n": 1, "m": 5}, {"n": 2}, {"m": 7}, {"n": "text", "m": 1})
    assert answers(collection.count(alias="c").sum("n", alias="n").sum("m", alias="m")) == {"c": 2, "n": 1, "m": 6}


def test_a_limit_takes_the_lowest_of_the_aggregated_field(collection):
    filled(collection, {"n": 3}, {"n": 1}, {"n": 2})
    assert answers(collection.limit(2).sum("n", alias="sum")) == {"sum": 3}


def test_aggregations_without_a_name_are_numbered(collection):
    filled(collection, {"n": 1})
    assert answers(collection.count().sum("n", alias="named").avg("n")) == {"field_1": 1, "named": 1, "field_2": 1.0}


@pytest.mark.parametrize(
    "query",
    [
        lambda collection: collection.count(alias="a").count(alias="a"),
        lambda collection: collection.count(alias="__a__"),
        lambda collection: collection.sum("a..b"),
    ],
)
def test_aggregations_that_make_no_sense_are_refused(collection, query):
    with pytest.raises(exceptions.InvalidArgument):
        query(collection).get()


def test_more_than_five_aggregations_are_refused(our_collection):
    query = our_collection.count(alias="0")
    for number in range(1, 6):
        query = query.count(alias=str(number))
    with pytest.raises(exceptions.InvalidArgument, match="5"):
        query.get()
