"""Which filters Firestore lets stand together in one query."""

from __future__ import annotations

import math
from collections.abc import Iterator

from localcloud.firestore.refusals import invalid
from localcloud.firestore.wire import Filter

AND, OR = 1, 2
LT, LE, GT, GE, EQ, NE, CONTAINS, IN, CONTAINS_ANY, NOT_IN = range(1, 11)
IS_NAN, IS_NULL, IS_NOT_NAN, IS_NOT_NULL = range(2, 6)

MAX_DISJUNCTIONS = 30
MAX_NOT_IN = 10
MAX_INEQUALITY_FIELDS = 10

_INEQUALITIES = {LT, LE, GT, GE, NE, NOT_IN}


def check(root: Filter) -> None:
    """Raises INVALID_ARGUMENT if Firestore would refuse the combination."""
    operators = [leaf.field_filter.op for leaf in _leaves(root) if leaf.HasField("field_filter")]
    unary = [leaf.unary_filter.op for leaf in _leaves(root) if leaf.HasField("unary_filter")]
    if sum(op in {NE, NOT_IN} for op in operators) + sum(op in {IS_NOT_NAN, IS_NOT_NULL} for op in unary) > 1:
        raise invalid("only one of NOT_EQUAL, NOT_IN, IS_NOT_NAN and IS_NOT_NULL may be in a query, and once")
    if NOT_IN in operators and (_has_or(root) or not {IN, CONTAINS_ANY}.isdisjoint(operators)):
        raise invalid("'NOT_IN' cannot be used in the same query with 'IN', 'ARRAY_CONTAINS_ANY' or 'OR'")
    if _array_filters(root) > 1:
        raise invalid("only one 'ARRAY_CONTAINS' or 'ARRAY_CONTAINS_ANY' filter is allowed per disjunction")
    if len(inequality_fields(root)) > MAX_INEQUALITY_FIELDS:
        raise invalid(f"a query may not have inequalities on more than {MAX_INEQUALITY_FIELDS} fields")
    disjunctions = _disjunctions(root)
    if disjunctions > MAX_DISJUNCTIONS:
        raise invalid(f"the query has {disjunctions} disjunctions, more than the maximum of {MAX_DISJUNCTIONS}")


def inequality_fields(root: Filter) -> list[str]:
    """The field paths, as spelt and sorted, that an inequality or a "not" filter is on."""
    found = set()
    for leaf in _leaves(root):
        if leaf.HasField("unary_filter") and leaf.unary_filter.op in {IS_NOT_NAN, IS_NOT_NULL}:
            found.add(leaf.unary_filter.field.field_path)
        elif leaf.HasField("field_filter") and leaf.field_filter.op in _INEQUALITIES:
            found.add(leaf.field_filter.field.field_path)
    return sorted(found)


def _leaves(node: Filter) -> Iterator[Filter]:
    if node.HasField("composite_filter"):
        for part in node.composite_filter.filters:
            yield from _leaves(part)
    else:
        yield node


def _has_or(node: Filter) -> bool:
    composite = node.composite_filter
    return (composite.op == OR and len(composite.filters) > 1) or any(map(_has_or, composite.filters))


def _array_filters(node: Filter) -> int:
    """The most array filters that one alternative holds."""
    if node.HasField("composite_filter"):
        parts = map(_array_filters, node.composite_filter.filters)
        return max(parts, default=0) if node.composite_filter.op == OR else sum(parts)
    return int(node.field_filter.op in {CONTAINS, CONTAINS_ANY})


def _disjunctions(node: Filter) -> int:
    """How many alternatives the filter has in disjunctive normal form."""
    if node.HasField("composite_filter"):
        parts = map(_disjunctions, node.composite_filter.filters)
        return max(1, sum(parts)) if node.composite_filter.op == OR else math.prod(parts)
    if node.field_filter.op in {IN, CONTAINS_ANY}:
        return len(node.field_filter.value.array_value.values)
    return 1
