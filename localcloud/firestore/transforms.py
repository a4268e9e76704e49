"""Field transforms: changes whose result depends on what is there or on the time of the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from localcloud.firestore import clock, content, fields, values
from localcloud.firestore.refusals import invalid
from localcloud.firestore.wire import Document, FieldTransform, Value

MAX_TRANSFORMS = 500

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_MILLISECOND = 1000
_REQUEST_TIME = 1
_NUMERIC = ("integer_value", "double_value")

Result = tuple[Value, Value]
"""What the field becomes, and what the answer to the write reports."""


def check(transforms: Sequence[FieldTransform]) -> None:
    """Raises INVALID_ARGUMENT if one can be applied to no document, or two are in each other's way."""
    if len(transforms) > MAX_TRANSFORMS:
        raise invalid(f"more than {MAX_TRANSFORMS} field transforms on one document")
    paths = {_path(transform) for transform in transforms}
    for path in paths:
        if any(path[:length] in paths for length in range(1, len(path))):
            raise invalid(f"field {'.'.join(path)} and a field around it cannot be transformed at the same time")
    for transform in transforms:
        operation = transform.WhichOneof("transform_type")
        if operation is None:
            raise invalid("a field transform has no operation")
        _CHECKS[operation](transform)


def apply(document: Document, transforms: Iterable[FieldTransform], now: int) -> list[Value]:
    """Change `document` by checked transforms, one after another, at commit time `now`; what the answer reports."""
    reports = []
    for transform in transforms:
        path = _path(transform)
        became, report = _OPERATIONS[transform.WhichOneof("transform_type")](
            transform, fields.get(document.fields, path), now
        )
        fields.put(document.fields, path, became)
        reports.append(report)
    return reports


def _path(transform: FieldTransform) -> fields.Path:
    path = fields.parse(transform.field_path)
    if path == fields.NAME:
        raise invalid("__name__ cannot be transformed")
    if len(path) > content.MAX_DEPTH + 1:
        raise invalid(f"a transformed field is nested more than {content.MAX_DEPTH} levels deep")
    return path


def _server_value(_: FieldTransform, __: Value | None, now: int) -> Result:
    # The documented precision of the request time is a millisecond.
    moment = Value(timestamp_value=clock.timestamp(now - now % _MILLISECOND))
    return moment, moment


def _increment(transform: FieldTransform, current: Value | None, _: int) -> Result:
    by = transform.increment
    if current is None or not _is_number(current):
        return by, by
    total = _number(current) + _number(by)
    if isinstance(total, int):
        became = Value(integer_value=max(_INT64_MIN, min(_INT64_MAX, total)))
    else:
        became = Value(double_value=total)
    return became, became


def _maximum(transform: FieldTransform, current: Value | None, _: int) -> Result:
    return _extreme(transform.maximum, current, lambda new, old: new > old)


def _minimum(transform: FieldTransform, current: Value | None, _: int) -> Result:
    return _extreme(transform.minimum, current, lambda new, old: new < old)


def _extreme(operand: Value, current: Value | None, wins: Callable[[float, float], bool]) -> Result:
    """NaN wins over every number; of equal numbers the one that is there stays."""
    if current is None or not _is_number(current) or values.key(operand) == values.NAN:
        return operand, operand
    if values.key(current) != values.NAN and wins(_number(operand), _number(current)):
        return operand, operand
    return current, current


def _append_missing(transform: FieldTransform, current: Value | None, _: int) -> Result:
    became = _array(current)
    present = {values.key(element) for element in became.array_value.values}
    for element in transform.append_missing_elements.values:
        key = values.key(element)
        if key not in present:
            present.add(key)
            became.array_value.values.append(element)
    return became, Value(null_value=0)


def _remove_all(transform: FieldTransform, current: Value | None, _: int) -> Result:
    unwanted = {values.key(element) for element in transform.remove_all_from_array.values}
    became = _array(None)
    became.array_value.values.extend(
        element for element in _array(current).array_value.values if values.key(element) not in unwanted
    )
    return became, Value(null_value=0)


def _array(current: Value | None) -> Value:
    """A copy of the array that is there, or an empty one."""
    copy = Value()
    copy.array_value.SetInParent()
    if current is not None and current.HasField("array_value"):
        copy.array_value.CopyFrom(current.array_value)
    return copy


def _is_number(value: Value) -> bool:
    return value.WhichOneof("value_type") in _NUMERIC


def _number(value: Value) -> int | float:
    number: int | float = getattr(value, value.WhichOneof("value_type"))
    return number


def _check_server_value(transform: FieldTransform) -> None:
    if transform.set_to_server_value != _REQUEST_TIME:
        raise invalid("set_to_server_value supports REQUEST_TIME only")


def _check_numeric(operation: str) -> Callable[[FieldTransform], None]:
    def check_operand(transform: FieldTransform) -> None:
        if not _is_number(getattr(transform, operation)):
            raise invalid(f"the operand of {operation} must be an integer or a double")

    return check_operand


def _check_elements(operation: str) -> Callable[[FieldTransform], None]:
    def check_operand(transform: FieldTransform) -> None:
        for element in getattr(transform, operation).values:
            content.check_value(element, depth=len(_path(transform)), in_array=True)

    return check_operand


_CHECKS: dict[str, Callable[[FieldTransform], None]] = {
    "set_to_server_value": _check_server_value,
    "increment": _check_numeric("increment"),
    "maximum": _check_numeric("maximum"),
    "minimum": _check_numeric("minimum"),
    "append_missing_elements": _check_elements("append_missing_elements"),
    "remove_all_from_array": _check_elements("remove_all_from_array"),
}

_OPERATIONS: dict[str, Callable[[FieldTransform, Value | None, int], Result]] = {
    "set_to_server_value": _server_value,
    "increment": _increment,
    "maximum": _maximum,
    "minimum": _minimum,
    "append_missing_elements": _append_missing,
    "remove_all_from_array": _remove_all,
}
