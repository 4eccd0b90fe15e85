"""Rows of lists, as JSON text."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from rejoint_sync.errors import CircleError, SyncError
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import Tree, missing, possible_ancestors
from rejoint_sync.stores import Leaf, LocalDocument, Outcome, Stored
from rejoint_sync.wire.bulk import Wanted


def revs_diff(revs: Sequence[Revision], tree: Tree) -> dict[str, list[str]] | None:
    """What is missing of one document, None when nothing is.

    Args:
        revs: The revisions a peer has.
        tree: The document as it is here; empty when it is not there or not to be shown.
    """
    absent = missing(tree, revs)
    if not absent:
        return None
    answer = {"missing": [str(rev) for rev in absent]}
    ancestors = [str(rev) for rev in possible_ancestors(tree, absent)]
    return answer | ({"possible_ancestors": ancestors} if ancestors else {})


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


def bulk_get_row(wanted: Wanted, shown: Sequence[bytes]) -> bytes:
    """One row of `_bulk_get`; without a document to show it says what is wrong."""
    if shown:
        docs = b",".join(b'{"ok":%b}' % text for text in shown)
    else:
        docs = orjson.dumps({"error": bulk_get_problem(wanted)})
    return b'{"id":%b,"docs":[%b]}' % (orjson.dumps(wanted.id or None), docs)


def usual_bulk_get_row(wanted: Wanted, stored: Stored, *, revs: bool) -> bytes | None:
    """The row of `_bulk_get` for a winner that is asked for by its revision.

    Nearly every row of nearly every pull is of this kind and can be pasted together at once.

    Args:
        wanted: What was asked for.
        stored: The document.
        revs: With `_revisions`.

    Returns:
        What `bulk_get_row` makes of `document_text`; None for a row that takes more.
    """
    winner = stored.leaves[0]
    if wanted.error is not None or wanted.rev != winner.rev or winner.attachments:
        return None
    history = ""
    if revs:
        generation, _, digest = winner.rev.partition("-")
        digests = '","'.join((digest, *winner.ancestors))
        history = f',"_revisions":{{"start":{generation},"ids":["{digests}"]}}'
    name = orjson.dumps(stored.id)
    head = f'"_rev":"{winner.rev}"{history}'.encode()
    return b'{"id":%b,"docs":[{"ok":{"_id":%b,%b%b}]}' % (name, name, head, winner.tail)


def bulk_get_problem(wanted: Wanted) -> dict[str, Any]:
    """Why an entry of `_bulk_get` shows no document."""
    error = wanted.error
    return {
        "id": wanted.id or None,
        "rev": wanted.rev or (None if error else "undefined"),
        "error": error.error if error else "not_found",
        "reason": error.reason if error else "missing",
    }


def all_docs_row(stored: Stored, shown: bytes | None) -> bytes:
    """One row of `_all_docs`; `shown` is its document, None when it was not asked for."""
    winner = stored.leaves[0]
    name = orjson.dumps(stored.id)
    value: dict[str, Any] = {"rev": winner.rev} | ({"deleted": True} if winner.deleted else {})
    row = b'{"id":%b,"key":%b,"value":%b' % (name, name, orjson.dumps(value))
    return row + (b"}" if shown is None else b',"doc":%b}' % shown)


def missing_key_row(key: object) -> bytes:
    """The row of `_all_docs` for a key that names no document."""
    return orjson.dumps({"key": key, "error": "not_found"})


def local_text(note: LocalDocument, name: str) -> bytes:
    """A `_local` document as JSON text; `name` is its name for who asks."""
    head = orjson.dumps({"_id": f"_local/{name}", "_rev": f"0-{note.count}"})
    return head[:-1] + (b"}" if note.body == b"{}" else b"," + note.body[1:])


def local_row(note: LocalDocument, name: str, *, include_docs: bool) -> bytes:
    """One row of `_local_docs`."""
    key = orjson.dumps(f"_local/{name}")
    row = b'{"id":%b,"key":%b,"value":{"rev":"0-%d"}' % (key, key, note.count)
    return row + (b',"doc":%b}' % local_text(note, name) if include_docs else b"}")


def change_row(stored: Stored, leaves: Sequence[Leaf], sequence: str, shown: bytes | None) -> bytes:
    """One row of `_changes`.

    Args:
        stored: The document.
        leaves: Those that the row names.
        sequence: As it is written in answers.
        shown: The winner, when it was asked for.
    """
    row = orjson.dumps(
        {
            "seq": sequence,
            "id": stored.id,
            "changes": [{"rev": leaf.rev} for leaf in leaves],
            **({"deleted": True} if stored.leaves[0].deleted else {}),
        }
    )
    return row if shown is None else row[:-1] + b',"doc":' + shown + b"}"
