"""One call to `write` in the tables: judged, merged into what is there, numbered.

The trees of all documents of the call are looked up at once, and new documents are inserted
together; only a document that is there already reaches the statements that move bodies about.
"""

# ruff: noqa: S608  # statements are put together from this file's own words, never from input

from collections.abc import Sequence
from typing import Final

import apsw
import orjson

from rejoint_sync.document import Document
from rejoint_sync.errors import SyncError
from rejoint_sync.revtree import Tree
from rejoint_sync.stores import Judge, Outcome
from rejoint_sync.stores.graft import graft
from rejoint_sync.stores.sqlite_heads import Draft
from rejoint_sync.stores.sqlite_rows import TREE_COLUMNS, row_of, select, tree_of

# Left to itself the planner walks the whole database and tries each row against the list.
TREES: Final = f"SELECT id, {TREE_COLUMNS} FROM doc INDEXED BY doc_id WHERE database = ? AND id "
TREE_OF_ONE: Final = TREES + "= ?"
TREES_OF_MANY: Final = TREES + "IN (SELECT value FROM json_each(?))"
LAST_ID: Final = "SELECT max(id) FROM doc WHERE database = ? AND id >= ? AND id < ?"
LAST_ID_UNBOUNDED: Final = "SELECT max(id) FROM doc WHERE database = ? AND id >= ?"
_INSERT: Final = (
    "INSERT INTO doc(database, seq, id, rev, older, deleted, others, tail)"
    " VALUES(?, ?, ?, ?, ?, ?, ?, ?)"
)


def after_prefix(prefix: str) -> str | None:
    """The first text in byte order after all that begin with `prefix`; None when there is none.

    >>> after_prefix("log:")
    'log;'
    """
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    # Surrogates are no characters; the next one is after them.
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)


class Grafting:
    """The documents of one call on their way into one database; the `View` of its judge.

    Args:
        connection: The write connection, inside a transaction.
        draft: The database.
        documents: All that will be put.
        new_edits: As the port's `write`.
        judge: As the port's `write`.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        draft: Draft,
        documents: Sequence[Document],
        *,
        new_edits: bool,
        judge: Judge | None = None,
    ) -> None:
        self._connection = connection
        self._draft = draft
        self._new_edits = new_edits
        self._judge = judge
        self._trees: dict[str, Tree] = dict.fromkeys((document.id for document in documents), ())
        self._inserts: list[tuple[object, ...]] = []
        self._look_up()

    def rev(self, document_id: str) -> str | None:
        """As `View.rev`."""
        tree = self._trees.get(document_id)
        if tree is None:
            rows = select(self._connection, TREE_OF_ONE, (self._draft.num, document_id))
            tree = tree_of(rows[0][1:]) if rows else ()
        return str(tree[0].rev) if tree else None

    def last_id(self, prefix: str) -> str | None:
        """As `View.last_id`."""
        self.flush()
        end = after_prefix(prefix)
        if end is None:
            rows = select(self._connection, LAST_ID_UNBOUNDED, (self._draft.num, prefix))
        else:
            rows = select(self._connection, LAST_ID, (self._draft.num, prefix, end))
        last: str | None = rows[0][0]
        return last

    def offer(self, document: Document) -> Outcome:
        """Store one document, or say why not."""
        try:
            return self.put(document)
        except SyncError as refusal:
            return Outcome(document.id, "", refusal)

    def put(self, document: Document) -> Outcome:
        """Store one document; raises, without a trace, when it cannot be."""
        if self._judge is not None:
            self._judge(self, document)
        tree = self._trees[document.id]
        grafted = graft(tree, document, new_edits=self._new_edits)
        rev, merged = grafted.rev, grafted.tree
        if merged is tree:
            return Outcome(document.id, rev)
        self._draft.next += 1
        self._count(tree, -1)
        self._count(merged, +1)
        if tree:
            self.flush()
            self._move_bodies(document.id, tree, merged, new=(rev, document.tail))
        else:
            row = (self._draft.num, self._draft.next, document.id, *row_of(merged), document.tail)
            self._inserts.append(row)
        self._trees[document.id] = merged
        return Outcome(document.id, rev)

    def flush(self) -> None:
        """Insert the new documents that wait."""
        if self._inserts:
            self._connection.executemany(_INSERT, self._inserts)
            self._inserts.clear()

    def _look_up(self) -> None:
        names = list(self._trees)
        if len(names) == 1:
            rows = select(self._connection, TREE_OF_ONE, (self._draft.num, names[0]))
        else:
            listed = orjson.dumps(names).decode()
            rows = select(self._connection, TREES_OF_MANY, (self._draft.num, listed))
        for row in rows:
            self._trees[row[0]] = tree_of(row[1:])

    def _count(self, tree: Tree, sign: int) -> None:
        if tree and tree[0].deleted:
            self._draft.deleted += sign
        elif tree:
            self._draft.living += sign

    def _move_bodies(
        self, document_id: str, before: Tree, after: Tree, *, new: tuple[str, bytes]
    ) -> None:
        """Write a changed tree: the winner's body belongs in `doc`, the losers' in `leaf`."""
        execute = self._connection.execute
        key = (self._draft.num, document_id)
        won, wins = str(before[0].rev), str(after[0].rev)
        had = {str(branch.rev) for branch in before[1:]}
        has = {str(branch.rev) for branch in after[1:]}
        columns = (self._draft.next, *row_of(after))
        assignments = "seq = ?, rev = ?, older = ?, deleted = ?, others = ?"
        changed: tuple[object, ...] = columns
        if wins != won:
            tail = new[1]
            if wins in had:
                [(tail,)] = select(
                    self._connection,
                    "SELECT tail FROM leaf WHERE database = ? AND id = ? AND rev = ?",
                    (*key, wins),
                )
            assignments += ", tail = ?"
            changed = (*columns, tail)
        for rev in has - had:
            if rev == won:
                execute(
                    "INSERT INTO leaf SELECT database, id, rev, tail FROM doc"
                    " WHERE database = ? AND id = ?",
                    key,
                )
            else:
                execute("INSERT INTO leaf VALUES(?, ?, ?, ?)", (*key, *new))
        for rev in had - has:
            execute("DELETE FROM leaf WHERE database = ? AND id = ? AND rev = ?", (*key, rev))
        execute(
            f"UPDATE doc SET {assignments} WHERE database = ? AND id = ?",
            (*changed, *key),
        )
