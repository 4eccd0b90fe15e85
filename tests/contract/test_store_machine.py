"""SQLite against the oracle: the same calls in any order give the same answers.

Hypothesis draws the calls. Several are made at once, so that they share a transaction in which some
are refused, and the SQLite store is closed and opened again in between.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError, SyncError
from rejoint_sync.stores import ChangesQuery, Sight, Store, View
from rejoint_sync.stores.memory import MemoryStore
from rejoint_sync.stores.sqlite import SqliteStore

Call = Callable[[Store], Awaitable[Any]]

DATABASES = st.sampled_from(["one", "two"])
ALL_NAMES = ["a", "b", "log:1", "log:2", "wrap:1:me", "wrap:1:you", "é\x00"]
NAMES = st.sampled_from(ALL_NAMES)
DIGESTS = st.sampled_from("abc")
SIGHTS = st.sampled_from([Sight(), Sight("wrap:", ":me"), Sight("é", "x")])


@st.composite
def revisions(draw: st.DrawFn) -> Document:
    """A revision with ancestors, which others may contradict."""
    ids = draw(st.lists(DIGESTS, min_size=1, max_size=4))
    start = draw(st.integers(len(ids), 5))
    value: dict[str, Any] = {"_id": draw(NAMES), "_revisions": {"start": start, "ids": ids}}
    # The body tells where it came from, so that mixed-up bodies show.
    value["body"] = [start, ids]
    if draw(st.booleans()):
        value["_deleted"] = True
    return Document.parse(value)


def judge(view: View, document: Document) -> None:
    """Refuses by what it sees: the name, the winner, and the last name of its kind."""
    rev = view.rev(document.id) or ""
    last = view.last_id(document.id[:3]) or ""
    if (len(document.tail) + len(rev) + len(last)) % 3 == 0:
        raise CircleError("authz", "not this time")


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """One call that changes something."""
    database = draw(DATABASES)
    documents = draw(st.lists(revisions(), max_size=4))
    judged = judge if draw(st.booleans()) else None
    whole = draw(st.booleans())
    edits = [Document.parse({"_id": draw(NAMES), "_deleted": draw(st.booleans())})]
    name, body = draw(NAMES), draw(st.binary(max_size=3))
    drawn: Call = draw(
        st.sampled_from(
            [
                *[
                    lambda store: store.write(
                        database, documents, new_edits=False, judge=judged, whole=whole
                    )
                ]
                * 6,
                lambda store: store.write(database, edits, new_edits=True, judge=judged),
                lambda store: store.create(database, documents),
                lambda store: store.delete(database),
                lambda store: store.local_put(database, name, body),
                lambda store: store.local_delete(database, name),
            ]
        )
    )
    return drawn


@st.composite
def queries(draw: st.DrawFn) -> ChangesQuery:
    return ChangesQuery(
        since=draw(st.integers(0, 12)),
        limit=draw(st.integers(0, 6)),
        descending=draw(st.booleans()),
        all_leaves=draw(st.booleans()),
        include_docs=draw(st.booleans()),
        document_ids=draw(st.none() | st.frozensets(NAMES, max_size=3)),
        sight=draw(SIGHTS),
    )


def comparable(answer: Any) -> Any:
    """Errors compared by kind and text, also inside outcomes."""
    if isinstance(answer, SyncError):
        return (type(answer), answer.reason)
    assert not isinstance(answer, BaseException), answer
    if isinstance(answer, list):
        return [
            (one.id, one.rev, comparable(one.error)) if hasattr(one, "error") else one
            for one in answer
        ]
    return answer


class TwoStores(RuleBasedStateMachine):
    """One SQLite store, one in memory, and the same life for both."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = Path(tempfile.mkdtemp())
        self.sqlite = self.runner.run(SqliteStore.open(self.directory))
        self.memory = MemoryStore(self.sqlite.incarnation)

    @initialize()
    def begin(self) -> None:
        self.same([lambda store: store.create("one")])

    def same(self, made: list[Call]) -> None:
        """Make the calls at once, in this order, and compare the answers."""

        async def answers(store: Store) -> list[Any]:
            tasks = [asyncio.ensure_future(call(store)) for call in made]
            found = await asyncio.gather(*tasks, return_exceptions=True)
            return [comparable(answer) for answer in found]

        assert self.runner.run(answers(self.sqlite)) == self.runner.run(answers(self.memory))

    @rule(made=st.lists(calls(), min_size=1, max_size=4))
    def change(self, made: list[Call]) -> None:
        self.same(made)

    @rule(name=NAMES, database=DATABASES, member=st.integers(0, 2), deleted=st.booleans())
    def edit_a_leaf(self, *, name: str, database: str, member: int, deleted: bool) -> None:
        async def edit(store: Store) -> Any:
            stored = await self.memory.read(database, name)
            rev = {"_rev": stored.leaves[member % len(stored.leaves)].rev} if stored else {}
            document = Document.parse({"_id": name, **rev, "_deleted": deleted, "v": member})
            return await store.write(database, [document], new_edits=True)

        # The oracle comes last, since it says which leaf is edited.
        self.same([edit])

    @rule(query=queries(), database=DATABASES)
    def follow_the_feed(self, query: ChangesQuery, database: str) -> None:
        self.same([lambda store: store.changes(database, query)])

    @rule(database=DATABASES, start=NAMES, end=NAMES, limit=st.integers(0, 5), sight=SIGHTS)
    def read_a_range(self, database: str, start: str, end: str, limit: int, sight: Sight) -> None:
        self.same([lambda store: store.range(database, start, end, limit=limit, sight=sight)])

    @rule()
    def restart(self) -> None:
        self.runner.run(self.sqlite.close())
        self.sqlite = self.runner.run(SqliteStore.open(self.directory))

    @invariant()
    def they_hold_the_same(self) -> None:
        async def all_of(store: Store, database: str) -> Any:
            local = {name: await store.local_get(database, name) for name in ALL_NAMES}
            return (
                await store.info(database),
                await store.read_many(database, ALL_NAMES),
                await store.changes(database, ChangesQuery(all_leaves=True, include_docs=True)),
                local,
            )

        self.same([lambda store: store.databases()])
        self.same([lambda store: all_of(store, "one"), lambda store: all_of(store, "two")])

    def teardown(self) -> None:
        self.runner.run(self.sqlite.close())
        self.runner.close()
        shutil.rmtree(self.directory)


SMALL = settings(
    max_examples=20,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_sqlite_behaves_as_the_oracle() -> None:
    run_state_machine_as_test(TwoStores, settings=SMALL)


@pytest.mark.long
def test_sqlite_behaves_as_the_oracle_for_long() -> None:
    examples = int(os.environ.get("REJOINT_MACHINE_EXAMPLES", "500"))
    long = settings(SMALL, max_examples=examples, stateful_step_count=50)
    run_state_machine_as_test(TwoStores, settings=long)
