"""Chunks and checkpoints: from whom they are taken, and what takes the place of what."""

from typing import Any

import pytest

from rejoint_sync.circle import checkpoint, entries, limits
from rejoint_sync.circle.attachment import chunk_document
from rejoint_sync.circle.feed import Mark as FeedMark
from rejoint_sync.circle.log import Mark, Membership
from rejoint_sync.document import Document
from rejoint_sync.judge import judge
from sync.circle.story import (
    CAREGIVER,
    NOW_S,
    PATIENT,
    STRANGER,
    THERAPIST,
    code_of,
    fixed,
    sealed,
)
from sync.test_judge import CIRCLE, STEPS, Shelf, judged, store_of


def chunk(membership: Membership = CIRCLE, keys: Any = PATIENT, size: int = 100) -> dict[str, Any]:
    return chunk_document(membership, keys, fixed("chunk", 32) * (size // 32) + b"x" * (size % 32))


def test_a_chunk_is_taken_from_who_may_attach_and_never_changed() -> None:
    document = chunk()
    assert judged(document) is None
    assert judged(document, Shelf(document)) is None
    elsewhere = chunk(STEPS[2].membership)
    assert elsewhere["_id"] == document["_id"]
    assert judged(elsewhere, Shelf(document)) == "taken"
    assert judged(chunk(keys=STRANGER)) == "author"
    assert judged(document | {"s": sealed(CIRCLE)["s"]}) == "sig"
    assert judged(document | {"_deleted": True}) == "schema"


@pytest.mark.parametrize(("more", "code"), [(0, None), (1, "limit")])
def test_a_chunk_has_at_most_64_kib(more: int, code: str | None) -> None:
    assert judged(chunk(size=limits.CHUNK_BYTES_MAX + more)) == code


def test_a_chunk_of_a_closed_circle_or_of_who_left_is_refused() -> None:
    shut = CIRCLE.append(entries.close(CIRCLE, PATIENT, ts=NOW_S))
    view = Shelf()
    view.put({"_id": f"log:{shut.seq:06d}"})
    assert code_of(judge(shut), view, Document.parse(chunk())) == "closed"
    marks = {"c": Mark(0, "")}
    left = CIRCLE.append(entries.leave(CIRCLE, CAREGIVER, marks=marks, ts=NOW_S))
    view.put({"_id": f"log:{left.seq:06d}"})
    late = Document.parse(chunk(keys=CAREGIVER))
    assert code_of(judge(left), view, late) == "removed"
    assert code_of(judge(left, again=True), view, late) is None


def point(i: int, keys: Any = PATIENT, n: int = 1, stream: str = "c") -> dict[str, Any]:
    vec = {PATIENT.id: FeedMark(n, "A" * 43)}
    return checkpoint.write(CIRCLE, keys, stream=stream, i=i, vec=vec)


def pointed(document: dict[str, Any], *stored: dict[str, Any], by: Any = PATIENT) -> str | None:
    decide = judge(CIRCLE, sender=by.id)
    return code_of(decide, Shelf(*stored), Document.parse(document))


def test_a_checkpoint_is_taken_from_its_author_alone() -> None:
    assert pointed(point(1)) is None
    assert pointed(point(1), by=THERAPIST) == "authz"
    assert code_of(judge(CIRCLE), Shelf(), Document.parse(point(1))) == "authz"
    assert pointed(point(1, STRANGER), by=STRANGER) == "author"
    assert pointed(point(1, stream="k")) == "authz"
    assert pointed(point(1) | {"j": point(2)["j"]}) == "schema"
    assert pointed(point(1) | {"_deleted": True}) == "schema"


@pytest.mark.parametrize(
    ("i", "n", "code"),
    [(6, 1, None), (9, 1, None), (5, 1, None), (5, 2, "replaced"), (4, 1, "stale")],
)
def test_a_checkpoint_only_goes_forward(i: int, n: int, code: str | None) -> None:
    assert pointed(point(i, n=n), point(5)) == code


async def test_a_checkpoint_takes_the_place_of_the_one_before() -> None:
    store = await store_of(STEPS[0])
    for step in STEPS[1:]:
        parsed = [Document.parse(document) for document in step.bundle.documents()]
        await store.write(CIRCLE.circle, parsed, new_edits=False)
    first, second = point(1), point(2, n=7)
    history = {"start": 2, "ids": [second["_rev"][2:], first["_rev"][2:]]}
    for document in (first, second | {"_revisions": history}):
        [outcome] = await store.write(
            CIRCLE.circle,
            [Document.parse(document)],
            new_edits=False,
            judge=judge(CIRCLE, sender=PATIENT.id),
        )
        assert outcome.error is None
    stored = await store.read(CIRCLE.circle, first["_id"])
    assert stored is not None
    assert [leaf.rev for leaf in stored.leaves] == [second["_rev"]]
