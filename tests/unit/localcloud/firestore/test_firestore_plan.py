"""A query over many documents lets others run in between, and finds the same."""

from __future__ import annotations

import asyncio
import random

import pytest

from localcloud.firestore.plan import compile_query
from localcloud.firestore.wire import StructuredQuery
from tests.unit.localcloud.firestore.making import ROOT, document

chance = random.Random(3)
MANY = [document(f"a/{number}", {"x": chance.randrange(20), "y": chance.random()}) for number in range(1500)]


def query(*orders, **options):
    made = StructuredQuery(**options)
    made.from_.add().collection_id = "a"
    for field, direction in orders:
        made.order_by.add(direction=direction).field.field_path = field
    return compile_query(ROOT, made)


@pytest.mark.parametrize(
    "options", [{}, {"limit": {"value": 7}}, {"limit": {"value": 900}, "offset": 3}, {"offset": 5}]
)
@pytest.mark.parametrize("orders", [[], [("x", 1)], [("x", 2), ("y", 2)], [("x", 1), ("y", 2)]])
def test_results_are_the_same_in_slices_and_at_once(orders, options):
    plan = query(*orders, **options)
    at_once = plan.results(MANY)
    assert asyncio.run(plan.results_in_slices(MANY)) == at_once
    everything = query(*orders).results(MANY)
    first = options.get("offset", 0)
    assert at_once == everything[first : first + options.get("limit", {"value": len(MANY)})["value"]]
    assert len(everything) == len(MANY)


def test_others_run_while_many_documents_are_looked_at():
    async def scenario():
        turns = 0
        done = asyncio.create_task(query(("y", 1)).results_in_slices(MANY))
        while not done.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(scenario()) >= 3


def test_documents_keep_their_order_among_equals_by_name():
    names = [found.name for found in query(("x", 2)).results(MANY) if found.fields["x"].integer_value == 7]
    assert names == sorted(names, reverse=True)
