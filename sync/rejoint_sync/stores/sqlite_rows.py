"""How a revision tree stands in the columns of `doc`, and back.

The winner has columns of its own, `rev`, `older` and `deleted`; the other leaves share one,
`others`, which is NULL for nearly every document. So is `attachments`: two lines of JSON, the first
to be pasted into answers, the second with all that is known.
"""

from collections.abc import Mapping
from typing import Any, Final

import apsw
import orjson

from rejoint_sync.attachment import Attachment, stubs_text
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import Branch, Tree

TREE_COLUMNS: Final = "rev, older, deleted, others"
TreeRow = tuple[str, str, int, str | None]
"""`TREE_COLUMNS` of one row."""


def select(
    connection: apsw.Connection,
    sql: str,
    parameters: tuple[object, ...] | Mapping[str, object] = (),
) -> list[tuple[Any, ...]]:
    """Run a statement to its end, so that nothing of it is left open, and return its rows."""
    # The binding's type for parameters is narrower than what it takes.
    bindings: Any = parameters
    rows: list[tuple[Any, ...]] = connection.execute(sql, bindings).fetchall()
    return rows


def ancestors_of(older: str) -> tuple[str, ...]:
    """The digests of a column `older`.

    >>> ancestors_of(',"b","a"')
    ('b', 'a')
    """
    return tuple(older[2:-1].split('","')) if older else ()


def older_of(branch: Branch) -> str:
    """The column `older` of a branch, ready to be pasted into `_revisions.ids` after its own."""
    return ',"' + '","'.join(branch.ancestors) + '"' if branch.ancestors else ""


def tree_of(row: tuple[Any, ...]) -> Tree:
    """The tree of a row's `TREE_COLUMNS`."""
    rev, older, deleted, others = row
    winner = _branch(rev, older, deleted)
    if others is None:
        return (winner,)
    return (winner, *(_branch(*other) for other in orjson.loads(others)))


def row_of(tree: Tree) -> TreeRow:
    """The columns of a tree with at least one leaf."""
    winner = tree[0]
    others = None
    if len(tree) > 1:
        cells = [[str(leaf.rev), older_of(leaf), int(leaf.deleted)] for leaf in tree[1:]]
        others = orjson.dumps(cells).decode()
    return (str(winner.rev), older_of(winner), int(winner.deleted), others)


def column_of(attachments: tuple[Attachment, ...]) -> str | None:
    """The column `attachments`."""
    if not attachments:
        return None
    cells = [
        [
            one.name,
            one.content_type,
            one.digest,
            one.length,
            one.revpos,
            one.gzipped,
            one.encoded_length,
            one.blob,
        ]
        for one in attachments
    ]
    return (stubs_text(attachments) + b"\n" + orjson.dumps(cells)).decode()


def attachments_of(column: str | None) -> tuple[Attachment, ...]:
    """The attachments of a column `attachments`."""
    if column is None:
        return ()
    cells = orjson.loads(column[column.index("\n") :])
    return tuple(Attachment(*cell) for cell in cells)


def _branch(rev: str, older: str, deleted: int) -> Branch:
    generation, _, digest = rev.partition("-")
    return Branch(Revision(int(generation), digest), ancestors_of(older), bool(deleted))
