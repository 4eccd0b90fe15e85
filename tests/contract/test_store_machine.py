"""SQLite against the oracle: the same calls in any order give the same answers.

Hypothesis draws the calls. Several are made at once, so that they share a transaction in which some
are refused, and the SQLite store is closed and opened again in between.
"""

import asyncio
import base64
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import apsw
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
from rejoint_sync.stores import ChangesQuery, Leaf, Sight, Store, Stored, View
from rejoint_sync.stores.memory import MemoryStore
from rejoint_sync.stores.sqlite import SqliteStore
from rejoint_sync.stores.sqlite_schema import STORE_FILE

Call = Callable[[Store], Awaitable[Any]]

DATABASES = st.sampled_from(["one", "two"])
ALL_NAMES = ["a", "b", "log:1", "log:2", "wrap:1:me", "wrap:1:you", "é\x00"]
NAMES = st.sampled_from(ALL_NAMES)
DIGESTS = st.sampled_from("abc")


def inline(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SIGHTS = st.sampled_from(
    [
        Sight(),
        Sight("wrap:", ":me"),
        Sight("é", "x"),
        Sight(hidden=((1, "a"), (2, "\x00"))),
        Sight("wrap:", ":me", ((0, "é"),), "a", "wrap:b"),
    ]
)


ATTACHMENTS: st.SearchStrategy[dict[str, Any]] = st.just({}) | st.dictionaries(
    st.sampled_from(["f", "g"]),
    st.fixed_dictionaries({"stub": st.just(value=True)}, optional={"revpos": st.integers(0, 3)})
    | st.fixed_dictionaries(
        {"data": st.sampled_from(["", "one", "two"]).map(inline)},
        optional={"revpos": st.integers(0, 3), "content_type": st.just("x/y")},
    ),
    max_size=2,
)
REVS = st.builds("{}-{}".format, st.integers(1, 5), DIGESTS)


@st.composite
def revisions(draw: st.DrawFn) -> Document:
    """A revision with ancestors, which others may contradict."""
    ids = draw(st.lists(DIGESTS, min_size=1, max_size=4))
    start = draw(st.integers(len(ids), 5))
    value: dict[str, Any] = {"_id": draw(NAMES), "_revisions": {"start": start, "ids": ids}}
    # The body tells where it came from, so that mixed-up bodies show.
    value["body"] = [start, ids]
    value["_attachments"] = draw(ATTACHMENTS)
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
    edits = [
        Document.parse(
            {"_id": draw(NAMES), "_deleted": draw(st.booleans()), "_attachments": draw(ATTACHMENTS)}
        )
    ]
    name, body = draw(NAMES), draw(st.binary(max_size=3))
    after = draw(st.none() | st.integers(0, 3))
    purged = draw(st.dictionaries(NAMES, st.lists(REVS, max_size=4), max_size=3))
    limit = draw(st.sampled_from([0, 1, 2, 3, 1000]))
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
                lambda store: store.local_put(database, name, body, after=after),
                lambda store: store.purge(database, purged),
                lambda store: store.set_revs_limit(database, limit),
                lambda store: store.set_security(database, body),
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


async def all_bytes(
    store: Store, database: str, stored: Stored, earlier: dict[str, Leaf]
) -> list[Any]:
    """Every attachment of every body, and some of each."""
    return [
        await store.attachment(database, stored.id, one.name, rev=leaf.rev, part=part)
        for leaf in (*stored.leaves, *earlier.values())
        for one in leaf.attachments
        for part in (slice(None), slice(1, 2))
    ]


class TwoStores(RuleBasedStateMachine):
    """One SQLite store, one in memory, and the same life for both."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = Path(tempfile.mkdtemp())

    @initialize(history=st.booleans())
    def begin(self, *, history: bool) -> None:
        self.history = history
        self.sqlite = self.opened()
        self.memory = MemoryStore(self.sqlite.incarnation, history=history)
        self.marks = [(self.sqlite.number, self.memory.number)]
        self.same([lambda store: store.create("one")])

    def opened(self) -> SqliteStore:
        return self.runner.run(SqliteStore.open(self.directory, history=self.history))

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

    @rule(
        name=NAMES,
        database=DATABASES,
        member=st.integers(0, 2),
        deleted=st.booleans(),
        attachments=ATTACHMENTS,
    )
    def edit_a_leaf(
        self, *, name: str, database: str, member: int, deleted: bool, attachments: Any
    ) -> None:
        async def edit(store: Store) -> Any:
            stored = await self.memory.read(database, name)
            rev = {"_rev": stored.leaves[member % len(stored.leaves)].rev} if stored else {}
            value = {"_id": name, **rev, "_deleted": deleted, "v": member}
            document = Document.parse(value | {"_attachments": attachments})
            return await store.write(database, [document], new_edits=True)

        # The oracle comes last, since it says which leaf is edited.
        self.same([edit])

    @rule(name=NAMES, database=DATABASES, member=st.integers(0, 2))
    def purge_a_leaf(self, name: str, database: str, member: int) -> None:
        async def purge(store: Store) -> Any:
            stored = await self.memory.read(database, name)
            revs = [stored.leaves[member % len(stored.leaves)].rev] if stored else []
            return await store.purge(database, {name: revs})

        self.same([purge])

    @rule(database=DATABASES)
    def compact(self, database: str) -> None:
        self.same([lambda store: store.compact(database)])

    @rule(query=queries(), database=DATABASES)
    def follow_the_feed(self, query: ChangesQuery, database: str) -> None:
        self.same([lambda store: store.changes(database, query)])

    @rule(database=DATABASES, start=NAMES, end=NAMES, limit=st.integers(0, 5), sight=SIGHTS)
    def read_a_range(self, database: str, start: str, end: str, limit: int, sight: Sight) -> None:
        self.same(
            [
                lambda store: store.range(database, start, end, limit=limit, sight=sight),
                lambda store: store.range(database, start, end, limit=limit, descending=True),
                lambda store: store.local_range(database, start, end, limit=limit),
            ]
        )

    @rule()
    def mark(self) -> None:
        self.marks.append((self.sqlite.number, self.memory.number))

    @rule(back=st.integers(0, 3))
    def go_on_from_a_number(self, back: int) -> None:
        """What changed after a mark is the same, whatever the stores' own numbers are."""
        marks = self.marks[max(0, len(self.marks) - 1 - back)]

        async def after(store: Store) -> Any:
            number = marks[store is self.memory]
            found = await store.behind({"one": None, "two": None}, number)
            pages = [
                await store.changes(name, ChangesQuery(since=at)) for name, at in found.items()
            ]
            return [page.rows for page in pages if page.count]

        self.same([after])

    @rule(at=st.integers(0, 12))
    def go_on_from_a_place(self, at: int) -> None:
        """Which of them have moved on from a number of their own feed."""
        self.same([lambda store: store.behind({"one": at, "two": at})])

    @rule()
    def restart(self) -> None:
        self.runner.run(self.sqlite.close())
        self.sqlite = self.opened()

    @invariant()
    def they_hold_the_same(self) -> None:
        async def all_of(store: Store, database: str) -> Any:
            local = {name: await store.local_get(database, name) for name in ALL_NAMES}
            stored = await store.read_many(database, ALL_NAMES)
            earlier = {name: await store.earlier(database, name) for name in ALL_NAMES}
            return (
                await store.info(database),
                stored,
                earlier,
                await store.trees(database, ALL_NAMES),
                [await all_bytes(store, database, one, earlier[one.id]) for one in stored.values()],
                await store.changes(database, ChangesQuery(all_leaves=True, include_docs=True)),
                await store.security(database),
                local,
            )

        self.same([lambda store: store.databases()])
        self.same([lambda store: all_of(store, "one"), lambda store: all_of(store, "two")])

    @invariant()
    def nothing_is_kept_that_nobody_has(self) -> None:
        """The tables of attachments, looked at from aside."""
        orphans = (
            "SELECT count(*) FROM blob b WHERE NOT EXISTS (SELECT 1 FROM holder h"
            " WHERE h.database = b.database AND h.hash = b.hash) AND NOT EXISTS"
            " (SELECT 1 FROM loose l WHERE l.database = b.database AND l.hash = b.hash)"
        )
        lost = (
            "SELECT count(*) FROM holder h WHERE NOT EXISTS (SELECT 1 FROM blob b"
            " WHERE h.database = b.database AND h.hash = b.hash)"
        )
        connection = apsw.Connection(str(self.directory / STORE_FILE))
        assert [connection.execute(sql).get for sql in (orphans, lost)] == [0, 0]
        connection.close()

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
    examples = int(os.environ.get("REJOINT_MACHINE_EXAMPLES", "200"))
    long = settings(SMALL, max_examples=examples, stateful_step_count=50)
    run_state_machine_as_test(TwoStores, settings=long)
