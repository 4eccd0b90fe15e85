"""Whatever is changed in a signed thing, it is refused and leaves no trace."""

import copy
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.storm import values
from fuzz.target import Asked, Target, target

LONG = os.environ.get("REJOINT_LONG") == "1"
CHANGES = 1_000 if LONG else 80
quiet = settings(
    max_examples=CHANGES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("circles"), "circles") as opened:
        yield opened


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every member and item below a JSON value."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    return [place for key, inner in pairs for place in [(*path, key), *places(inner, (*path, key))]]


def changed(data: st.DataObject, value: Any) -> Any:
    """The same value with one thing in it changed, taken out or added."""
    other = copy.deepcopy(value)
    *outer, last = data.draw(st.sampled_from(places(other)))
    holder = other
    for key in outer:
        holder = holder[key]
    how = data.draw(st.integers(0, 3))
    if how == 0 and isinstance(holder, dict):
        del holder[last]
    elif how == 1 and isinstance(holder, dict):
        holder[data.draw(st.text(max_size=4))] = data.draw(values)
    elif how == 2 and isinstance(holder[last], str) and holder[last]:
        at = data.draw(st.integers(0, len(holder[last]) - 1))
        text = data.draw(st.sampled_from("AZaz09-_ =\u00fc"))
        holder[last] = holder[last][:at] + text + holder[last][at + 1 :]
    else:
        holder[last] = data.draw(values)
    return other


def everything(served: Target) -> Any:
    answered = served.ask(Asked("GET", b"/db/db1/_all_docs", query=b"include_docs=true"))
    return answered.json()["rows"]


@given(data=st.data())
@quiet
def test_a_changed_record_is_refused(served: Target, data: st.DataObject) -> None:
    before = everything(served)
    document = served.person.record()
    served.person.n -= 1
    other = changed(data, document)
    if other == document:
        return
    rows = served.post(b"/db/db1/_bulk_docs", {"docs": [other], "new_edits": False})
    assert rows.status == 400 or (rows.status == 201 and rows.json()[0]["error"])
    assert everything(served) == before


@given(data=st.data())
@quiet
def test_a_changed_entry_is_refused(served: Target, data: st.DataObject) -> None:
    before = everything(served)
    membership = served.person.membership
    bundle, _ = served.person.invite(1_795_000_000, "therapist")
    served.person.membership = membership
    # The sealed invitation is opaque to the server: only who holds the link can tell.
    signed = {"log": bundle.log, "wraps": []}
    other = changed(data, signed)
    if other == signed:
        return
    answered = served.post(b"/circles/db1/log", other | {"inv": bundle.inv})
    assert 400 <= answered.status < 500
    assert everything(served) == before
