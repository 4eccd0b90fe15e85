"""Promises 7 and 8 of the port, for every store."""

import base64
import gzip
from typing import Any

import pytest

from contract.documents import rows
from rejoint_sync.attachment import Attachment, md5_digest
from rejoint_sync.document import Document
from rejoint_sync.errors import MissingStub
from rejoint_sync.stores import ChangesQuery, Leaf, Store

pytestmark = pytest.mark.usefixtures("circle")

STUB = {"stub": True}


def data(text: str, **members: Any) -> dict[str, Any]:
    return {
        "content_type": "text/plain",
        "data": base64.b64encode(text.encode()).decode(),
    } | members


def with_attachments(rev: str | None = None, **attachments: dict[str, Any]) -> Document:
    """An edit."""
    value = {"_id": "x", "_attachments": attachments} | ({"_rev": rev} if rev else {})
    return Document.parse(value)


def revision(*path: str, **attachments: dict[str, Any]) -> Document:
    generation = int(path[0].split("-")[0])
    ids = [rev.split("-")[1] for rev in path]
    return Document.parse(
        {
            "_id": "x",
            "_revisions": {"start": generation, "ids": ids},
            "_attachments": attachments,
            "body": path[0],
        }
    )


async def edit(store: Store, document: Document) -> str:
    [outcome] = await store.write("circle", [document], new_edits=True)
    if outcome.error:
        raise outcome.error
    return outcome.rev


async def put(store: Store, *documents: Document) -> None:
    for document in documents:
        [outcome] = await store.write("circle", [document], new_edits=False)
        if outcome.error:
            raise outcome.error


async def leaves(store: Store) -> tuple[Leaf, ...]:
    stored = await store.read("circle", "x")
    assert stored is not None
    return stored.leaves


async def names(store: Store) -> list[str]:
    return sorted(one.name for one in (await leaves(store))[0].attachments)


async def content(store: Store, name: str, **which: Any) -> bytes | None:
    found = await store.attachment("circle", "x", name, **which)
    return found[1] if found else None


async def test_an_attachment_comes_back_as_it_was_sent(store: Store) -> None:
    rev = await edit(store, with_attachments(a=data("hello"), b=data("", content_type="x/y")))
    expected = Attachment.of("a", b"hello", content_type="text/plain", revpos=1)
    assert await store.attachment("circle", "x", "a") == (expected, b"hello")
    assert await store.attachment("circle", "x", "a", rev=rev) == (expected, b"hello")
    assert await content(store, "b") == b""
    [leaf] = await leaves(store)
    assert {one.name: one.content_type for one in leaf.attachments} == {
        "a": "text/plain",
        "b": "x/y",
    }
    assert b"_attachments" not in leaf.tail


async def test_what_is_not_there_is_nothing(store: Store) -> None:
    await edit(store, with_attachments(a=data("hello")))
    assert await content(store, "b") is None
    assert await content(store, "a", rev="1-other") is None
    assert await store.attachment("circle", "y", "a") is None


@pytest.mark.parametrize(
    "part",
    [slice(0, 2), slice(1, 4), slice(3, None), slice(4, 99), slice(9, 12), slice(0, 0)],
)
async def test_a_part_of_the_bytes(store: Store, part: slice) -> None:
    await edit(store, with_attachments(a=data("hello")))
    assert await content(store, "a", part=part) == b"hello"[part]


async def test_bytes_of_any_kind_and_size(store: Store) -> None:
    for payload in (b"\x00", bytes(range(256)) * 4096):
        document = Document.parse(
            {"_id": "x", "_attachments": {"é /\n": {"data": base64.b64encode(payload).decode()}}}
            | {"_rev": f"{len(payload)}-a"}
        )
        await put(store, document)
        assert await content(store, "é /\n", rev=f"{len(payload)}-a") == payload


async def test_gzip_is_kept_as_it_came(store: Store) -> None:
    zipped = gzip.compress(b"hello" * 50, mtime=0)
    value = {
        "_id": "x",
        "_rev": "1-a",
        "_attachments": {
            "a": {"follows": True, "encoding": "gzip", "length": 250, "content_type": "x/y"}
        },
    }
    await put(store, Document.parse(value, follows={"a": zipped}))
    found = await store.attachment("circle", "x", "a")
    assert found is not None
    assert found[1] == zipped
    assert found[0].digest == md5_digest(zipped)
    assert (found[0].gzipped, found[0].length, found[0].encoded_length) == (True, 250, len(zipped))


async def test_stubs_carry_attachments_from_edit_to_edit(store: Store) -> None:
    first = await edit(store, with_attachments(a=data("one"), b=data("two")))
    second = await edit(store, with_attachments(first, a=STUB, c=data("three")))
    assert await names(store) == ["a", "c"]
    assert await content(store, "a") == b"one"
    positions = {one.name: one.revpos for one in (await leaves(store))[0].attachments}
    assert positions == {"a": 1, "c": 2}
    await edit(store, with_attachments(second, a=data("four"), c=STUB | {"revpos": 2}))
    assert await content(store, "a") == b"four"
    assert await content(store, "c") == b"three"


async def test_an_edit_without_stubs_has_no_attachments(store: Store) -> None:
    first = await edit(store, with_attachments(a=data("one")))
    await edit(store, with_attachments(first))
    assert await names(store) == []


async def test_a_stub_of_nothing_is_refused(store: Store) -> None:
    first = await edit(store, with_attachments(a=data("one")))
    before = await store.info("circle")
    for document in (
        with_attachments(first, b=STUB),
        with_attachments(first, a=STUB | {"revpos": 9}),
    ):
        with pytest.raises(MissingStub):
            await edit(store, document)
    for document in (revision("3-c", b=STUB), revision("2-c", "1-q", a=STUB)):
        with pytest.raises(MissingStub):
            await put(store, document)
    assert await store.info("circle") == before


async def test_a_refused_stub_stands_alone(store: Store) -> None:
    good = Document.parse({"_id": "good"})
    bad, fine = await store.write("circle", [with_attachments(a=STUB), good], new_edits=True)
    assert isinstance(bad.error, MissingStub)
    assert fine.error is None


async def test_a_stub_of_the_same_call(store: Store) -> None:
    await store.write(
        "circle", [revision("1-a", a=data("one")), revision("2-b", "1-a", a=STUB)], new_edits=False
    )
    assert await content(store, "a") == b"one"


async def test_a_stub_of_a_revision_stands_for_its_nearest_ancestor(store: Store) -> None:
    await put(store, revision("1-a", a=data("one", revpos=1)))
    await put(store, revision("3-c", "2-b", "1-a", a=STUB | {"revpos": 1}))
    assert await content(store, "a") == b"one"


async def test_a_known_revision_needs_no_stub_and_changes_nothing(store: Store) -> None:
    await put(store, revision("2-b", "1-a", a=data("one")))
    await put(store, revision("1-a", z=STUB), revision("2-b", "1-a", a=data("other")))
    assert await content(store, "a") == b"one"


async def test_every_leaf_keeps_its_own(store: Store) -> None:
    """Through changes of winner, as bodies do."""
    await put(
        store,
        revision("2-b", "1-a", a=data("b"), common=data("same")),
        revision("2-c", "1-a", a=data("c"), common=data("same")),
        revision("2-a", "1-a", common=data("same")),
    )
    assert await content(store, "a") == b"c"
    assert await content(store, "a", rev="2-b") == b"b"
    assert await content(store, "a", rev="2-a") is None
    await put(store, revision("3-d", "2-a", "1-a", a=data("d")))
    assert await content(store, "a") == b"d"
    assert await content(store, "a", rev="2-c") == b"c"
    await put(store, revision("3-e", "2-c", "1-a"))
    assert await content(store, "a", rev="2-b") == b"b"
    assert await content(store, "common", rev="2-b") == b"same"


async def test_a_tombstone_may_have_them_too(store: Store) -> None:
    value = {"_id": "x", "_rev": "1-a", "_deleted": True, "_attachments": {"a": data("bye")}}
    await put(store, Document.parse(value))
    assert await content(store, "a") == b"bye"


async def test_bytes_stay_while_any_revision_has_them(store: Store) -> None:
    await put(store, revision("1-a", a=data("same")), revision("1-z", a=data("same")))
    await put(store, revision("2-b", "1-a"))
    assert await content(store, "a", rev="1-z") == b"same"
    await put(store, revision("2-y", "1-z"))
    await put(store, revision("3-c", "2-b", "1-a", a=data("same")))
    assert await content(store, "a") == b"same"


async def test_the_feed_shows_stubs(store: Store) -> None:
    await put(store, revision("1-a", a=data("hi"), b=data("ho")))
    page = await store.changes("circle", ChangesQuery(include_docs=True))
    [row] = rows(page)
    [leaf] = await leaves(store)
    assert row["doc"]["_attachments"] == {one.name: one.stub() for one in leaf.attachments}
    assert row["doc"]["body"] == "1-a"


async def test_databases_do_not_share_bytes(store: Store) -> None:
    await store.create("other")
    document = revision("1-a", a=data("mine"))
    await put(store, document)
    await store.write("other", [document], new_edits=False)
    await store.delete("other")
    assert await content(store, "a") == b"mine"


async def test_a_database_may_begin_with_attachments(store: Store) -> None:
    await store.create("new", [revision("1-a", a=data("first"))])
    found = await store.attachment("new", "x", "a")
    assert found is not None
    assert found[1] == b"first"
