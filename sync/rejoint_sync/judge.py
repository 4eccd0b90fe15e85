"""What a server without secrets decides: which documents and which entries it takes.

The work is split so that the slow half needs no lock: `check_signature` may run in any thread; the
judges made by `judge` and `judge_append` run in the store's turn, where what they see stays true
until the write lands.

A store of circles is written with `new_edits=False` only: a sealed document has one revision, and
an edit would be another.

Source: docs/circle.md, "The server's duties".
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from rejoint_sync.circle.document import (
    KINDS,
    DocumentId,
    Sealed,
    author_of,
    require_allowed,
    structural_rev,
)
from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.envelope import NONCE_BYTES, TAG_BYTES, WRAP_BYTES
from rejoint_sync.circle.epochs import repair_wraps, required_wraps
from rejoint_sync.circle.invitation import INVITATION_PREFIX
from rejoint_sync.circle.limits import (
    APPENDS_PER_DAY_MAX,
    BUNDLE_BYTES_MAX,
    COUNTER_AHEAD_MAX,
    DEVICES_EVER_MAX,
    DEVICES_LIVE_MAX,
    EARLIER_SECONDS_MAX,
    INVITATION_BYTES_MAX,
    INVITATIONS_OPEN_MAX,
    LATER_SECONDS_MAX,
    REPAIRS,
    SEQ_ORDINARY_MAX,
    UNCOUNTED,
)
from rejoint_sync.circle.log import Membership
from rejoint_sync.circle.schema import Entry, parse_entry
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError, StoreUnavailable
from rejoint_sync.stores import Judge, View


@dataclass(frozen=True, slots=True)
class Signed:
    """Proof that the signature of one document object was checked.

    Attributes:
        circle: The circle as whose document it was checked.
        document: That object; an equal one would have to be checked again.
        sealed: What it holds.
    """

    circle: str
    document: Document
    sealed: Sealed


STRUCTURAL: Final = ("log:", "wrap:", "inv:")
"""Names of documents that come to be only through bundles."""

_DAY_SECONDS: Final = 86_400


def check_signature(membership: Membership, document: Document) -> Signed | None:
    """Check shape, author and signature of a sealed document; no lock is needed.

    Returns:
        What `judge` takes as proof; None for a structural document, which has nothing to check.

    Raises:
        CircleError: `schema`, `limit`, `b64`, `author`, `sig`.
    """
    if document.id.startswith(STRUCTURAL):
        return None
    return _signed(membership, document)


def judge(
    membership: Membership, signed: Collection[Signed | None] = (), *, again: bool = False
) -> Judge:
    """Make the judge of documents that arrive by replication or exchange, for one `write`.

    Args:
        membership: The circle as far as the caller knows its log. When the store's log is longer,
            every document is refused for now with `StoreUnavailable`: read the log, try again.
        signed: Results of `check_signature`. A document that is not among them has its signature
            checked in the store's turn: as safe, but slower for all.
        again: Whether who sends says that these were taken before or are another's: a relay, or a
            push after a restore. Then they may be of an epoch that is over.

    Returns:
        A judge that takes exactly these: a structural document that is stored already, bit for
        bit; a sealed document that may be read by the rules of docs/circle.md as far as they need
        no key, whose name is free or holds the same content, and whose counter is not out of
        reach. It raises `CircleError` with the code of the first rule broken: `schema`, `limit`,
        `b64`, `author`, `sig`, `newer-log`, `fork`, `authz`, `removed`; then, for one that is not
        stored yet, `closed`, `removed` (the author is gone, and up to where it counts is not said
        yet), `stale` (under a key that is over, or that somebody has who is gone: seal it again)
        and `limit`; for one that is stored with other content `taken`.
    """
    proven = {id(proof.document): proof for proof in signed if proof is not None}
    greatest: dict[str, int] = {}
    current = False

    def decide(view: View, document: Document) -> None:
        nonlocal current
        if document.id.startswith(STRUCTURAL):
            _require_repeat(view, document)
            return
        proof = proven.get(id(document))
        if proof is None or proof.circle != membership.circle:
            proof = _signed(membership, document)
        sealed = proof.sealed
        if not current and view.last_id("log:") != f"log:{membership.seq:06d}":
            raise StoreUnavailable("the log of this circle has just moved on; send it again")
        current = True
        require_allowed(membership, sealed)
        stored = view.rev(document.id)
        if stored is None:
            _require_open(membership, sealed.id, sealed.seq, again=again)
            _require_counter_in_reach(view, sealed.id, greatest)
        elif stored != sealed.rev:
            raise CircleError("taken", "another document has this name; it must take a new one")

    return decide


def judge_bundle(
    membership: Membership | None, bundle: Bundle, now_s: int, *, again: bool = False
) -> Membership:
    """Judge an append to a log, or with None the founding of a circle. Pure.

    Whether its sender may found a circle at all is not asked here.

    Args:
        membership: The circle before the entry; None to found one.
        bundle: The entry and what it requires.
        now_s: Unix seconds by the server's clock.
        again: Whether the entry was in this log before and is brought back after a restore: it may
            be of any time in the past.

    Returns:
        The membership after the entry. Store `bundle.documents()` with `judge_append` and
        `whole=True`, then keep it.

    Raises:
        CircleError: The codes of the replay; `ts` (outside the server's window), `invite` (over
            by the server's clock), `wrap` (not exactly the required wraps, or of a wrong size),
            `schema` (no or a needless invitation), `limit`.
    """
    entry = parse_entry(bundle.log)
    _require_bundle_size(bundle)
    after = (Membership.founded if membership is None else membership.append)(bundle.log)
    _require_timely(membership, entry, now_s, again=again)
    required = required_wraps(membership, after)
    _require_wraps(bundle, required, repair_wraps(membership, after), after)
    _require_invitation(bundle, entry)
    _require_limits(membership, after, entry, now_s)
    return after


def judge_append(membership: Membership | None) -> Judge:
    """Make the judge that stores a bundle only if its log is still as it was judged.

    Args:
        membership: What `judge_bundle` was given.

    Returns:
        A judge that raises `CircleError` with `seq` when the store's log has moved on.
    """
    expected = None if membership is None else f"log:{membership.seq:06d}"

    def decide(view: View, document: Document) -> None:
        _require_bare(document)
        if document.id.startswith("log:") and view.last_id("log:") != expected:
            raise CircleError("seq", "another entry was faster")

    return decide


def _require_bare(document: Document) -> None:
    """Check that nothing lies beside the sealed content, where nobody has signed it."""
    if document.attachments:
        raise CircleError("schema", "documents of a circle have no attachments")


def _require_open(membership: Membership, identity: DocumentId, seq: int, *, again: bool) -> None:
    """Check that a new document may still be taken: circle, author and key are not over."""
    stream = identity.stream
    if membership.closed_s is not None:
        raise CircleError("closed", "this circle is closed")
    author = membership.devices[identity.device]
    if not author.live and author.fence(stream) is None:
        raise CircleError("removed", "the author is gone, and nobody has said yet what counts")
    over = membership.epoch_at(stream, seq) != membership.current_epoch(stream)
    if not again and (over or membership.is_stale(stream)):
        raise CircleError("stale", "the key of this stream is over; seal it under a new one")


def _signed(membership: Membership, document: Document) -> Signed:
    _require_bare(document)
    if document.deleted or document.ancestors or document.rev is None:
        raise CircleError("schema", "expected a sealed document in its one revision")
    members: dict[str, Any] = {**document.members, "_id": document.id, "_rev": str(document.rev)}
    sealed = Sealed.parse(membership.circle, members)
    sealed.verify(author_of(membership, sealed).sign_point)
    return Signed(membership.circle, document, sealed)


def _require_repeat(view: View, document: Document) -> None:
    """Check that a structural document is stored already, with the very same content."""
    _require_bare(document)
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
    known = _counter(view, f"{identity.kind}:{identity.month}{feed}")
    if known < least and feed not in greatest:
        greatest[feed] = max((_counter(view, month + feed) for month in _months(view)), default=0)
    if max(known, greatest.get(feed, 0)) < least:
        raise CircleError("limit", "the counter is too far above what was stored of this device")
    if feed in greatest:
        greatest[feed] = max(greatest[feed], identity.n)


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


def _require_bundle_size(bundle: Bundle) -> None:
    parts = (*bundle.wraps, bundle.inv or {})
    sealed = sum(len(value) for part in parts for value in part.values() if type(value) is str)
    if sealed > BUNDLE_BYTES_MAX:
        raise CircleError("limit", f"expected a bundle of at most {BUNDLE_BYTES_MAX} characters")


def _require_timely(
    membership: Membership | None, entry: Entry, now_s: int, *, again: bool
) -> None:
    last_s = None if membership is None else membership.stamps[-1].ts
    if entry.ts > max(now_s, last_s or 0) + LATER_SECONDS_MAX:
        raise CircleError("ts", "the time of this entry is in the future")
    if again:
        return
    if entry.ts < now_s - EARLIER_SECONDS_MAX and entry.ts != last_s:
        raise CircleError("ts", "the time of this entry is too long ago")
    if entry.op in {"join", "add"} and entry.payload["iid"] and membership is not None:
        membership.open_invitation(entry.payload["iid"], max(now_s, entry.ts))


def _require_wraps(
    bundle: Bundle, required: list[str], allowed: list[str], after: Membership
) -> None:
    """Check that each required wrap is there, once, and nothing but these and allowed ones."""
    missing, left = set(required), {*required, *allowed}
    for wrap in bundle.wraps:
        named = wrap.keys() - {"_rev"} == {"_id", "k"} and type(wrap["_id"]) is str
        if not named or wrap["_id"] not in left:
            raise CircleError("wrap", "expected exactly the wraps that the entry requires")
        left.remove(wrap["_id"])
        missing.discard(wrap["_id"])
        size = WRAP_BYTES[after.devices[wrap["_id"].rpartition(":")[2]].pub["kem"]]
        if type(wrap["k"]) is not str or len(b64u_decode(wrap["k"])) != size:
            raise CircleError("wrap", f"expected a wrap of {size} bytes")
    if missing:
        raise CircleError("wrap", "a device that must get the key has no wrap")


def _require_invitation(bundle: Bundle, entry: Entry) -> None:
    if (bundle.inv is not None) != (entry.op == "invite"):
        raise CircleError("schema", "expected a sealed invitation with an invite, and only there")
    if bundle.inv is None:
        return
    name = INVITATION_PREFIX + entry.payload["iid"]
    sealed = bundle.inv.get("k")
    if bundle.inv.keys() - {"_rev"} != {"_id", "k"} or bundle.inv["_id"] != name:
        raise CircleError("schema", "expected the invitation that the entry names")
    if type(sealed) is not str or len(b64u_decode(sealed)) < NONCE_BYTES + TAG_BYTES:
        raise CircleError("schema", "expected a sealed invitation")
    if len(sealed) > INVITATION_BYTES_MAX:
        raise CircleError("limit", f"expected at most {INVITATION_BYTES_MAX} sealed characters")


def _require_limits(before: Membership | None, after: Membership, entry: Entry, now_s: int) -> None:
    if after.seq > SEQ_ORDINARY_MAX and entry.op not in REPAIRS:
        raise CircleError("limit", "this circle has reached its number of changes")
    if len(after.devices) > DEVICES_EVER_MAX:
        raise CircleError("limit", "this circle has reached its number of devices")
    if sum(member.live for member in after.devices.values()) > DEVICES_LIVE_MAX:
        raise CircleError("limit", "this circle has reached its number of live devices")
    if len(after.open_invitations(now_s)) > INVITATIONS_OPEN_MAX:
        raise CircleError("limit", "this circle has too many open invitations")
    if before is None or entry.op in UNCOUNTED:
        return
    count = 0
    for stamp in reversed(before.stamps):
        if stamp.ts <= entry.ts - _DAY_SECONDS:
            break
        count += stamp.device == entry.jws.kid
    if count >= APPENDS_PER_DAY_MAX:
        raise CircleError("limit", "this device has made too many changes today")
