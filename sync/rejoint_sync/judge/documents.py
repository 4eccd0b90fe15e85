"""May this document be stored? By the log alone, without any secret, and without input or output.

`check_signature` may run in any thread; the judge made by `judge` runs in the store's turn, where
what it sees stays true until the write lands.

Source: docs/circle.md, "The server's duties".
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from rejoint_sync.circle.attachment import CHUNK_ID, read_chunk
from rejoint_sync.circle.checkpoint import Checkpoint
from rejoint_sync.circle.document import (
    KINDS,
    DocumentId,
    Sealed,
    SealedDocument,
    author_of,
    require_allowed,
    structural_rev,
)
from rejoint_sync.circle.limits import COUNTER_AHEAD_MAX
from rejoint_sync.circle.log import Membership
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError, StoreUnavailable
from rejoint_sync.stores import Judge, View


@dataclass(frozen=True, slots=True)
class Signed:
    """Proof that the signature of one document object was checked.

    Attributes:
        circle: The circle as whose document it was checked.
        seq: Number of the last entry of the log by which it was checked.
        document: That object; an equal one would have to be checked again.
        content: What it holds: a record, the author of a chunk, or a checkpoint.
    """

    circle: str
    seq: int
    document: Document
    content: Sealed | Checkpoint | str


STRUCTURAL: Final = ("log:", "wrap:", "inv:", "req:")
"""Names of documents that come to be only through /circles."""

_EVERYWHERE: Final = "*"
"""Before a feed: what was found when every kind and month was looked at."""

_CHUNK: Final = "ch:"
_CHECKPOINT: Final = "cp:"


def check_signature(membership: Membership, document: Document) -> Signed | None:
    """Check shape, author and signature of a document; no lock is needed.

    Returns:
        What `judge` takes as proof; None for a structural document, which has nothing to check.

    Raises:
        CircleError: `schema`, `limit`, `b64`, `author`, `sig`; for chunks and checkpoints all that
            `read_chunk` and `Checkpoint.read` raise.
    """
    if document.id.startswith(STRUCTURAL):
        return None
    return _signed(membership, document)


def judge(
    membership: Membership,
    signed: Collection[Signed | None] = (),
    *,
    again: bool = False,
    sender: str = "",
) -> Judge:
    """Make the judge of documents that arrive by replication or exchange, for one `write`.

    Args:
        membership: The circle as far as the caller knows its log. When the store's log is longer,
            every document is refused for now with `StoreUnavailable`: read the log, try again.
        signed: Results of `check_signature`. A document that is not among them has its signature
            checked in the store's turn: as safe, but slower for all.
        again: Whether who sends says that these were taken before or are another's: a relay, or a
            push after a restore. Then they may be of an epoch that is over.
        sender: The device that sends: the only one whose checkpoints are taken.

    Returns:
        A judge that takes exactly these: a structural document that is stored already, bit for
        bit; a sealed document or chunk that may be read by the rules of docs/circle.md as far as
        they need no key, whose name is free or holds the same content, and whose counter is not
        out of reach; a checkpoint of the sender with a greater number than the stored one.
        Refusals are a `CircleError` with the code of the first rule broken: `schema`, `limit`,
        `b64`, `author`, `sig`, `newer-log`, `fork`, `authz`, `removed`; for what is not stored yet
        `closed`, `removed` (nobody has said yet what counts), `stale` (seal it again), `limit`;
        for one stored with other content `taken`; for a checkpoint `stale` or `replaced`.
    """
    proven = {id(proof.document): proof for proof in signed if proof is not None}
    require_open = _opening(membership, again=again)
    greatest: dict[str, int] = {}
    current = False

    def decide(view: View, document: Document) -> None:
        nonlocal current
        if document.id.startswith(STRUCTURAL):
            _require_repeat(view, document)
            return
        proof = proven.get(id(document))
        if proof is None or (proof.circle, proof.seq) != (membership.circle, membership.seq):
            proof = _signed(membership, document)
        if not current and view.last_id("log:") != f"log:{membership.seq:06d}":
            raise StoreUnavailable("the log of this circle has just moved on; send it again")
        current = True
        content, stored = proof.content, view.rev(document.id)
        if isinstance(content, Checkpoint):
            _require_newer(membership, content, stored, sender)
            return
        if isinstance(content, Sealed):
            require_allowed(membership, content)
        if stored is not None:
            if stored != str(document.rev):
                raise CircleError("taken", "another document has this name; it must take a new one")
            return
        require_open(content)
        if isinstance(content, Sealed):
            _require_counter_in_reach(view, content.id, greatest)

    return decide


def require_bare(document: Document) -> None:
    """Check that nothing lies beside the sealed content, where nobody has signed it."""
    if document.attachments:
        raise CircleError("schema", "documents of a circle have no attachments")


def _opening(membership: Membership, *, again: bool) -> Callable[[Sealed | str], None]:
    """What checks that a new document may still be taken: circle, author and key are not over."""
    stale = {stream: membership.is_stale(stream) for stream in membership.epochs}

    def require(content: Sealed | str) -> None:
        if membership.closed_s is not None:
            raise CircleError("closed", "this circle is closed")
        if isinstance(content, str):
            # Fences count documents; a chunk says nothing of when it was made.
            if not again and not membership.live(content):
                raise CircleError("removed", "the author is gone")
            return
        stream = content.id.stream
        author = membership.devices[content.id.device]
        if not author.live and author.fence(stream) is None:
            raise CircleError("removed", "the author is gone, and nobody has said what counts")
        over = membership.epoch_at(stream, content.seq) != membership.current_epoch(stream)
        if not again and (over or stale[stream]):
            raise CircleError("stale", "the key of this stream is over; seal it under a new one")

    return require


def _require_newer(
    membership: Membership, checkpoint: Checkpoint, stored: str | None, sender: str
) -> None:
    """Check that a checkpoint is its author's own and takes the place of an older one."""
    if checkpoint.device != sender:
        raise CircleError("authz", "a checkpoint comes from its author alone")
    if stored == checkpoint.rev:
        return
    if membership.closed_s is not None:
        raise CircleError("closed", "this circle is closed")
    if stored is None:
        return
    known = int(stored.partition("-")[0])
    if checkpoint.i < known:
        raise CircleError("stale", f"expected checkpoint {known + 1} or a later one")
    if checkpoint.i == known:
        raise CircleError("replaced", "another checkpoint has this number")


def _signed(membership: Membership, document: Document) -> Signed:
    require_bare(document)
    one_revision = document.id.startswith(_CHECKPOINT) or not document.ancestors
    if document.deleted or document.rev is None or not one_revision:
        raise CircleError("schema", "expected a sealed document in its one revision")
    content: Sealed | Checkpoint | str
    if isinstance(document, SealedDocument) and document.circle == membership.circle:
        content = document.content
        content.verify(author_of(membership, content).sign_point)
        return Signed(membership.circle, membership.seq, document, content)
    members: dict[str, Any] = {**document.members, "_id": document.id, "_rev": str(document.rev)}
    if document.id.startswith(_CHECKPOINT):
        content = Checkpoint.read(membership, members)
    elif document.id.startswith(_CHUNK):
        read_chunk(membership, members)
        named = CHUNK_ID.match(document.id)
        assert named is not None  # read_chunk has seen it
        content = named[1]
    else:
        content = Sealed.parse(membership.circle, members)
        content.verify(author_of(membership, content).sign_point)
    return Signed(membership.circle, membership.seq, document, content)


def _require_repeat(view: View, document: Document) -> None:
    """Check that a structural document is stored already, with the very same content."""
    require_bare(document)
    stored = view.rev(document.id)
    named = stored is not None and stored == str(document.rev)
    if document.deleted or document.ancestors or not named:
        raise CircleError("authz", "the log is only written through bundles")
    if stored != structural_rev({**document.members, "_id": document.id}):
        raise CircleError("authz", "this is not the document that is stored under this revision")


def _require_counter_in_reach(view: View, identity: DocumentId, greatest: dict[str, int]) -> None:
    """Check that the author stored something at most `COUNTER_AHEAD_MAX` below.

    A name starts with kind and month, so no single look finds an author's greatest counter. Up to
    `COUNTER_AHEAD_MAX` none is needed; above, the author's last document nearly always has the
    same kind and month; else every kind and month that the store holds is looked at, once.

    Args:
        view: The store.
        identity: The new document.
        greatest: What was found before in the same turn, by author and stream.
    """
    least = identity.n - COUNTER_AHEAD_MAX
    if least <= 0:
        return
    feed = f":{identity.device}:{identity.stream}"
    known = greatest.get(feed, 0)
    if known < least:
        known = _counter(view, f"{identity.kind}:{identity.month}{feed}")
    if known < least and _EVERYWHERE + feed not in greatest:
        known = max((_counter(view, month + feed) for month in _months(view)), default=0)
        greatest[_EVERYWHERE + feed] = known
    known = max(known, greatest.get(_EVERYWHERE + feed, 0))
    if known < least:
        raise CircleError("limit", "the counter is too far above what was stored of this device")
    greatest[feed] = max(greatest.get(feed, 0), known, identity.n)


def _counter(view: View, prefix: str) -> int:
    """The greatest counter stored under a name that lacks only it, 0 without one."""
    last = view.last_id(prefix)
    return 0 if last is None else int(last[-6:])


def _months(view: View) -> Iterator[str]:
    """Each `kind:yymm` that the store holds, by trying digit after digit."""
    prefixes = [f"{kind}:" for kind in sorted(KINDS)]
    while prefixes:
        prefix = prefixes.pop()
        if len(prefix) == len("ev:yymm"):
            yield prefix
            continue
        prefixes.extend(
            prefix + digit for digit in "0123456789" if view.last_id(prefix + digit) is not None
        )
