"""Promises 2 to 6 of the port, for every store."""

import asyncio
from typing import Any

import pytest

from contract.documents import body, edit, revision, rows
from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest, CircleError, ConflictError, Forbidden, NotFound
from rejoint_sync.revision import Revision
from rejoint_sync.stores import ChangesQuery, Store, Stored, View


async def put(store: Store, *documents: Document) -> list[str]:
    """Write revisions as they are; every one must be taken."""
    outcomes = await store.write("circle", documents, new_edits=False)
    assert [outcome.error for outcome in outcomes] == [None] * len(documents)
    return [outcome.rev for outcome in outcomes]


async def stored(store: Store, name: str) -> Stored:
    found = await store.read("circle", name)
    assert found is not None
    return found


async def sequence(store: Store) -> int:
    return (await store.info("circle")).sequence


@pytest.mark.usefixtures("circle")
class TestEdits:
    async def test_a_new_document_gets_generation_one(self, store: Store) -> None:
        document = edit("x", v=1)
        [outcome] = await store.write("circle", [document], new_edits=True)
        assert outcome.rev == str(Revision.of_edit(None, document.tail))
        leaf = (await stored(store, "x")).leaves[0]
        assert (leaf.rev, leaf.ancestors, leaf.deleted) == (outcome.rev, (), False)
        assert leaf.tail == document.tail

    async def test_an_edit_follows_its_parent(self, store: Store) -> None:
        [first] = await store.write("circle", [edit("x", v=1)], new_edits=True)
        [second] = await store.write("circle", [edit("x", first.rev, v=2)], new_edits=True)
        [leaf] = (await stored(store, "x")).leaves
        assert leaf.rev == second.rev
        assert leaf.ancestors == (first.rev.split("-")[1],)
        assert body(leaf.tail)["v"] == 2

    @pytest.mark.parametrize("parent", [None, "1-a", "2-x"])
    async def test_an_edit_of_no_leaf_is_a_conflict(self, store: Store, parent: str | None) -> None:
        await put(store, revision("x", "2-b", "1-a"))
        [outcome] = await store.write("circle", [edit("x", parent)], new_edits=True)
        assert isinstance(outcome.error, ConflictError)
        assert outcome.rev == ""
        assert await sequence(store) == 1

    async def test_an_edit_of_a_document_that_is_not_there_is_a_conflict(
        self, store: Store
    ) -> None:
        [outcome] = await store.write("circle", [edit("x", "1-a")], new_edits=True)
        assert isinstance(outcome.error, ConflictError)
        assert await store.read("circle", "x") is None

    async def test_a_losing_leaf_may_be_edited(self, store: Store) -> None:
        await put(store, revision("x", "1-a"), revision("x", "1-b"))
        [outcome] = await store.write("circle", [edit("x", "1-a", v=2)], new_edits=True)
        assert [leaf.rev for leaf in (await stored(store, "x")).leaves] == [outcome.rev, "1-b"]

    async def test_a_deleted_document_may_be_written_anew(self, store: Store) -> None:
        await put(store, revision("x", "2-b", "1-a", deleted=True))
        [outcome] = await store.write("circle", [edit("x", v=3)], new_edits=True)
        assert outcome.rev.startswith("3-")
        assert (await stored(store, "x")).leaves[0].ancestors == ("b", "a")

    async def test_the_second_of_two_equal_edits_in_one_call_is_a_conflict(
        self, store: Store
    ) -> None:
        one, two = await store.write("circle", [edit("x"), edit("x")], new_edits=True)
        assert one.error is None
        assert isinstance(two.error, ConflictError)

    async def test_a_chain_of_edits_in_one_call(self, store: Store) -> None:
        first = edit("x", v=1)
        rev = str(Revision.of_edit(None, first.tail))
        outcomes = await store.write("circle", [first, edit("x", rev, v=2)], new_edits=True)
        assert [leaf.rev for leaf in (await stored(store, "x")).leaves] == [outcomes[1].rev]

    async def test_an_edit_of_a_deleted_winner_deletes_again(self, store: Store) -> None:
        await put(store, revision("x", "1-a"))
        [gone] = await store.write("circle", [edit("x", "1-a", deleted=True)], new_edits=True)
        leaf = (await stored(store, "x")).leaves[0]
        assert (leaf.rev, leaf.deleted, body(leaf.tail)["_deleted"]) == (gone.rev, True, True)


@pytest.mark.usefixtures("circle")
class TestRevisions:
    async def test_the_same_revision_twice_is_there_once(self, store: Store) -> None:
        """Promise 2: lost answers make clients send again."""
        for _ in range(3):
            assert await put(store, revision("x", "2-b", "1-a")) == ["2-b"]
        assert (await stored(store, "x")).sequence == await sequence(store) == 1

    async def test_the_same_revision_twice_in_one_call_takes_one_number(self, store: Store) -> None:
        await put(store, revision("x", "1-a"), revision("x", "1-a"), revision("y", "1-a"))
        assert await sequence(store) == 2

    async def test_an_ancestor_that_is_known_takes_no_number(self, store: Store) -> None:
        await put(store, revision("x", "2-b", "1-a"))
        assert await put(store, revision("x", "1-a")) == ["1-a"]
        assert await sequence(store) == 1

    async def test_a_known_revision_keeps_its_body(self, store: Store) -> None:
        await put(store, revision("x", "1-a", v="first"))
        await put(store, revision("x", "1-a", v="second"))
        assert body((await stored(store, "x")).leaves[0].tail)["v"] == "first"

    async def test_a_losing_leaf_takes_a_number(self, store: Store) -> None:
        """Promise 3: else a reader who follows the feed never hears of the conflict."""
        await put(store, revision("x", "2-b", "1-a"), revision("y", "1-a"))
        await put(store, revision("x", "1-z"))
        assert (await stored(store, "x")).sequence == 3

    async def test_older_ancestors_take_a_number_and_keep_the_body(self, store: Store) -> None:
        await put(store, revision("x", "3-c", v="winner"))
        await put(store, revision("x", "3-b", v="loser"))
        await put(store, revision("x", "3-c", "2-b", "1-a", v="other"))
        await put(store, revision("x", "3-b", "2-b", v="other"))
        found = await stored(store, "x")
        assert [leaf.ancestors for leaf in found.leaves] == [("b", "a"), ("b", "a")]
        assert [body(leaf.tail)["v"] for leaf in found.leaves] == ["winner", "loser"]
        assert found.sequence == 4

    async def test_every_leaf_keeps_its_own_body(self, store: Store) -> None:
        """Through a change of winner, a new loser, a promotion and a disappearance."""
        steps = [
            (revision("x", "2-b", "1-a"), ["2-b"]),
            (revision("x", "2-a", "1-a"), ["2-b", "2-a"]),
            (revision("x", "2-c", "1-a"), ["2-c", "2-b", "2-a"]),
            (revision("x", "3-d", "2-c", "1-a", deleted=True), ["2-b", "2-a", "3-d"]),
            (revision("x", "3-e", "2-b", "1-a"), ["3-e", "2-a", "3-d"]),
            (revision("x", "3-f", "2-a", "1-a"), ["3-f", "3-e", "3-d"]),
            (revision("x", "4-g", "3-f", "2-a", "1-a", deleted=True), ["3-e", "4-g", "3-d"]),
            (revision("x", "4-h", "3-e", deleted=True), ["4-h", "4-g", "3-d"]),
            (revision("x", "4-i", "3-d"), ["4-i", "4-h", "4-g"]),
        ]
        for number, (document, leaves) in enumerate(steps, start=1):
            await put(store, document)
            found = await stored(store, "x")
            assert [leaf.rev for leaf in found.leaves] == leaves
            assert [body(leaf.tail)["body"] for leaf in found.leaves] == leaves
            assert found.sequence == number

    async def test_a_leaf_may_win_and_lose_again_and_again(self, store: Store) -> None:
        """Its body moves each time and must be there each time."""
        await put(store, revision("x", "1-a"))
        for n in range(2, 8, 2):
            for document, winner in (
                (revision("x", f"{n}-n"), f"{n}-n"),
                (revision("x", f"{n + 1}-n", f"{n}-n", deleted=True), "1-a"),
            ):
                await put(store, document)
                found = await stored(store, "x")
                assert found.leaves[0].rev == winner
                assert [body(leaf.tail)["body"] for leaf in found.leaves] == [
                    leaf.rev for leaf in found.leaves
                ]

    async def test_the_order_of_arrival_does_not_matter(self, store: Store) -> None:
        """Promise 4."""
        parts = [
            revision("x", "2-b", "1-a"),
            revision("x", "3-d", "2-c", "1-a", deleted=True),
            revision("x", "2-z", "1-y", deleted=True),
            revision("x", "2-a", "1-a"),
        ]
        await put(store, *parts)
        await store.create("other", list(reversed(parts)))
        other = await store.read("other", "x")
        assert other is not None
        assert (await stored(store, "x")).leaves == other.leaves
        assert [leaf.rev for leaf in other.leaves] == ["2-b", "2-a", "3-d", "2-z"]

    async def test_a_document_without_a_revision_is_refused_alone(self, store: Store) -> None:
        documents = [edit("x"), revision("y", "1-a")]
        one, two = await store.write("circle", documents, new_edits=False)
        assert isinstance(one.error, BadRequest)
        assert two == type(two)("y", "1-a")

    async def test_long_histories_are_stemmed(self, store: Store) -> None:
        path = [f"{n}-d{n}" for n in range(1200, 0, -1)]
        await put(store, revision("x", *path))
        await put(store, revision("x", "1201-d1201", *path[:3]))
        assert len((await stored(store, "x")).leaves[0].ancestors) == 999

    async def test_names_and_bodies_of_any_text_come_back(self, store: Store) -> None:
        names = ["é", "a/b c?", 'quote"\\', "nul\x00after", "line\u2028", "\U0010ffff", "_design/x"]
        texts: dict[str, Any] = {
            "text": 'é\u2028"\\\x00\x1f😀',
            "number": 2**53 + 1,
            "nested": {"a": [None, 1.5]},
        }
        await put(store, *(revision(name, "1-a", **texts) for name in names))
        for name in names:
            found = await stored(store, name)
            assert found.id == name
            assert body(found.leaves[0].tail) == {"": 0, **texts}
        page = await store.changes("circle", ChangesQuery(include_docs=True))
        assert sorted(row["id"] for row in rows(page)) == sorted(names)
        assert all(row["doc"] == {"_id": row["id"], "_rev": "1-a", **texts} for row in rows(page))


@pytest.mark.usefixtures("circle")
class TestJudge:
    async def test_a_refusal_stands_alone(self, store: Store) -> None:
        """Promise 5: one bad record never blocks the others."""

        def judge(_: View, document: Document) -> None:
            if document.id == "bad":
                raise CircleError("sig", "the signature does not fit")

        documents = [revision(name, "1-a") for name in ("one", "bad", "two")]
        outcomes = await store.write("circle", documents, new_edits=False, judge=judge)
        assert [outcome.rev for outcome in outcomes] == ["1-a", "", "1-a"]
        assert isinstance(outcomes[1].error, CircleError)
        assert await store.read("circle", "bad") is None
        assert await sequence(store) == 2

    async def test_it_sees_what_was_written_before_it_in_the_same_call(self, store: Store) -> None:
        seen = []

        def judge(view: View, document: Document) -> None:
            seen.append((document.id, view.last_id("log:"), view.rev("log:0"), view.rev("old")))

        await put(store, revision("old", "1-a"))
        documents = [revision("log:0", "1-b"), revision("log:1", "1-c"), revision("old", "2-d")]
        await store.write("circle", documents, new_edits=False, judge=judge)
        assert seen == [
            ("log:0", None, None, "1-a"),
            ("log:1", "log:0", "1-b", "1-a"),
            ("old", "log:1", "1-b", "1-a"),
        ]

    async def test_it_sees_the_winner(self, store: Store) -> None:
        seen = []
        await put(store, revision("x", "1-b"), revision("x", "1-a"))
        await put(store, revision("y", "2-b", "1-a", deleted=True))

        def judge(view: View, _: Document) -> None:
            seen.append((view.rev("x"), view.rev("y"), view.rev("z")))

        await store.write("circle", [revision("z", "1-a")], new_edits=False, judge=judge)
        assert seen == [("1-b", "2-b", None)]

    @pytest.mark.parametrize(
        ("prefix", "last"),
        [
            ("a:", "a:\U0010ffff"),
            ("a:0", "a:09"),
            ("a:é", "a:éé"),
            ("a", "a;"),
            ("", "z"),
            ("b", None),
            ("a:\U0010ffff", "a:\U0010ffff"),
            ("\U0010ffff", None),
            ("y\ud7ff", "y\ud7ff!"),
        ],
    )
    async def test_the_last_name_with_a_prefix(
        self, store: Store, prefix: str, last: str | None
    ) -> None:
        names = [
            "a:0",
            "a:09",
            "a:é",
            "a:éé",
            "a:\U0010ffff",
            "a;",
            "z",
            "B",
            "y\ud7ff!",
            "y\ue000",
        ]
        await put(store, *(revision(name, "1-a") for name in names))
        seen = []

        def judge(view: View, _: Document) -> None:
            seen.append(view.last_id(prefix))

        await store.write("circle", [revision("new", "1-a")], new_edits=False, judge=judge)
        assert seen == [last]

    async def test_it_is_asked_for_known_revisions_too(self, store: Store) -> None:
        def judge(_: View, __: Document) -> None:
            raise Forbidden("no")

        await put(store, revision("x", "1-a"))
        documents = [revision("x", "1-a")]
        [outcome] = await store.write("circle", documents, new_edits=False, judge=judge)
        assert isinstance(outcome.error, Forbidden)

    async def test_its_own_mistake_fails_the_call_and_stores_nothing(self, store: Store) -> None:
        """Promise 6: not half of a call, and not its neighbours."""

        def judge(_: View, document: Document) -> None:
            if document.id == "second":
                raise ZeroDivisionError

        documents = [revision("first", "1-a"), revision("second", "1-a")]
        results = await asyncio.gather(
            store.write("circle", [revision("before", "1-a")], new_edits=False),
            store.write("circle", documents, new_edits=False, judge=judge),
            store.write("circle", [revision("after", "1-a")], new_edits=False),
            return_exceptions=True,
        )
        assert isinstance(results[1], ZeroDivisionError)
        names = [found.id for found in await store.range("circle", "", "z", limit=9)]
        assert names == ["after", "before"]
        assert await sequence(store) == 2


@pytest.mark.usefixtures("circle")
class TestWhole:
    @staticmethod
    def judge(view: View, document: Document) -> None:
        """Refuses `bad`, after it had a look, so that nothing can hide in a buffer."""
        view.last_id("")
        if document.id == "bad":
            raise CircleError("seq", "someone was faster")

    async def test_all_is_stored_when_nothing_is_refused(self, store: Store) -> None:
        documents = [revision("a", "1-a"), revision("b", "1-a")]
        outcomes = await store.write(
            "circle", documents, new_edits=False, judge=self.judge, whole=True
        )
        assert [outcome.rev for outcome in outcomes] == ["1-a", "1-a"]
        assert await sequence(store) == 2

    async def test_the_first_refusal_is_raised_and_nothing_is_stored(self, store: Store) -> None:
        await put(store, revision("old", "1-a"))
        await put(store, revision("old", "1-b"))
        before = await stored(store, "old")
        documents = [
            revision("a", "1-a"),
            revision("old", "2-c", "1-b", deleted=True),
            revision("bad", "1-a"),
            revision("b", "1-a"),
        ]
        with pytest.raises(CircleError, match="faster"):
            await store.write("circle", documents, new_edits=False, judge=self.judge, whole=True)
        assert await stored(store, "old") == before
        assert await store.read("circle", "a") is None
        info = await store.info("circle")
        assert (info.documents, info.deleted, info.sequence) == (1, 0, 2)

    async def test_a_conflict_is_a_refusal_too(self, store: Store) -> None:
        with pytest.raises(ConflictError):
            await store.write("circle", [edit("a"), edit("b", "1-x")], new_edits=True, whole=True)
        assert await store.read("circle", "a") is None

    async def test_a_revision_without_a_name_is_a_refusal_too(self, store: Store) -> None:
        with pytest.raises(BadRequest):
            await store.write(
                "circle", [revision("a", "1-a"), edit("b")], new_edits=False, whole=True
            )
        assert await store.read("circle", "a") is None

    async def test_its_neighbours_are_stored(self, store: Store) -> None:
        """Several calls at once share one COMMIT."""
        documents = [revision("a", "1-a"), revision("bad", "1-a")]
        calls = []
        for n in range(5):
            calls += [
                store.write("circle", [revision(f"n{n}", "1-a")], new_edits=False),
                store.write("circle", documents, new_edits=False, judge=self.judge, whole=True),
            ]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [isinstance(result, CircleError) for result in results] == [False, True] * 5
        names = [found.id for found in await store.range("circle", "", "z", limit=9)]
        assert names == [f"n{n}" for n in range(5)]
        assert await sequence(store) == 5

    async def test_compare_and_swap_has_one_winner(self, store: Store) -> None:
        """What appending to the log stands on: many try the same next entry, one gets it."""

        def judge(view: View, document: Document) -> None:
            if view.rev(document.id) is not None:
                raise CircleError("seq", "someone was faster")

        calls = [
            store.write(
                "circle",
                [revision("log:000001", f"1-{n}"), revision(f"wrap:{n}", "1-a")],
                new_edits=False,
                judge=judge,
                whole=True,
            )
            for n in range(20)
        ]
        results = await asyncio.gather(*calls, return_exceptions=True)
        won = [n for n, result in enumerate(results) if not isinstance(result, BaseException)]
        assert len(won) == 1
        leaves = (await stored(store, "log:000001")).leaves
        assert [leaf.rev for leaf in leaves] == [f"1-{won[0]}"]
        wraps = await store.range("circle", "wrap:", "wrap;", limit=99)
        assert [wrap.id for wrap in wraps] == [f"wrap:{won[0]}"]


async def test_writing_to_no_database_is_refused(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.write("nowhere", [edit("x")], new_edits=True)


async def test_an_empty_write_is_answered_with_nothing(store: Store, circle: str) -> None:
    assert await store.write(circle, [], new_edits=True) == []


async def test_many_writers_at_once_lose_nothing(store: Store, circle: str) -> None:
    calls = [
        store.write(circle, [revision(f"d{n:03}", "1-a"), edit("x")], new_edits=False)
        for n in range(100)
    ]
    results = await asyncio.gather(*calls)
    assert all(result[0].rev == "1-a" for result in results)
    assert all(isinstance(result[1].error, BadRequest) for result in results)
    page = await store.changes(circle, ChangesQuery())
    numbers = [int(row["seq"].split("-")[0]) for row in rows(page)]
    assert numbers == list(range(1, 101))


async def test_a_reader_sees_a_call_whole_or_not_at_all(store: Store, circle: str) -> None:
    """Promise 6, watched while it happens."""
    documents = [revision(f"d{n:03}", "1-a") for n in range(300)]
    writing = asyncio.gather(
        *(store.write(circle, documents[n : n + 100], new_edits=False) for n in (0, 100, 200))
    )
    seen = set()
    while not writing.done():
        seen.add(len(await store.range(circle, "", "e", limit=999)))
        await asyncio.sleep(0)
    await writing
    assert seen <= {0, 100, 200, 300}


async def test_a_caller_who_goes_away_harms_nobody(store: Store, circle: str) -> None:
    """A client hangs up in the middle; the next one is answered."""
    leaving = asyncio.ensure_future(store.write(circle, [edit("gone")], new_edits=True))
    staying = asyncio.ensure_future(store.write(circle, [edit("here")], new_edits=True))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying)[0].error is None
    assert await store.read(circle, "here") is not None
    [again] = await store.write(circle, [edit("later")], new_edits=True)
    assert again.error is None
