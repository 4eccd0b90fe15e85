"""Which documents a selector lets pass; compared with what CouchDB answers for the same."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.errors import BadRequest, NotOffered, SyncError
from rejoint_sync.selector import DEPTH_MAX, order_key, parse_selector

DOCUMENT: dict[str, Any] = {
    "_id": "a",
    "n": 5,
    "s": "word",
    "t": True,
    "z": None,
    "list": [1, 2, 3],
    "of": [{"a": 1}, {"a": 2}],
    "deep": {"er": {"est": 7}},
    "a.b": 1,
    "empty": {},
}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({}, True),
        ({"n": 5}, True),
        ({"n": 5.0}, True),
        ({"n": 6}, False),
        ({"n": "5"}, False),
        ({"t": 1}, False),
        ({"z": None}, True),
        ({"none": None}, False),
        ({"n": 5, "s": "word"}, True),
        ({"n": 5, "s": "other"}, False),
        ({"deep.er.est": 7}, True),
        ({"deep": {"er": {"est": {"$gt": 6}}}}, True),
        ({"deep.er.none": {"$exists": False}}, True),
        ({"a\\.b": 1}, True),
        ({"list.1": 2}, True),
        ({"list.9": {"$exists": False}}, True),
        ({"empty": {}}, True),
        ({"n": {}}, False),
        ({"n": {"$gt": 4, "$lt": 6}}, True),
        ({"n": {"$gt": 5}}, False),
        ({"n": {"$gte": 5, "$lte": 5}}, True),
        ({"n": {"$lt": "a"}}, True),
        ({"s": {"$gt": 10**9}}, True),
        ({"none": {"$lt": 5}}, False),
        ({"n": {"$ne": 6}}, True),
        ({"none": {"$ne": 6}}, False),
        ({"n": {"$exists": True}}, True),
        ({"none": {"$exists": True}}, False),
        ({"n": {"$in": [4, 5]}}, True),
        ({"n": {"$nin": [4, 5]}}, False),
        ({"list": {"$in": [3]}}, True),
        ({"list": {"$nin": [9]}}, True),
        ({"list": {"$all": [1, 3]}}, True),
        ({"list": {"$all": [1, 9]}}, False),
        ({"list": {"$all": []}}, False),
        ({"list": {"$all": [[1, 2, 3]]}}, True),
        ({"n": {"$all": [5]}}, False),
        ({"list": {"$size": 3}}, True),
        ({"list": {"$size": 2}}, False),
        ({"n": {"$size": 1}}, False),
        ({"n": {"$type": "number"}}, True),
        ({"t": {"$type": "number"}}, False),
        ({"z": {"$type": "null"}}, True),
        ({"deep": {"$type": "object"}}, True),
        ({"n": {"$mod": [3, 2]}}, True),
        ({"s": {"$mod": [3, 2]}}, False),
        ({"s": {"$beginsWith": "wo"}}, True),
        ({"n": {"$beginsWith": "5"}}, False),
        ({"list": {"$elemMatch": {"$gt": 2}}}, True),
        ({"list": {"$elemMatch": {"$gt": 3}}}, False),
        ({"of": {"$elemMatch": {"a": 2}}}, True),
        ({"list": {"$allMatch": {"$gt": 0}}}, True),
        ({"list": {"$allMatch": {"$gt": 1}}}, False),
        ({"n": {"$allMatch": {"$gt": 0}}}, False),
        ({"deep": {"$keyMapMatch": {"$eq": "er"}}}, True),
        ({"$and": [{"n": 5}, {"s": "word"}]}, True),
        ({"$and": []}, True),
        ({"$or": [{"n": 6}, {"s": "word"}]}, True),
        ({"$or": [{"n": 6}, {"s": "other"}]}, False),
        ({"n": {"$or": [{"$lt": 2}, {"$gt": 4}]}}, True),
        ({"$nor": [{"n": 6}, {"s": "other"}]}, True),
        ({"$nor": [{"n": 6}, {"s": "word"}]}, False),
        ({"$not": {"n": 5}}, False),
        ({"$not": {"n": 6}}, True),
        ({"$not": {"none": 6}}, False),
        ({"$not": {"none": {"$exists": True}}}, True),
        ({"n": {"$not": {"$gt": 9}}}, True),
        ({"$not": {"$not": {"n": 5}}}, True),
        ({"$not": {"$or": [{"n": 6}, {"s": "word"}]}}, False),
        ({"$not": {"$and": [{"n": 5}, {"s": "other"}]}}, True),
        ({"list": {"$not": {"$size": 2}}}, True),
        ({"_id": {"$gt": None}}, True),
    ],
)
def test_lets_pass_what_couchdb_lets_pass(selector: object, expected: bool) -> None:  # noqa: FBT001
    assert parse_selector(selector)(DOCUMENT) is expected


@pytest.mark.parametrize(
    "selector",
    [
        [],
        "n",
        {"n": {"$other": 1}},
        {"$and": {}},
        {"$or": 1},
        {"n": {"$exists": 1}},
        {"n": {"$in": 5}},
        {"n": {"$type": "word"}},
        {"n": {"$type": []}},
        {"n": {"$size": -1}},
        {"n": {"$mod": [0, 1]}},
        {"n": {"$mod": [1.5, 1]}},
        {"n": {"$beginsWith": 1}},
        {"": 1},
        {"a..b": 1},
    ],
)
def test_refuses_what_cannot_be_read(selector: object) -> None:
    with pytest.raises(BadRequest):
        parse_selector(selector)


def test_a_pattern_is_not_offered() -> None:
    with pytest.raises(NotOffered):
        parse_selector({"s": {"$regex": "(a+)+b"}})


def test_a_selector_is_not_endless() -> None:
    selector: dict[str, Any] = {"n": 5}
    for _ in range(DEPTH_MAX + 1):
        selector = {"$not": selector}
    with pytest.raises(BadRequest):
        parse_selector(selector)


def test_kinds_are_ordered() -> None:
    values = [None, False, True, -1, 1.5, "", "a", [], [1], {}, {"a": 1}]
    shuffled = [*values[6:], *values[:6]]
    assert sorted(shuffled, key=order_key) == values
    assert order_key({"a": 1, "b": 2}) == order_key({"b": 2, "a": 1})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["$and", "$or", "$not", "$nor", "$in", "$gt", "$elemMatch", "$mod"])
            | st.text(max_size=3),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@given(JSON, JSON)
def test_anything_is_read_or_refused(selector: object, document: object) -> None:
    with contextlib.suppress(SyncError):
        assert parse_selector(selector)(document) in (True, False)
