"""The Store port: what every store promises, in prose and types.

A store holds databases; a database holds documents, each a tree of revisions, and numbers every
change. The promises, kept by `memory` (the oracle), `sqlite` and later stores alike and checked
by tests/contract/:

1. **Durable before answered.** When `write` or `create` returns, a crash cannot undo it.
2. **Idempotent.** The same revision written twice is there once and takes one number.
3. **Numbers only grow.** A change that adds anything to a tree (a losing leaf too) moves its
   document to a new, greater number; a write that adds nothing takes none. A number shown to a
   reader is never given out again, also not after a restore: then the incarnation differs.
   Within one call the order of numbers is the store's, and a document named twice may take one.
   A store whose numbers do not suffice to continue gives `Position`s, which are to be brought
   back as they are; the feed may then be behind what `read` shows, but skips nothing.
4. **One winner.** Not deleted before deleted, then the greater generation, then the greater
   digest by byte order: the same on every replica, whatever the order of arrival.
5. **Judged inside.** `judge` runs in the writer's turn, so what it saw is still true when the
   write lands. A document it refuses is answered as refused; the others are stored. With
   `whole=True` the first refusal is raised and nothing at all is stored.
6. **No half writes.** A reader sees a call to `write` whole or not at all.
7. **Bytes are kept as they came**, once for each database however many revisions have them, and
   go when none has them any more. What a revision's name stands for, body and attachments, never
   changes.
8. **One count over all.** Where `number` is not 0, the changes of all databases are counted
   together too: what becomes visible at once has one number, which grows and never comes again.
9. **Earlier bodies are not promised.** A store that keeps history shows the bodies of revisions
   that are no leaves until `compact`; another drops them at once. Leaves are never dropped, but by
   `purge`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rejoint_sync.attachment import Attachment
from rejoint_sync.document import Document
from rejoint_sync.errors import SyncError
from rejoint_sync.limits import REVS_LIMIT
from rejoint_sync.revtree import Tree

_WHOLE = slice(None)


@dataclass(frozen=True, slots=True)
class DatabaseInfo:
    """The figures of one database.

    Attributes:
        name: As it was created.
        documents: Documents whose winner is not deleted.
        deleted: Documents whose winner is deleted.
        sequence: Number of the newest change, 0 when empty.
        purges: Documents named in calls to `purge` so far: CouchDB's `purge_seq`.
        revs_limit: Revisions kept of one branch, the leaf included.
    """

    name: str
    documents: int
    deleted: int
    sequence: int
    purges: int = 0
    revs_limit: int = REVS_LIMIT


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of a document's tree, or an earlier revision, with its body.

    Attributes:
        rev: `<generation>-<digest>`.
        ancestors: Digests of its known ancestors, newest first, without its own.
        deleted: Whether this revision is a tombstone.
        tail: The body as JSON text to paste after `_id` and `_rev`: `,"h":"…"}` or `}`. Nothing
            of attachments is in it.
        attachments: What it has, as `attachment` gives them; without their bytes.
    """

    rev: str
    ancestors: tuple[str, ...]
    deleted: bool
    tail: bytes
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """One document as the store holds it.

    Attributes:
        id: The document's name.
        sequence: Number of its newest change.
        leaves: At least one, the winner first, then by the order of promise 4.
    """

    id: str
    sequence: int
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document of a `write`.

    Attributes:
        id: The document's name.
        rev: The revision that is now stored; empty when refused.
        error: Why it was refused; None when it is stored.
    """

    id: str
    rev: str
    error: SyncError | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """Which documents one reader is shown; `Sight()` shows everything.

    What is not shown is as if it were not there: not listed, not counted, not read. Three rules,
    and a document must pass all of them.

    Attributes:
        prefix: Documents whose name starts with it are shown only when it also ends with
            `suffix`. For example `"wrap:"`; empty hides nothing.
        suffix: For example `":d…"`, the reader's own device; empty hides nothing.
        hidden: Documents whose name holds, at an offset in bytes of its UTF-8, such a text are
            not shown. For example `(29, ":k")`.
        start: Least name that is shown, where there is an `end`.
        end: Only names below it are shown; empty for no bound.
    """

    prefix: str = ""
    suffix: str = ""
    hidden: tuple[tuple[int, str], ...] = ()
    start: str = ""
    end: str = ""

    @property
    def shows_all(self) -> bool:
        """Whether there is nothing that it hides."""
        return not (self.prefix and self.suffix) and not self.hidden and not self.end

    def shows(self, document_id: str) -> bool:
        """Whether this reader may be shown the document."""
        if self.end and not self.start <= document_id < self.end:
            return False
        if self.hidden:
            name = document_id.encode("utf-8", "surrogatepass")
            if any(name.startswith(text.encode(), offset) for offset, text in self.hidden):
                return False
        if not self.prefix or not document_id.startswith(self.prefix):
            return True
        return document_id.endswith(self.suffix)


@dataclass(frozen=True, slots=True)
class ChangesQuery:
    """Which rows of the feed are asked for.

    Attributes:
        since: Rows with a greater number; descending ignores it and begins at the newest.
        limit: Most rows to return, at least 0.
        descending: Newest first.
        all_leaves: Name every leaf in `changes` (`style=all_docs`), not the winner alone.
        include_docs: Paste the winner as `doc`.
        document_ids: Only these documents; None for all.
        sight: Rows this reader is not shown are left out.
        exact: Whether `pending` must be counted; else it may be too great, but for 0.
    """

    since: int = 0
    limit: int = 1000
    descending: bool = False
    all_leaves: bool = False
    include_docs: bool = False
    document_ids: frozenset[str] | None = None
    sight: Sight = Sight()
    exact: bool = True


@dataclass(frozen=True, slots=True)
class ChangesPage:
    r"""Rows of the feed, ready to be pasted into an answer.

    Attributes:
        rows: CouchDB's row objects as JSON text, joined by ",\n"; empty when there are none.
        count: How many.
        last: Number up to which the reader is now informed: the last row's, or the newest of the
            database when no row is left.
        pending: Rows that follow the last one.
    """

    rows: bytes
    count: int
    last: int
    pending: int


@dataclass(frozen=True, slots=True)
class LocalDocument:
    """One `_local` document.

    Attributes:
        id: Without `_local/`.
        count: Its `_rev` is `0-<count>`.
        body: JSON text of an object.
    """

    id: str
    count: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Purged:
    """What a `purge` removed.

    Attributes:
        purges: As `DatabaseInfo.purges`, now.
        revs: By document, which of the revisions asked for were leaves and are gone.
    """

    purges: int
    revs: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Update:
    """The newest event of one database.

    Attributes:
        database: Its name.
        kind: What happened last.
        number: Greater than that of every event before it in any database.
    """

    database: str
    kind: Literal["created", "updated", "deleted"]
    number: int


class View(Protocol):
    """What a judge may look at: the database as it is in the writer's turn."""

    def rev(self, document_id: str) -> str | None:
        """The winner's revision, None when the document is not there."""
        ...

    def last_id(self, prefix: str) -> str | None:
        """The greatest document id (byte order) that starts with `prefix`; None without one."""
        ...


Judge = Callable[[View, Document], None]
"""Raises a `SyncError` when the document must not be stored.

Asked for each document, also one that is stored. It keeps nothing between two calls: a write whose
neighbour failed is run a second time.
"""


class Store(Protocol):
    """Databases of documents; see the module's promises."""

    @property
    def incarnation(self) -> str:
        """Lower-case letters and digits, other after each restore."""
        ...

    @property
    def session(self) -> str:
        """As `incarnation`, other after each opening: what the numbers of `updates` belong to."""
        ...

    @property
    def number(self) -> int:
        """Of the newest change of any database: promise 8; 0 where they are counted apart."""
        ...

    async def behind(self, known: Mapping[str, int | None], number: int = 0) -> dict[str, int]:
        """By database with changes that a reader does not know, from where on in its feed.

        `known` says up to where it knows each; None: all up to `number`, of which 0 is nothing.
        """
        ...

    async def create(self, database: str, documents: Sequence[Document] = ()) -> None:
        """Make a database that holds these documents (stored as by `new_edits=False`).

        Raises:
            DatabaseExists: There is one of that name.
            BadRequest: A document names no revision; then nothing is made.
        """
        ...

    async def delete(self, database: str) -> None:
        """Remove a database and all it holds. Raises `NotFound`.

        One of the same name made later goes on numbering where this one ended.
        """
        ...

    async def databases(self) -> list[str]:
        """The names of all databases, sorted."""
        ...

    async def info(self, database: str) -> DatabaseInfo:
        """The figures of a database. Raises `NotFound`."""
        ...

    async def write(
        self,
        database: str,
        documents: Sequence[Document],
        *,
        new_edits: bool,
        judge: Judge | None = None,
        whole: bool = False,
    ) -> list[Outcome]:
        """Store revisions, one outcome per document in the same order.

        Args:
            database: Its name.
            documents: With `new_edits` each names its parent in `rev` (or none) and gets the next
                generation; without, each brings its own revision and ancestors, merged as is.
            new_edits: As CouchDB's `new_edits`.
            judge: Promise 5.
            whole: All or nothing; the first refusal is raised.

        Raises:
            NotFound: No such database.
            StoreUnavailable: Nothing is stored; the same call may be made again.
        """
        ...

    async def read(self, database: str, document_id: str) -> Stored | None:
        """All leaves of one document, None when it is not there. Raises `NotFound`."""
        ...

    async def trees(self, database: str, document_ids: Sequence[str]) -> dict[str, Tree]:
        """The leaves without bodies, of those that are there. Raises `NotFound`."""
        ...

    async def earlier(
        self, database: str, document_id: str, revs: Sequence[str] | None = None
    ) -> dict[str, Leaf]:
        """Revisions that are no leaves, with their bodies, as far as they are kept (promise 9).

        Args:
            database: Its name.
            document_id: Need not be there.
            revs: Only these; None for all.

        Raises:
            NotFound: No such database.
        """
        ...

    async def attachment(
        self,
        database: str,
        document_id: str,
        name: str,
        *,
        rev: str | None = None,
        part: slice = _WHOLE,
    ) -> tuple[Attachment, bytes] | None:
        """An attachment with its bytes as kept: in gzip when it says so.

        Args:
            database: Its name.
            document_id: The document.
            name: The attachment.
            rev: A leaf or an earlier revision that is kept; None for the winner.
            part: Which of the kept bytes are wanted, `slice(start, end)` from 0; beyond the end
                counts as the end.

        Returns:
            None when there is no such document, revision or attachment.

        Raises:
            NotFound: No such database.
        """
        ...

    async def read_many(self, database: str, document_ids: Sequence[str]) -> dict[str, Stored]:
        """As `read`, for those that are there. Raises `NotFound`."""
        ...

    async def range(  # noqa: PLR0913  # one call, one question
        self,
        database: str,
        start: str,
        end: str,
        *,
        limit: int,
        sight: Sight = Sight(),
        descending: bool = False,
    ) -> list[Stored]:
        """Documents with `start <= id < end` in byte order, deleted ones too. Raises `NotFound`.

        `descending` gives the last ones first.
        """
        ...

    async def changes(self, database: str, query: ChangesQuery) -> ChangesPage:
        """Rows of the feed. Raises `NotFound`."""
        ...

    async def wait(self, database: str, since: int, timeout_s: float) -> bool:
        """Sleep until the newest number is above `since`; False when the time is over.

        The store's closing ends it too. Raises `NotFound`, also when the database is removed.
        """
        ...

    async def local_get(self, database: str, local_id: str) -> tuple[int, bytes] | None:
        """Revision count and body (JSON text) of a `_local` document. Raises `NotFound`."""
        ...

    async def local_range(
        self, database: str, start: str, end: str, *, limit: int
    ) -> list[LocalDocument]:
        """`_local` documents with `start <= id < end` in byte order. Raises `NotFound`."""
        ...

    async def local_put(
        self, database: str, local_id: str, body: bytes, *, after: int | None = None
    ) -> int:
        """Store a `_local` document; its new revision count.

        Args:
            database: Its name.
            local_id: Without `_local/`.
            body: JSON text.
            after: The count it follows, as its writer says; None for what is stored, or 0. Nothing
                is compared, here as in CouchDB: the last writer wins.

        Raises:
            NotFound: No such database.
        """
        ...

    async def local_delete(self, database: str, local_id: str) -> bool:
        """Remove a `_local` document; False when it was not there. Raises `NotFound`."""
        ...

    async def purge(self, database: str, revs: Mapping[str, Sequence[str]]) -> Purged:
        """Forget leaves as if they had never been, with bodies and bytes.

        What is no leaf is left alone. A document that keeps a leaf takes a new number, one that
        has none left is gone from the feed; both move the database's newest number. A purged
        revision may come back by `new_edits=False`.

        Raises:
            NotFound: No such database.
            RevisionMalformed: Nothing is purged.
        """
        ...

    async def compact(self, database: str) -> None:
        """Drop the bodies of earlier revisions (promise 9). Raises `NotFound`."""
        ...

    async def set_revs_limit(self, database: str, limit: int) -> None:
        """Keep at most `limit` revisions of a branch, from its next change on or at once.

        Raises:
            NotFound: No such database.
            BadRequest: Not 1 to `REVS_LIMIT_MAX`.
        """
        ...

    async def security(self, database: str) -> bytes | None:
        """The object last given to `set_security`, None before. Raises `NotFound`."""
        ...

    async def set_security(self, database: str, body: bytes) -> None:
        """Keep the database's security object (JSON text); its meaning is the server's affair.

        Raises:
            NotFound: No such database.
        """
        ...

    async def updates(self, since: int, *, limit: int) -> tuple[list[Update], int]:
        """The newest event of each database after `since`, in order, and the newest number.

        Numbers belong to `session`; who brings one of another session starts at 0. What was there
        when the session began counts as created; what was removed before is not named.
        """
        ...

    async def wait_any(self, since: int, timeout_s: float) -> bool:
        """Sleep until any database has an event after `since`; as `wait`."""
        ...

    async def close(self) -> None:
        """Finish what is queued and let go of every resource."""
        ...
