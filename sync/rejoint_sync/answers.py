"""The replication protocol on paper: what its answers look like.

Stored leaves come in and JSON text goes out, bodies pasted as they are stored.

Source: Apache CouchDB 3.5 documentation, "API Reference" and "Replication Protocol".
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

from rejoint_sync.errors import CircleError, SyncError
from rejoint_sync.revision import Revision
from rejoint_sync.stores import Leaf, Outcome, Stored
from rejoint_sync.wire import AllDocsRequest, DocumentOptions, Wanted

PLAIN: Final = DocumentOptions()


def revs_diff(revs: Sequence[Revision], stored: Stored | None) -> dict[str, list[str]] | None:
    """What is missing of one document, None when nothing is.

    Args:
        revs: The revisions a peer has.
        stored: The document as it is here; None when it is not there or not to be shown.
    """
    known = set() if stored is None else known_revs(stored)
    missing = [rev for rev in revs if str(rev) not in known]
    if not missing:
        return None
    answer = {"missing": [str(rev) for rev in missing]}
    if stored is not None:
        newest = max(rev.generation for rev in missing)
        ancestors = [leaf.rev for leaf in stored.leaves if _generation(leaf.rev) < newest]
        if ancestors:
            answer["possible_ancestors"] = ancestors
    return answer


def known_revs(stored: Stored) -> set[str]:
    """Every revision of the document's tree, leaves and ancestors, as text."""
    known = set()
    for leaf in stored.leaves:
        known.update(_path(leaf))
    return known


def _generation(rev: str) -> int:
    return int(rev.partition("-")[0])


def _path(leaf: Leaf) -> list[str]:
    """The leaf's revision and its known ancestors, newest first."""
    generation, _, digest = leaf.rev.partition("-")
    digests = (digest, *leaf.ancestors)
    return [f"{int(generation) - age}-{digest}" for age, digest in enumerate(digests)]


def refusal(outcome: Outcome, error: SyncError) -> dict[str, str]:
    """The row of a document that was not stored.

    A document refused by a rule of its circle is always `forbidden`, whatever the status of its
    code would be: a stock replicator then goes on with the others, while any other word makes it
    send the same batch again for ever. `code` tells our own clients which rule it was.
    """
    if isinstance(error, CircleError):
        return {
            "id": outcome.id,
            "error": "forbidden",
            "reason": error.reason,
            "code": error.code,
        }
    return {"id": outcome.id, "error": error.error, "reason": error.reason}


def bulk_docs_answer(outcomes: Iterable[Outcome], *, new_edits: bool) -> bytes:
    """The rows of `_bulk_docs`; with `new_edits=False` only the refused ones are named."""
    rows: list[dict[str, Any]] = []
    for outcome in outcomes:
        if outcome.error is not None:
            rows.append(refusal(outcome, outcome.error))
        elif new_edits:
            rows.append({"ok": True, "id": outcome.id, "rev": outcome.rev})
    return orjson.dumps(rows)


def document_text(stored: Stored, leaf: Leaf, options: DocumentOptions = PLAIN) -> bytes:
    """One revision as JSON text, its body pasted as it is stored."""
    head = b'{"_id":' + orjson.dumps(stored.id) + b',"_rev":"' + leaf.rev.encode() + b'"'
    extra = _meta(stored, leaf, options)
    if extra:
        head += b"," + orjson.dumps(extra)[1:-1]
    return head + leaf.tail


def _meta(stored: Stored, leaf: Leaf, options: DocumentOptions) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if options.revs:
        generation, _, digest = leaf.rev.partition("-")
        extra["_revisions"] = {"start": int(generation), "ids": [digest, *leaf.ancestors]}
    if options.revs_info:
        status = "deleted" if leaf.deleted else "available"
        newest, *older = _path(leaf)
        extra["_revs_info"] = [
            {"rev": newest, "status": status},
            *({"rev": rev, "status": "missing"} for rev in older),
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


def leaves_for(stored: Stored, rev: str, *, latest: bool) -> list[Leaf]:
    """The leaves to show to who asks for this revision; only leaves have bodies.

    Args:
        stored: The document.
        rev: The revision asked for.
        latest: Also the leaves that grew out of it.
    """
    exact = [leaf for leaf in stored.leaves if leaf.rev == rev]
    if exact or not latest:
        return exact
    return [leaf for leaf in stored.leaves if rev in _path(leaf)]


def bulk_get_row(
    wanted: Wanted, stored: Stored | None, options: DocumentOptions, *, latest: bool
) -> bytes:
    """One row of `_bulk_get` as JSON text. `stored` is None when it is not there or not shown."""
    name = orjson.dumps(wanted.id)
    if stored is None:
        leaves: Sequence[Leaf] = ()
    elif wanted.rev is None:
        leaves = stored.leaves[:1]
    else:
        leaves = leaves_for(stored, wanted.rev, latest=latest)
    if stored is None or not leaves:
        missing = {"id": wanted.id, "rev": wanted.rev or "undefined"}
        docs = orjson.dumps({"error": missing | {"error": "not_found", "reason": "missing"}})
    else:
        docs = b",".join(b'{"ok":%b}' % document_text(stored, one, options) for one in leaves)
    return b'{"id":%b,"docs":[%b]}' % (name, docs)


def all_docs_row(stored: Stored, request: AllDocsRequest) -> bytes:
    """One row of `_all_docs` as JSON text."""
    winner = stored.leaves[0]
    name = orjson.dumps(stored.id)
    value: dict[str, Any] = {"rev": winner.rev} | ({"deleted": True} if winner.deleted else {})
    row = b'{"id":%b,"key":%b,"value":%b' % (name, name, orjson.dumps(value))
    if request.include_docs:
        shown = b"null" if winner.deleted else document_text(stored, winner, request.options)
        row += b',"doc":' + shown
    return row + b"}"


def missing_key_row(key: object) -> bytes:
    """The row of `_all_docs` for a key that names no document."""
    return orjson.dumps({"key": key, "error": "not_found"})
