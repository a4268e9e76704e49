"""Count, sum and average over the results of a query."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from localcloud.firestore import fields, plan
from localcloud.firestore.refusals import invalid
from localcloud.firestore.wire import Document, StructuredAggregationQuery, Value

MAX_AGGREGATIONS = 5

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1

Aggregate = Callable[[Sequence[Document]], Value]


@dataclass(frozen=True, kw_only=True, eq=False)
class Aggregation:
    """A compiled aggregation query: results of `over` go into each of `aggregates`, which have their aliases."""

    over: plan.Plan
    aggregates: dict[str, Aggregate]

    def of(self, results: Sequence[Document]) -> dict[str, Value]:
        """The aggregates of these results."""
        return {alias: aggregate(results) for alias, aggregate in self.aggregates.items()}


def compile_aggregation(parent: str, query: StructuredAggregationQuery) -> Aggregation:
    """Compile an aggregation query below `parent`. Raises INVALID_ARGUMENT."""
    if not query.aggregations:
        raise invalid("Aggregations can not be empty.")
    if len(query.aggregations) > MAX_AGGREGATIONS:
        raise invalid(f"A query may not have more than {MAX_AGGREGATIONS} aggregations.")
    aggregates: dict[str, Aggregate] = {}
    needed = []
    unnamed = 0
    for aggregation in query.aggregations:
        alias = aggregation.alias
        if not alias:
            unnamed += 1
            alias = f"field_{unnamed}"
        fields.check_name(alias)
        if alias in aggregates:
            raise invalid(f"Aggregation aliases contain duplicate alias: {alias}.")
        operator = aggregation.WhichOneof("operator")
        if operator == "count":
            aggregates[alias] = _count(aggregation.count)
        elif operator in _NUMERIC:
            text = getattr(aggregation, operator).field.field_path
            needed.append(text)
            aggregates[alias] = _over_numbers(text, _NUMERIC[operator])
        else:
            raise invalid(f"the aggregation {alias} has no operator")
    over = plan.compile_query(parent, query.structured_query, needed=needed)
    return Aggregation(over=over, aggregates=aggregates)


def _count(operator: StructuredAggregationQuery) -> Aggregate:
    if not operator.HasField("up_to"):
        return lambda results: Value(integer_value=len(results))
    most = operator.up_to.value
    if most < 0:
        raise invalid("up_to of a count must not be negative")
    return lambda results: Value(integer_value=min(len(results), most))


def _over_numbers(text: str, combine: Callable[[list[int], list[float]], Value]) -> Aggregate:
    path = fields.parse(text)
    if path == fields.NAME:
        raise invalid("__name__ cannot be summed up")
    lookup = fields.lookup(path)

    def aggregate(results: Sequence[Document]) -> Value:
        integers, doubles = [], []
        for document in results:
            value = lookup(document)
            if value is None:
                continue
            kind = value.WhichOneof("value_type")
            if kind == "integer_value":
                integers.append(value.integer_value)
            elif kind == "double_value":
                doubles.append(value.double_value)
        return combine(integers, doubles)

    return aggregate


def _sum(integers: list[int], doubles: list[float]) -> Value:
    whole = sum(integers)
    if doubles:
        return Value(double_value=_add([*doubles, float(whole)]))
    if _INT64_MIN <= whole <= _INT64_MAX:
        return Value(integer_value=whole)
    return Value(double_value=float(whole))


def _average(integers: list[int], doubles: list[float]) -> Value:
    count = len(integers) + len(doubles)
    if not count:
        return Value(null_value=0)
    return Value(double_value=_add([*doubles, float(sum(integers))]) / count)


def _add(numbers: Iterable[float]) -> float:
    """The sum of doubles, as exact as a double can be; IEEE 754 where one of them is not finite or the sum is not."""
    listed = list(numbers)
    if all(map(math.isfinite, listed)):
        try:
            return math.fsum(listed)
        except OverflowError:
            pass
    return sum(listed)


_NUMERIC: dict[str, Callable[[list[int], list[float]], Value]] = {"sum": _sum, "avg": _average}
