"""The CouchDB replication protocol as a conversation that does no I/O.

`replicate` is a generator: it yields what it wants to ask one of the two sides and is sent the
answer; `drive.py` does the asking. Pull and push are the same conversation with the sides swapped.
It has no clock, no dice and no socket, so a test can lose any answer, stop between any two
questions and start again.

    GetLocal on both sides          where both agree to resume (checkpoint.py)
    ┌ Changes                       a page of the source's feed, all leaves of each document
    │ RevsDiff                      which of those the target does not have
    │ BulkGet                       these, with their ancestors
    │ BulkDocs                      written as they are
    │ SetAside                      what a side refused, kept by the caller before the note moves on
    └ PutLocal on both sides        the page is done

Rules. A revision that vanished between `Changes` and `BulkGet` ends the run and keeps the
checkpoint: moving on would skip it for ever. A refused document blocks nobody: the run goes on, and
the caller has the refusal durably before the checkpoint passes it. A run may end anywhere, by an
error or by being dropped; starting again is always right.

Source: CouchDB 3.5 documentation, "Replication Protocol"; docs/protocol.md.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, TypeVar, cast

from rejoint_sync import checkpoint
from rejoint_sync.errors import BadRequest, StoreUnavailable, SyncError, TooLarge

A = TypeVar("A")
Side = Literal["source", "target"]
Revisions = Mapping[str, Sequence[str]]
"""Document id to revisions."""

CHANGES_LIMIT: Final = 100
"""Rows of one page; as stock clients ask."""

WRITE_BYTES_MAX: Final = 64 * 1024
"""Text of one `BulkDocs`, about: a slow link that drops then loses little."""


class Vanished(StoreUnavailable):
    """A revision that the source had named is gone; the run ended, its checkpoint is kept."""


@dataclass(frozen=True, slots=True)
class Request(Generic[A]):
    """One question; `A` is the type of the answer to send back."""

    side: Side


@dataclass(frozen=True, slots=True)
class GetLocal(Request[dict[str, Any] | None]):
    """`GET _local/<id>`: the note, None when there is none."""

    id: str


@dataclass(frozen=True, slots=True)
class PutLocal(Request[str]):
    """`PUT _local/<id>`: the note's new `_rev`."""

    id: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One document of the feed.

    Attributes:
        id: Its name.
        revisions: Its leaves.
    """

    id: str
    revisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the feed.

    Attributes:
        rows: At most as many as were asked for.
        last: Sequence to ask from next.
        pending: Rows that follow; None when the peer does not say.
    """

    rows: tuple[Row, ...]
    last: checkpoint.Sequence
    pending: int | None


@dataclass(frozen=True, slots=True)
class Changes(Request[Page]):
    """`GET _changes?style=all_docs&since&limit`; `since` None = from the beginning."""

    since: checkpoint.Sequence | None
    limit: int


@dataclass(frozen=True, slots=True)
class RevsDiff(Request[dict[str, list[str]]]):
    """`POST _revs_diff`: of these, the ones that the side does not have."""

    revisions: Revisions


@dataclass(frozen=True, slots=True)
class Refusal:
    """One document that a side did not give or take.

    Attributes:
        id: Its name.
        side: Who refused.
        code: A code of docs/circle.md, or CouchDB's word.
        reason: A sentence for a person.
    """

    id: str
    side: Side
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the source gave.

    Attributes:
        documents: With `_id`, `_rev`, `_revisions`, and `_deleted` when it is a tombstone.
        gone: Documents of which a revision that was asked for is not there.
        refused: Documents that it has and does not give.
    """

    documents: tuple[dict[str, Any], ...]
    gone: tuple[str, ...] = ()
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkGet(Request[Fetched]):
    """`POST _bulk_get?revs=true&latest=true`."""

    revisions: Revisions


@dataclass(frozen=True, slots=True)
class BulkDocs(Request[list[Refusal]]):
    """`POST _bulk_docs` with `new_edits: false`; the answer names only the refused ones."""

    documents: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class SetAside(Request[None]):
    """Keep these refusals durably, then answer None; asked of the caller, not of a side."""

    refusals: tuple[Refusal, ...]


Conversation = Generator[Request[Any], Any, A]


@dataclass(slots=True)
class Progress:
    """What a run has done so far; true also when the run failed.

    Attributes:
        written: Ids of documents of which the target took a revision, once for each.
        arrived: Ids of documents that the target now has in every revision that was offered.
        refused: Documents that a side did not give or take.
    """

    written: list[str] = field(default_factory=list)
    arrived: set[str] = field(default_factory=set)
    refused: list[Refusal] = field(default_factory=list)


def _everything(_document_id: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a replication.

    Attributes:
        identifier: From `checkpoint.replication_id`.
        session: Other than that of every earlier run, at least 16 random characters.
        selects: Which documents are copied. Another choice needs another `identifier`.
        limit: Rows of a page, 1 to 1,000.
    """

    identifier: str
    session: str
    selects: Callable[[str], bool] = _everything
    limit: int = CHANGES_LIMIT


def replicate(run: Run, progress: Progress, offered: Revisions | None = None) -> Conversation[None]:
    """Copy what the target lacks, then note on both sides how far it came.

    Args:
        run: What to copy.
        progress: Filled while it runs; read it also after an error.
        offered: Revisions to offer first, whatever the checkpoint says: what was never
            acknowledged, what was refused and may now be taken.

    Raises:
        Vanished: A revision is no longer there; the checkpoint is kept, start again later.
        SyncError: Whatever a side answered to a whole request.
    """
    notes = yield from _Notes.read(run.identifier, run.session)
    done: set[tuple[str, str]] = set()
    if offered:
        rows = [Row(name, tuple(revs)) for name, revs in offered.items()]
        for start in range(0, len(rows), run.limit):
            yield from _copy(rows[start : start + run.limit], progress, done, may_vanish=True)
    since = notes.since
    while True:
        page = yield from _ask(Changes("source", since, run.limit))
        yield from _copy([row for row in page.rows if run.selects(row.id)], progress, done)
        if page.rows:
            yield from notes.record(page.last)
        finished = page.pending == 0 or len(page.rows) < run.limit
        if finished or page.last == since:
            return
        since = page.last


def _ask(request: Request[A]) -> Conversation[A]:
    answer = yield request
    return cast("A", answer)


@dataclass(slots=True)
class _Notes:
    """The notes on both sides during one run."""

    identifier: str
    session: str
    history: list[checkpoint.Position]
    revisions: dict[Side, str | None]

    @classmethod
    def read(cls, identifier: str, session: str) -> Conversation[_Notes]:
        found: dict[Side, dict[str, Any] | None] = {}
        sides: tuple[Side, Side] = ("source", "target")
        for side in sides:
            found[side] = yield from _ask(GetLocal(side, identifier))
        history = checkpoint.common(
            checkpoint.positions(found["source"]), checkpoint.positions(found["target"])
        )
        revisions: dict[Side, str | None] = {
            side: (note or {}).get("_rev") for side, note in found.items()
        }
        return cls(identifier, session, history, revisions)

    @property
    def since(self) -> checkpoint.Sequence | None:
        return self.history[0].sequence if self.history else None

    def record(self, sequence: checkpoint.Sequence) -> Conversation[None]:
        if sequence == self.since:
            return
        position = checkpoint.Position(self.session, sequence)
        self.history = [position, *self.history][: checkpoint.HISTORY_LENGTH_MAX]
        sides: tuple[Side, Side] = ("source", "target")
        for side in sides:
            body = checkpoint.note(self.identifier, self.history, self.revisions[side])
            self.revisions[side] = yield from _ask(PutLocal(side, self.identifier, body))


def _copy(
    rows: Sequence[Row],
    progress: Progress,
    done: set[tuple[str, str]],
    *,
    may_vanish: bool = False,
) -> Conversation[None]:
    """Copy what the target lacks of these rows; what is refused is set aside, not lost."""
    fresh = {
        row.id: revs
        for row in rows
        if (revs := [rev for rev in row.revisions if (row.id, rev) not in done])
    }
    if not fresh:
        return
    done.update((name, rev) for name, revs in fresh.items() for rev in revs)
    missing = yield from _ask(RevsDiff("target", fresh))
    wanted = {name: revs for name, revs in missing.items() if revs and name in fresh}
    refused: list[Refusal] = []
    if wanted:
        fetched = yield from _ask(BulkGet("source", wanted))
        if fetched.gone and not may_vanish:
            raise Vanished("a change was withdrawn while it was being copied; it is read again")
        refused.extend(fetched.refused)
        for batch in _batches(fetched.documents):
            denied = yield from _write(batch)
            refused.extend(denied)
            names = {refusal.id for refusal in denied}
            progress.written += [doc["_id"] for doc in batch if doc["_id"] not in names]
        missing_now = {refusal.id for refusal in refused} | set(fetched.gone)
    else:
        missing_now = set()
    if refused:
        yield from _ask(SetAside("target", tuple(refused)))
        progress.refused.extend(refused)
    progress.arrived.update(fresh.keys() - missing_now)


def _write(documents: tuple[dict[str, Any], ...]) -> Conversation[list[Refusal]]:
    """Write; when the whole request is refused for its content, find out for which document."""
    try:
        return (yield from _ask(BulkDocs("target", documents)))
    except (BadRequest, TooLarge) as error:
        if len(documents) == 1:
            return [refusal(documents[0]["_id"], "target", error)]
        middle = len(documents) // 2
        first = yield from _write(documents[:middle])
        second = yield from _write(documents[middle:])
        return [*first, *second]


def refusal(document_id: str, side: Side, error: SyncError) -> Refusal:
    """The refusal that an error means for one document."""
    code = getattr(error, "code", None) or error.error
    return Refusal(document_id, side, str(code), error.reason)


def _batches(documents: tuple[dict[str, Any], ...]) -> Iterator[tuple[dict[str, Any], ...]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for document in documents:
        length = sum(len(value) for value in document.values() if isinstance(value, str))
        if batch and size + length > WRITE_BYTES_MAX:
            yield tuple(batch)
            batch, size = [], 0
        batch.append(document)
        size += length
    if batch:
        yield tuple(batch)
