from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from rejoint_sync.circle import entries, limits
from rejoint_sync.circle.document import Sealed, SealedDocument, rev_of, structural_rev
from rejoint_sync.circle.encoding import b64u_decode, b64u_encode
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError, StoreUnavailable, SyncError
from rejoint_sync.judge import check_signature, judge, judge_append, judge_bundle
from rejoint_sync.stores.memory import MemoryStore
from sync.circle.story import (
    CAREGIVER,
    NOW_S,
    PATIENT,
    STRANGER,
    THERAPIST,
    Step,
    added,
    code_of,
    fixed,
    founded,
    invited,
    joined,
    member_of,
    sealed,
    steps,
    whole,
)

STEPS = steps()
CIRCLE = whole()


class Shelf:
    """The view of a store that holds these names at these revisions."""

    def __init__(self, *documents: dict[str, Any]) -> None:
        self.looked = 0
        self._revs = {d["_id"]: d.get("_rev", "1-0") for d in documents}
        for step in STEPS:
            self._revs |= {d["_id"]: d["_rev"] for d in step.bundle.documents()}

    def put(self, document: dict[str, Any]) -> None:
        self._revs[document["_id"]] = document.get("_rev", "1-0")

    def rev(self, document_id: str) -> str | None:
        return self._revs.get(document_id)

    def last_id(self, prefix: str) -> str | None:
        self.looked += 1
        return max((name for name in self._revs if name.startswith(prefix)), default=None)


def judged(document: dict[str, Any], view: Shelf | None = None) -> str | None:
    """The code with which a document is refused after its signature was checked apart."""
    parsed = Document.parse(document)
    proof = code_of(check_signature, CIRCLE, parsed)
    if proof is not None:
        assert code_of(judge(CIRCLE), view or Shelf(), parsed) == proof
        return proof
    decide = judge(CIRCLE, [check_signature(CIRCLE, parsed)])
    return code_of(decide, view or Shelf(), parsed)


def test_a_document_of_a_member_is_taken() -> None:
    for keys, kind in ((PATIENT, "ev"), (THERAPIST, "nt"), (CAREGIVER, "pr")):
        assert judged(sealed(CIRCLE, keys, kind=kind)) is None


@pytest.mark.parametrize(
    ("keys", "kind", "code"),
    [(STRANGER, "ev", "author"), (PATIENT, "nt", "authz"), (CAREGIVER, "pl", "authz")],
)
def test_a_document_of_anyone_else_is_refused(keys: Any, kind: str, code: str) -> None:
    assert judged(sealed(CIRCLE, keys, kind=kind)) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "pain"}, "schema"),
        ({"_deleted": True}, "schema"),
        ({"h": "3.AAAAAAAAAAAAAAAA"}, "schema"),
        ({"s": "AAAA"}, "sig"),
        ({"s": "A="}, "b64"),
        ({"_rev": "1-" + "0" * 32}, "schema"),
        ({"_rev": "2-" + "0" * 32}, "schema"),
        ({"_id": "sn:2611:dAAAAAAAAAAAAAAAAAAAA:c000001"}, "schema"),
        ({"_id": "note"}, "schema"),
        ({"_id": "_design/all"}, "schema"),
    ],
)
def test_a_changed_document_is_refused(change: dict[str, Any], code: str) -> None:
    assert judged(sealed(CIRCLE) | change) == code


def arrived(document: dict[str, Any], circle: str = CIRCLE.circle) -> SealedDocument:
    """As one-request sync brings it."""
    name, h = document["_id"], document["h"]
    raw = (b64u_decode(document["c"]), b64u_decode(document["s"]))
    return SealedDocument.of(circle, name, h, Sealed.of_raw(circle, name, h, *raw))


def test_what_was_read_on_arrival_is_checked_all_the_same() -> None:
    good = sealed(CIRCLE)
    proof = check_signature(CIRCLE, arrived(good))
    assert proof is not None
    judge(CIRCLE, [proof])(Shelf(), proof.document)
    forged = arrived(good | {"s": b64u_encode(bytes(64))})
    assert code_of(check_signature, CIRCLE, forged) == "sig"
    assert code_of(judge(CIRCLE), Shelf(), forged) == "sig"
    assert code_of(check_signature, CIRCLE, arrived(sealed(CIRCLE, STRANGER))) == "author"


def test_what_was_read_for_another_circle_is_read_again() -> None:
    elsewhere = arrived(sealed(CIRCLE), "c" + "0" * 40)
    assert code_of(check_signature, CIRCLE, elsewhere) == "schema"


def test_a_document_without_content_is_refused() -> None:
    document = sealed(CIRCLE)
    for member in ("h", "c", "s"):
        less = {name: value for name, value in document.items() if name != member}
        assert judged(less) == "schema"


def test_an_edit_of_a_sealed_document_is_refused() -> None:
    """One version per name: a second generation would hide the first."""
    document = sealed(CIRCLE)
    digest = document["_rev"].removeprefix("1-")
    second = document | {"_revisions": {"start": 2, "ids": ["0" * 32, digest]}}
    second["_rev"] = "2-" + "0" * 32
    assert judged(second) == "schema"
    unnamed = {name: value for name, value in document.items() if name != "_rev"}
    assert judged(unnamed) == "schema"


def test_nothing_may_be_attached() -> None:
    """Nobody has signed it, and a stub of it would be resolved by the store."""
    for attachment in ({"data": ""}, {"stub": True}):
        beside = {"_attachments": {"a": attachment}}
        assert judged(sealed(CIRCLE) | beside) == "schema"
        entry = Document.parse({"_id": "log:000001", "_rev": "1-a", **beside})
        assert code_of(judge(CIRCLE), Shelf(), entry) == "schema"
        assert code_of(judge_append(CIRCLE), Shelf(), entry) == "schema"


def test_a_signature_that_nobody_checked_is_checked_in_the_turn() -> None:
    """Forgetting to check ahead costs time, never safety."""
    forged = sealed(CIRCLE) | {"s": sealed(CIRCLE, n=2)["s"]}
    assert code_of(judge(CIRCLE), Shelf(), Document.parse(forged)) == "sig"
    assert code_of(judge(CIRCLE), Shelf(), Document.parse(sealed(CIRCLE))) is None


def test_a_checked_signature_vouches_for_its_own_document_alone() -> None:
    good = Document.parse(sealed(CIRCLE))
    proof = check_signature(CIRCLE, good)
    forged = Document.parse(sealed(CIRCLE) | {"s": sealed(CIRCLE, n=2)["s"]})
    decide = judge(CIRCLE, [proof])
    assert code_of(decide, Shelf(), forged) == "sig"
    other = replace(CIRCLE, circle="c" + "0" * 40)
    assert code_of(judge(other, [proof]), Shelf(), good) == "schema"


def test_a_name_that_is_taken_is_refused_and_the_same_again_is_not() -> None:
    first, second = sealed(CIRCLE), sealed(CIRCLE, obj={"type": "other"})
    assert first["_id"] == second["_id"]
    assert judged(first, Shelf(first)) is None
    assert judged(second, Shelf(first)) == "taken"


def test_a_document_written_under_a_longer_log_waits() -> None:
    longer = added(CIRCLE, keys=STRANGER, name="another").membership
    assert judged(sealed(longer)) == "newer-log"


def test_a_judge_that_knows_an_old_log_decides_nothing() -> None:
    """Between reading the log and the turn someone may have been removed."""
    early = STEPS[2].membership
    document = Document.parse(sealed(early))
    with pytest.raises(StoreUnavailable):
        judge(early, [check_signature(early, document)])(Shelf(), document)


def test_structural_documents_come_again_only_as_they_are() -> None:
    for step in STEPS:
        for document in step.bundle.documents():
            assert judged(document) is None
            changed = {**document, "x": "x"}
            assert judged(changed) == "authz"
            changed["_rev"] = structural_rev(changed)
            assert judged(changed) == "authz"
            assert judged({**document, "_deleted": True}) == "authz"
    entry = added(CIRCLE, keys=STRANGER, name="another").bundle.documents()
    assert [judged(document) for document in entry] == ["authz", "authz"]


def far(n: int, *, kind: str = "ev", month: str = "2611") -> dict[str, Any]:
    return sealed(CIRCLE, n=n, kind=kind, month=month)


@pytest.mark.parametrize(
    ("stored", "n", "code"),
    [
        ([], limits.COUNTER_AHEAD_MAX, None),
        ([], limits.COUNTER_AHEAD_MAX + 1, "limit"),
        ([far(1)], limits.COUNTER_AHEAD_MAX + 1, None),
        ([far(1)], limits.COUNTER_AHEAD_MAX + 2, "limit"),
        ([far(500), far(2)], 10_500, None),
        ([far(500, month="2512"), far(2)], 10_500, None),
        ([far(500, kind="pr", month="2701")], 10_500, None),
        ([far(500, kind="pr", month="0012")], 10_501, "limit"),
        ([far(20_000, month="2612")], 10_500, None),
    ],
)
def test_a_counter_may_not_run_away(stored: list[dict[str, Any]], n: int, code: str | None) -> None:
    """A device that jumped to the end could never write again; gaps could not be told."""
    assert judged(far(n), Shelf(*stored)) == code


def test_the_counter_of_another_device_or_stream_does_not_help() -> None:
    theirs = sealed(CIRCLE, THERAPIST, n=500)
    stream = far(500) | {"_id": f"ev:2611:{PATIENT.id}:k000500"}
    assert judged(far(10_500), Shelf(theirs, stream)) == "limit"


def test_looking_for_the_counter_stays_cheap() -> None:
    """Hundreds of looks at most, for the rare document that needs them."""
    months = [f"{year}{month:02d}" for year in (26, 27, 28) for month in range(1, 13)]
    stored = [far(1, kind=kind, month=month) for kind in ("ev", "pr") for month in months]
    near = Shelf(*stored)
    assert judged(far(5), near) is None
    assert near.looked == 1
    shelf = Shelf(*stored)
    decide = judge(CIRCLE)
    for n in (10_500, 10_501, 10_502):
        assert code_of(decide, shelf, Document.parse(far(n))) == "limit"
    assert shelf.looked < 400


def test_a_long_queue_is_taken_in_one_turn() -> None:
    """What the turn has taken counts, also under another kind and month."""
    shelf = Shelf(far(500))
    decide = judge(CIRCLE)
    decide(shelf, Document.parse(far(10_500, month="2612")))
    decide(shelf, Document.parse(far(20_500, kind="pr", month="2701")))
    assert code_of(decide, shelf, Document.parse(far(30_501))) == "limit"


def test_a_long_queue_may_stand_on_another_kind() -> None:
    """What was found near the first of a queue does not stand for the rest."""
    shelf = Shelf(far(500), far(20_000, kind="pr", month="2701"))
    decide = judge(CIRCLE)
    decide(shelf, Document.parse(far(10_400)))
    decide(shelf, Document.parse(far(25_000)))
    decide(shelf, Document.parse(far(29_999, month="2612")))
    assert code_of(decide, shelf, Document.parse(far(40_000))) == "limit"


# --- bundles -----------------------------------------------------------------------------------


def test_the_story_is_taken_step_by_step() -> None:
    earlier_ones = [None, *(step.membership for step in STEPS)]
    for before, step in zip(earlier_ones, STEPS, strict=False):
        assert judge_bundle(before, step.bundle, NOW_S) == step.membership


def wrong_wraps(step: Step) -> Iterator[tuple[dict[str, Any], ...]]:
    (wrap,) = step.bundle.wraps
    yield ()
    yield (wrap, wrap)
    yield (wrap, STEPS[0].bundle.wraps[0])
    yield (STEPS[0].bundle.wraps[0],)
    yield (wrap | {"x": "x"},)
    yield (wrap | {"_id": wrap["_id"] + "x"},)
    yield (wrap | {"_id": 1},)
    yield (wrap | {"_id": []},)
    yield ({"k": wrap["k"]},)
    sealed_bytes = b64u_decode(wrap["k"])
    yield (wrap | {"k": b64u_encode(sealed_bytes[:-1])},)
    yield (wrap | {"k": b64u_encode(sealed_bytes + b"\0")},)
    yield (wrap | {"k": 1},)


@pytest.mark.parametrize("index", [2, 3])
def test_an_entry_brings_exactly_the_wraps_that_it_requires(index: int) -> None:
    """An epoch without wraps would lock someone out; a foreign wrap could overwrite one."""
    before, step = STEPS[index - 1].membership, STEPS[index]
    for wraps in wrong_wraps(step):
        bundle = replace(step.bundle, wraps=wraps)
        assert code_of(judge_bundle, before, bundle, NOW_S) == "wrap"
    padded = step.bundle.wraps[0] | {"k": step.bundle.wraps[0]["k"] + "="}
    bundle = replace(step.bundle, wraps=(padded,))
    assert code_of(judge_bundle, before, bundle, NOW_S) == "b64"


def test_a_founding_brings_the_founders_wrap() -> None:
    bundle = replace(STEPS[0].bundle, wraps=())
    assert code_of(judge_bundle, None, bundle, NOW_S) == "wrap"


def test_an_invitation_comes_with_its_entry_alone() -> None:
    before, step = STEPS[0].membership, STEPS[1]
    inv = step.bundle.inv
    assert inv is not None
    wrongs: tuple[dict[str, Any] | None, ...] = (
        None,
        inv | {"x": "x"},
        inv | {"_id": "inv:i" + "A" * 22},
        inv | {"k": "AAAA"},
        inv | {"k": 1},
    )
    for wrong in wrongs:
        bundle = replace(step.bundle, inv=wrong)
        assert code_of(judge_bundle, before, bundle, NOW_S) == "schema"
    large = replace(step.bundle, inv=inv | {"k": "A" * 5000})
    assert code_of(judge_bundle, before, large, NOW_S) == "limit"
    needless = replace(STEPS[3].bundle, inv=inv)
    assert code_of(judge_bundle, STEPS[2].membership, needless, NOW_S) == "schema"


@pytest.mark.parametrize(
    ("now_s", "code"),
    [
        (NOW_S - 300, None),
        (NOW_S - 301, "ts"),
        (NOW_S + 300, None),
        (NOW_S + 301, "ts"),
    ],
)
def test_a_founding_is_of_this_moment(now_s: int, code: str | None) -> None:
    assert code_of(judge_bundle, None, founded().bundle, now_s) == code


@pytest.mark.parametrize(
    ("ts", "now_s", "code"),
    [
        (NOW_S + 1000, NOW_S + 700, None),
        (NOW_S + 1001, NOW_S + 700, "ts"),
        (NOW_S + 700, NOW_S + 1000, None),
        (NOW_S + 700, NOW_S + 1001, "ts"),
        (NOW_S, NOW_S + 10**6, None),
        (NOW_S + 1, NOW_S + 10**6, "ts"),
        (NOW_S + 300, NOW_S - 10**6, None),
        (NOW_S + 301, NOW_S - 10**6, "ts"),
    ],
)
def test_an_entry_is_of_this_moment_or_of_the_last_entrys(
    ts: int, now_s: int, code: str | None
) -> None:
    """A phone with a false clock takes the log's last time; a false future would lock the log."""
    before = STEPS[2].membership
    step = added(before, ts=ts)
    assert code_of(judge_bundle, before, step.bundle, now_s) == code


def test_a_joiner_cannot_turn_the_clock_back() -> None:
    """The entry's time is the joiner's word; whether the link is over is the server's."""
    open_step = invited(founded().membership)
    late = joined(open_step)
    assert code_of(judge_bundle, open_step.membership, late.bundle, NOW_S + 3600) is None
    assert code_of(judge_bundle, open_step.membership, late.bundle, NOW_S + 3601) == "invite"


def test_a_bundle_of_a_megabyte_is_refused() -> None:
    wrap = STEPS[2].bundle.wraps[0]
    bundle = replace(STEPS[2].bundle, wraps=(wrap | {"k": "A" * limits.BUNDLE_BYTES_MAX},))
    assert code_of(judge_bundle, STEPS[1].membership, bundle, NOW_S) == "limit"


def test_the_rules_of_the_log_come_first() -> None:
    """A late sender hears `seq`, not what else would be wrong by now."""
    bundle = replace(STEPS[3].bundle, wraps=())
    assert code_of(judge_bundle, STEPS[3].membership, bundle, NOW_S + 10**6) == "seq"
    assert member_of("patient") != member_of("therapist")


# --- with a real store ---------------------------------------------------------------------------


async def store_of(step: Step) -> MemoryStore:
    store = MemoryStore()
    parsed = [Document.parse(document) for document in step.bundle.documents()]
    await store.create(step.membership.circle, parsed)
    return store


async def test_a_circle_grows_in_a_store() -> None:
    store = await store_of(STEPS[0])
    before = STEPS[0].membership
    for step in STEPS[1:]:
        after = judge_bundle(before, step.bundle, NOW_S)
        parsed = [Document.parse(document) for document in step.bundle.documents()]
        await store.write(
            before.circle, parsed, new_edits=False, judge=judge_append(before), whole=True
        )
        before = after
    documents = [Document.parse(sealed(CIRCLE, n=n)) for n in (1, 2)]
    documents.append(Document.parse(sealed(CIRCLE, STRANGER)))
    outcomes = await store.write(CIRCLE.circle, documents, new_edits=False, judge=judge(CIRCLE))
    assert [getattr(outcome.error, "code", None) for outcome in outcomes] == [None, None, "author"]
    rev = rev_of(CIRCLE.circle, sealed(CIRCLE))
    assert outcomes[0].rev == rev


async def test_of_two_appends_the_slower_leaves_nothing_behind() -> None:
    """Neither its wraps nor its invitation may lie over the winner's."""
    store = await store_of(STEPS[0])
    before = STEPS[0].membership
    winner, loser = STEPS[1], invited(before, role="caregiver", name="x", secret=fixed("y", 16))
    for step, refused in ((winner, False), (loser, True)):
        judge_bundle(before, step.bundle, NOW_S)
        parsed = [Document.parse(document) for document in step.bundle.documents()]
        turn = store.write(
            before.circle, parsed, new_edits=False, judge=judge_append(before), whole=True
        )
        if not refused:
            await turn
            continue
        with pytest.raises(SyncError) as caught:
            await turn
        assert isinstance(caught.value, CircleError)
        assert caught.value.code == "seq"
    assert loser.bundle.inv is not None
    assert await store.read(before.circle, loser.bundle.inv["_id"]) is None


def test_a_counter_of_every_kind_counts() -> None:
    """A device that wrote plans and notes has one counter for all of them."""
    far = sealed(CIRCLE, THERAPIST, kind="pl", n=limits.COUNTER_AHEAD_MAX + 5)
    near = sealed(CIRCLE, THERAPIST, kind="nt", n=5, month="2601")
    assert judged(far) == "limit"
    assert judged(far, Shelf(near)) is None


def test_a_closed_circle_takes_nothing_new() -> None:
    shut = CIRCLE.append(entries.close(CIRCLE, PATIENT, ts=NOW_S))
    view, document = Shelf(), Document.parse(sealed(CIRCLE))
    view.put({"_id": f"log:{shut.seq:06d}"})
    assert code_of(judge(shut), view, document) == "closed"
    assert code_of(judge(shut, again=True), view, document) == "closed"
    view.put(sealed(CIRCLE))
    assert code_of(judge(shut), view, document) is None
