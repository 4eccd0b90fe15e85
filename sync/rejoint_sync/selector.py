"""Mango selectors: which documents the filter `_selector` of `_changes` lets pass.

    {"type": "session", "pain.worst": {"$gte": 4}, "$nor": [{"done": "none"}]}

A selector is read once into conditions without negations: `$not` and `$nor` are pushed down to the
comparisons, as CouchDB does, so a missing field fails its comparison and the negated one alike;
only `$exists` speaks of what is not there. `$regex` is not offered: one pattern could occupy the
server.

Values of different kinds are ordered null, false, true, numbers, strings, arrays, objects. Strings
are ordered by code points (CouchDB asks ICU).

Source: Apache CouchDB 3.5 documentation, "/{db}/_find", "Selector Syntax"; mango_selector.erl.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from rejoint_sync.errors import BadRequest, NotOffered

Test = Callable[[Any], bool]
DEPTH_MAX: Final = 50
"""Levels of one selector: deeper ones have no use, and reading them costs stack."""

_ABSENT: Final = object()
_KINDS: Final[tuple[tuple[str, type | tuple[type, ...]], ...]] = (
    ("boolean", bool),
    ("number", (int, float)),
    ("string", str),
    ("array", list),
    ("object", dict),
)
_NEGATED: Final = {
    "$lt": "$gte",
    "$gte": "$lt",
    "$gt": "$lte",
    "$lte": "$gt",
    "$eq": "$ne",
    "$ne": "$eq",
    "$in": "$nin",
    "$nin": "$in",
}
_DOT: Final = re.compile(r"(?<!\\)\.")
_RANKS: Final = {"null": 0, "boolean": 1, "number": 2, "string": 3, "array": 4, "object": 5}


def parse_selector(selector: object) -> Test:
    """Read a selector.

    Args:
        selector: As it stood in the JSON body.

    Returns:
        A test that takes a document, parsed, with `_id` and `_rev`.

    Raises:
        BadRequest: Not an object, or an operator that is unknown or has a wrong argument.
        NotOffered: `$regex`.
    """
    if not isinstance(selector, dict):
        raise BadRequest("selector must be a JSON object.")
    return _read(selector, (), negated=False, depth=0)


def _read(condition: object, path: tuple[str, ...], *, negated: bool, depth: int) -> Test:
    """The test of one condition on the field at `path`."""
    if depth > DEPTH_MAX:
        raise BadRequest(f"A selector may be at most {DEPTH_MAX} levels deep.")
    if not isinstance(condition, dict):
        return _leaf("$eq", condition, path, negated=negated, depth=depth)
    if not condition and path:
        return _leaf("$eq", condition, path, negated=negated, depth=depth)
    tests = [
        _member(name, argument, path, negated=negated, depth=depth + 1)
        for name, argument in condition.items()
    ]
    return tests[0] if len(tests) == 1 else _joined(tests, every=not negated)


def _joined(tests: list[Test], *, every: bool) -> Test:
    if not tests:
        return lambda _: True
    if every:
        return lambda document: all(test(document) for test in tests)
    return lambda document: any(test(document) for test in tests)


def _member(
    name: str, argument: object, path: tuple[str, ...], *, negated: bool, depth: int
) -> Test:
    if not name.startswith("$"):
        field = tuple(part.replace("\\.", ".") for part in _DOT.split(name))
        if not all(field):
            raise BadRequest("A field's name in a selector must not be empty.")
        return _read(argument, path + field, negated=negated, depth=depth)
    if name == "$not":
        return _read(argument, path, negated=not negated, depth=depth)
    if name in ("$and", "$or", "$nor"):
        if not isinstance(argument, list):
            raise BadRequest(f"{name} in a selector takes a list.")
        inverted = negated != (name == "$nor")
        tests = [_read(one, path, negated=inverted, depth=depth) for one in argument]
        return _joined(tests, every=(name == "$and") != inverted)
    return _leaf(name, argument, path, negated=negated, depth=depth)


def _leaf(name: str, argument: object, path: tuple[str, ...], *, negated: bool, depth: int) -> Test:
    """A comparison on one field; `negated` turns it into its opposite, but never for no field."""
    if name == "$exists":
        if not isinstance(argument, bool):
            raise BadRequest("$exists in a selector takes true or false.")
        wanted = argument != negated
        return lambda document: (_field(document, path) is not _ABSENT) == wanted
    if negated and name in _NEGATED:
        name, negated = _NEGATED[name], False
    compare = _comparison(name, argument, depth)

    def test(document: Any) -> bool:
        value = _field(document, path)
        return value is not _ABSENT and compare(value) != negated

    return test


def _field(document: Any, path: tuple[str, ...]) -> Any:
    value = document
    for name in path:
        if isinstance(value, dict):
            value = value.get(name, _ABSENT)
        elif isinstance(value, list) and name.isascii() and name.isdigit() and len(name) < 10:
            value = value[int(name)] if int(name) < len(value) else _ABSENT
        else:
            return _ABSENT
        if value is _ABSENT:
            return _ABSENT
    return value


# ------------------------------------------------------------------------------- comparisons


def _comparison(name: str, argument: Any, depth: int) -> Test:
    if name == "$regex":
        raise NotOffered("$regex in a selector is not offered; use $beginsWith.")
    if name in ("$elemMatch", "$allMatch", "$keyMapMatch"):
        return _inner(name, _read(argument, (), negated=False, depth=depth))
    make = _COMPARISONS.get(name)
    if make is None:
        raise BadRequest(f"unknown operator in a selector: {name[:80]}")
    return make(argument)


def _inner(name: str, test: Test) -> Test:
    if name == "$keyMapMatch":
        return lambda value: isinstance(value, dict) and any(test(key) for key in value)
    if name == "$elemMatch":
        return lambda value: isinstance(value, list) and any(test(one) for one in value)
    return lambda value: isinstance(value, list) and bool(value) and all(test(v) for v in value)


def _kind(value: Any) -> str:
    for name, kind in _KINDS:
        if isinstance(value, kind):
            return name
    return "null"


def order_key(value: Any) -> tuple[Any, ...]:
    """What values are sorted by: their kind, then by their own order."""
    kind = _kind(value)
    rank = _RANKS[kind]
    if kind == "array":
        return (rank, tuple(order_key(one) for one in value))
    if kind == "object":
        return (rank, tuple((name, order_key(value[name])) for name in sorted(value)))
    return (rank,) if value is None else (rank, value)


def _ordered(holds: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    def make(argument: Any) -> Test:
        key = order_key(argument)
        return lambda value: holds(order_key(value), key)

    return make


def _same(value: Any, argument: Any) -> bool:
    return order_key(value) == order_key(argument)


def _list(name: str, argument: Any) -> list[Any]:
    if not isinstance(argument, list):
        raise BadRequest(f"{name} in a selector takes a list.")
    return argument


def _within(argument: Any) -> Test:
    options = {order_key(one) for one in _list("$in", argument)}

    def test(value: Any) -> bool:
        if order_key(value) in options:
            return True
        return isinstance(value, list) and any(order_key(one) in options for one in value)

    return test


def _without(argument: Any) -> Test:
    within = _within(argument)
    return lambda value: not within(value)


def _all(argument: Any) -> Test:
    wanted = _list("$all", argument)

    def test(value: Any) -> bool:
        if not isinstance(value, list) or not wanted:
            return False
        held = {order_key(one) for one in value}
        if all(order_key(one) in held for one in wanted):
            return True
        return len(wanted) == 1 and isinstance(wanted[0], list) and _same(value, wanted[0])

    return test


def _type(argument: Any) -> Test:
    if not isinstance(argument, str) or argument not in _RANKS:
        raise BadRequest("$type in a selector takes the name of a JSON type.")
    return lambda value: _kind(value) == argument


def _whole(value: Any) -> bool:
    return type(value) is int


def _size(argument: Any) -> Test:
    if not _whole(argument) or argument < 0:
        raise BadRequest("$size in a selector takes a whole number, 0 or greater.")
    return lambda value: isinstance(value, list) and len(value) == argument


def _mod(argument: Any) -> Test:
    if not (isinstance(argument, list) and len(argument) == 2 and all(map(_whole, argument))):
        raise BadRequest("$mod in a selector takes [divisor, remainder], whole numbers.")
    divisor, remainder = argument
    if divisor == 0:
        raise BadRequest("$mod in a selector cannot divide by 0.")
    # The remainder has the sign of the value, as in Erlang and JavaScript.
    return lambda value: (
        _whole(value) and (abs(value) % abs(divisor)) * (1 if value >= 0 else -1) == remainder
    )


def _begins(argument: Any) -> Test:
    if not isinstance(argument, str):
        raise BadRequest("$beginsWith in a selector takes a string.")
    return lambda value: isinstance(value, str) and value.startswith(argument)


_COMPARISONS: Final[Mapping[str, Callable[[Any], Test]]] = {
    "$lt": _ordered(lambda value, key: bool(value < key)),
    "$lte": _ordered(lambda value, key: bool(value <= key)),
    "$eq": _ordered(lambda value, key: bool(value == key)),
    "$ne": _ordered(lambda value, key: bool(value != key)),
    "$gte": _ordered(lambda value, key: bool(value >= key)),
    "$gt": _ordered(lambda value, key: bool(value > key)),
    "$in": _within,
    "$nin": _without,
    "$all": _all,
    "$type": _type,
    "$size": _size,
    "$mod": _mod,
    "$beginsWith": _begins,
}
