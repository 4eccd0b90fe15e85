"""Documents for the contract, written as short as their revisions."""

import json
from typing import Any

from rejoint_sync.document import Document
from rejoint_sync.stores import ChangesPage


def edit(name: str, rev: str | None = None, *, deleted: bool = False, **members: Any) -> Document:
    """An edit of `rev`, for `new_edits=True`."""
    value: dict[str, Any] = {"_id": name, **members}
    if rev:
        value["_rev"] = rev
    if deleted:
        value["_deleted"] = True
    return Document.parse(value)


def revision(name: str, *path: str, deleted: bool = False, **members: Any) -> Document:
    """A revision with its ancestors, newest first, for `new_edits=False`.

    Without members its body names the revision, so that bodies cannot be mixed up unseen.
    """
    generation = int(path[0].split("-")[0])
    value: dict[str, Any] = {
        "_id": name,
        "_revisions": {"start": generation, "ids": [rev.split("-")[1] for rev in path]},
        **(members or {"body": path[0]}),
    }
    if deleted:
        value["_deleted"] = True
    return Document.parse(value)


def rows(page: ChangesPage) -> list[Any]:
    """The rows of a page, parsed."""
    parsed: list[Any] = json.loads(b"[" + page.rows + b"]")
    return parsed


def body(tail: bytes) -> Any:
    """A tail, parsed as it is pasted into an answer."""
    return json.loads(b'{"":0' + tail)
