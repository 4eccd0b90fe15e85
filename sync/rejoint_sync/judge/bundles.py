"""May this entry be appended, with what it brings? By the log, the server's clock and the limits.

Source: docs/circle.md, "The server's duties".
"""

from typing import Final

from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.envelope import NONCE_BYTES, TAG_BYTES, WRAP_BYTES
from rejoint_sync.circle.epochs import repair_wraps, required_wraps
from rejoint_sync.circle.invitation import INVITATION_PREFIX
from rejoint_sync.circle.limits import (
    APPENDS_PER_DAY_MAX,
    BUNDLE_BYTES_MAX,
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
from rejoint_sync.errors import CircleError, TooManyRequests
from rejoint_sync.judge.documents import require_bare
from rejoint_sync.stores import Judge, View

_DAY_SECONDS: Final = 86_400


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
            be of any time in the past, and lack wraps and a sealed invitation, which who brings it
            back need not have.

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
    allowed = repair_wraps(membership, after)
    _require_wraps(bundle, required, allowed, after, again=again)
    if bundle.inv is not None or not again:
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
        require_bare(document)
        if document.id.startswith("log:") and view.last_id("log:") != expected:
            raise CircleError("seq", "another entry was faster")

    return decide


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
    bundle: Bundle, required: list[str], allowed: list[str], after: Membership, *, again: bool
) -> None:
    """Check that each required wrap is there, once, and nothing but these and allowed ones.

    Those that lack `again` are missed by whom they are for, and written anew by who can.
    """
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
    if missing and not again:
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
        error = CircleError("limit", "this device has made too many changes today")
        error.status, error.error = TooManyRequests.status, TooManyRequests.error
        raise error
