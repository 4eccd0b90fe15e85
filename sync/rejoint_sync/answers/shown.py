"""One document as an answer shows it, with what was asked for beside its body."""

import base64
from collections.abc import Mapping
from typing import Any, Final

import orjson

from rejoint_sync.attachment import Attachment, inflate
from rejoint_sync.stores import Leaf, Stored
from rejoint_sync.wire.show import DocumentOptions

PLAIN: Final = DocumentOptions()
_NOTHING: Final[Mapping[str, Any]] = {}


def document_text(
    stored: Stored,
    leaf: Leaf,
    options: DocumentOptions = PLAIN,
    *,
    data: Mapping[str, bytes] = _NOTHING,
    earlier: Mapping[str, Leaf] = _NOTHING,
) -> bytes:
    """One revision as JSON text, its body pasted as it is stored.

    Args:
        stored: The document.
        leaf: One of its leaves, or an earlier revision whose body is kept.
        options: What to show beside the body.
        data: The bytes, as kept, of the attachments that `names_with_bytes` gives.
        earlier: Earlier revisions whose bodies are kept; asked only for `_revs_info`.
    """
    head = b'{"_id":' + orjson.dumps(stored.id) + b',"_rev":"' + leaf.rev.encode() + b'"'
    extra = _meta(stored, leaf, options, earlier)
    if leaf.attachments:
        extra["_attachments"] = {
            one.name: _attachment(one, options, data.get(one.name)) for one in leaf.attachments
        }
    if extra:
        head += b"," + orjson.dumps(extra)[1:-1]
    return head + leaf.tail


def names_with_bytes(leaf: Leaf, options: DocumentOptions) -> list[str]:
    """The attachments whose bytes were asked for: all, or those newer than `atts_since`."""
    if not options.attachments:
        return []
    known = set(options.since)
    generation = int(leaf.rev.partition("-")[0])
    since = 0
    if known:
        path = path_of(leaf)
        since = next((generation - age for age, rev in enumerate(path) if rev in known), 0)
    return [one.name for one in leaf.attachments if one.revpos > since or not since]


def _attachment(one: Attachment, options: DocumentOptions, data: bytes | None) -> dict[str, Any]:
    member: dict[str, Any] = {
        "content_type": one.content_type,
        "revpos": one.revpos,
        "digest": one.digest,
    }
    if data is None:
        member |= {"length": one.length, "stub": True}
    elif options.follows:
        member |= {"length": one.length, "follows": True}
    else:
        plain = inflate(data) if one.gzipped else data
        member["data"] = base64.b64encode(plain).decode()
    if options.encoding_info and one.gzipped:
        member |= {"encoding": "gzip", "encoded_length": one.encoded_length}
    return member


def path_of(leaf: Leaf) -> list[str]:
    """A revision and its known ancestors, newest first."""
    generation, _, digest = leaf.rev.partition("-")
    digests = (digest, *leaf.ancestors)
    return [f"{int(generation) - age}-{digest}" for age, digest in enumerate(digests)]


def _meta(
    stored: Stored, leaf: Leaf, options: DocumentOptions, earlier: Mapping[str, Leaf]
) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if options.revs:
        generation, _, digest = leaf.rev.partition("-")
        extra["_revisions"] = {"start": int(generation), "ids": [digest, *leaf.ancestors]}
    if options.revs_info:
        extra["_revs_info"] = [
            {"rev": rev, "status": _status(leaf if rev == leaf.rev else earlier.get(rev))}
            for rev in path_of(leaf)
        ]
    losers = stored.leaves[1:] if leaf is stored.leaves[0] else ()
    if options.conflicts:
        living = [loser.rev for loser in losers if not loser.deleted]
        extra |= {"_conflicts": living} if living else {}
    if options.deleted_conflicts:
        gone = [loser.rev for loser in losers if loser.deleted]
        extra |= {"_deleted_conflicts": gone} if gone else {}
    if options.local_seq:
        extra["_local_seq"] = stored.sequence
    return extra


def _status(body: Leaf | None) -> str:
    if body is None:
        return "missing"
    return "deleted" if body.deleted else "available"


def leaves_for(stored: Stored, rev: str, *, latest: bool) -> list[Leaf]:
    """The leaves to show to who asks for this revision.

    Args:
        stored: The document.
        rev: The revision asked for.
        latest: Also the leaves that grew out of it.
    """
    exact = [leaf for leaf in stored.leaves if leaf.rev == rev]
    if exact or not latest:
        return exact
    return [leaf for leaf in stored.leaves if rev in path_of(leaf)]
