"""Filters of a query, compiled to predicates.

A document without the field never matches. Comparisons look within one type only. Null and NaN equal nothing and are in
no order: IS_NULL and IS_NAN find them. The "not" filters match every other value but null.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from localcloud.firestore import content, fields, filter_rules, values
from localcloud.firestore.filter_rules import (
    AND,
    CONTAINS,
    CONTAINS_ANY,
    EQ,
    GE,
    GT,
    IN,
    IS_NAN,
    IS_NOT_NAN,
    IS_NOT_NULL,
    IS_NULL,
    LE,
    LT,
    NE,
    NOT_IN,
    OR,
)
from localcloud.firestore.refusals import invalid
from localcloud.firestore.wire import Document, Filter, Value

Predicate = Callable[[Document], bool]
Test = Callable[[Value], bool]

_LISTS = {IN: "IN", CONTAINS_ANY: "ARRAY_CONTAINS_ANY", NOT_IN: "NOT_IN"}


def compile_filter(root: Filter) -> Predicate:
    """The predicate of a whole filter. Raises INVALID_ARGUMENT if Firestore would refuse it."""
    filter_rules.check(root)
    return _compile(root)


def _compile(node: Filter) -> Predicate:
    kind = node.WhichOneof("filter_type")
    if kind == "composite_filter":
        return _composite(node.composite_filter)
    if kind == "unary_filter":
        return _unary(node.unary_filter)
    if kind == "field_filter":
        return _field(node.field_filter)
    raise invalid("a filter is empty")


def _composite(node: Any) -> Predicate:
    parts = [_compile(part) for part in node.filters]
    if node.op not in {AND, OR}:
        raise invalid("a composite filter must be AND or OR")
    if not parts:
        return lambda _: True
    if len(parts) == 1:
        return parts[0]
    if node.op == AND:
        return lambda document: all(part(document) for part in parts)
    return lambda document: any(part(document) for part in parts)


def _unary(node: Any) -> Predicate:
    test = _UNARY.get(node.op)
    if test is None:
        raise invalid("a unary filter must be IS_NAN, IS_NULL, IS_NOT_NAN or IS_NOT_NULL")
    path = fields.parse(node.field.field_path)
    if path == fields.NAME:
        raise invalid("__name__ is always a reference: it cannot be compared with null or NaN")
    return _on_field(path, test)


def _field(node: Any) -> Predicate:
    if node.op not in _TESTS:
        raise invalid("a field filter has an unknown operator")
    operands = _operands(node)
    path = fields.parse(node.field.field_path)
    if path == fields.NAME:
        return _on_name(node.op, operands)
    if node.op == EQ and operands[0].string_value:
        return _equals_text(path, operands[0].string_value)
    return _on_field(path, _TESTS[node.op]([values.key(operand) for operand in operands]))


def _operands(node: Any) -> list[Value]:
    """The value or the listed values of a field filter, checked."""
    if node.op not in _LISTS:
        content.check_value(node.value)
        return [node.value]
    if not node.value.array_value.values:
        raise invalid(f"'{_LISTS[node.op]}' requires a non-empty array value")
    operands = list(node.value.array_value.values)
    most = filter_rules.MAX_NOT_IN if node.op == NOT_IN else filter_rules.MAX_DISJUNCTIONS
    if len(operands) > most:
        raise invalid(f"'{_LISTS[node.op]}' supports up to {most} comparison values")
    for operand in operands:
        content.check_value(operand)
    return operands


def _on_field(path: fields.Path, test: Test) -> Predicate:
    lookup = fields.lookup(path)

    def predicate(document: Document) -> bool:
        value = lookup(document)
        return value is not None and test(value)

    return predicate


def _on_name(operator: int, operands: list[Value]) -> Predicate:
    if operator in {CONTAINS, CONTAINS_ANY}:
        raise invalid("__name__ is no array")
    if any(not operand.HasField("reference_value") for operand in operands):
        raise invalid("__name__ can only be compared with document references")
    test = _TESTS[operator]([values.key(operand) for operand in operands])
    if operator in {EQ, IN}:
        wanted = {operand.reference_value for operand in operands}
        return lambda document: document.name in wanted
    return lambda document: test(Value(reference_value=document.name))


def _equals_text(path: fields.Path, text: str) -> Predicate:
    """The commonest filter by far, without making keys."""
    lookup = fields.lookup(path)

    def predicate(document: Document) -> bool:
        value = lookup(document)
        return value is not None and bool(value.string_value == text)

    return predicate


def _is_ordinary(key: values.Key) -> bool:
    return key not in {values.NULL, values.NAN}


def _comparison(holds: Callable[[values.Key, values.Key], bool]) -> Callable[[list[values.Key]], Test]:
    def make(operands: list[values.Key]) -> Test:
        (operand,) = operands
        if not _is_ordinary(operand):
            return lambda _: False

        def test(value: Value) -> bool:
            key = values.key(value)
            return bool(key[0] == operand[0]) and holds(key, operand)

        return test

    return make


def _one_of(operands: list[values.Key]) -> Test:
    wanted = {operand for operand in operands if _is_ordinary(operand)}
    return lambda value: values.key(value) in wanted


def _none_of(operands: list[values.Key]) -> Test:
    if values.NULL in operands:
        return lambda _: False
    unwanted = {values.NULL, *(operand for operand in operands if operand != values.NAN)}
    return lambda value: values.key(value) not in unwanted


def _contains(operands: list[values.Key]) -> Test:
    wanted = {operand for operand in operands if _is_ordinary(operand)}
    return lambda value: any(values.key(element) in wanted for element in value.array_value.values)


_TESTS: dict[int, Callable[[list[values.Key]], Test]] = {
    LT: _comparison(lambda key, operand: key < operand),
    LE: _comparison(lambda key, operand: key <= operand),
    GT: _comparison(lambda key, operand: key > operand),
    GE: _comparison(lambda key, operand: key >= operand),
    EQ: _one_of,
    NE: _none_of,
    CONTAINS: _contains,
    IN: _one_of,
    CONTAINS_ANY: _contains,
    NOT_IN: _none_of,
}


def _is_nan(value: Value) -> bool:
    return math.isnan(value.double_value)


def _is_null(value: Value) -> bool:
    return bool(value.HasField("null_value"))


_UNARY: dict[int, Test] = {
    IS_NAN: _is_nan,
    IS_NULL: _is_null,
    IS_NOT_NAN: lambda value: not _is_nan(value) and not _is_null(value),
    IS_NOT_NULL: lambda value: not _is_null(value),
}
