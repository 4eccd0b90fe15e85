"""One call to `write` in the tables: judged, merged into what is there, numbered.

The trees of all documents of the call are looked up at once, and new documents are inserted
together; only a document that is there already reaches the statements that move bodies about.
"""

# ruff: noqa: S608  # statements are put together from this file's own words, never from input

from collections.abc import Sequence
from typing import Final

import orjson

from rejoint_sync.attachment import Attachment
from rejoint_sync.document import Document
from rejoint_sync.errors import SyncError
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import Tree
from rejoint_sync.stores import Judge, Outcome
from rejoint_sync.stores.graft import AttachmentsOf, Grafted, earlier_generation, graft
from rejoint_sync.stores.sqlite_bodies import Bodies
from rejoint_sync.stores.sqlite_heads import Draft
from rejoint_sync.stores.sqlite_rows import TREE_COLUMNS, column_of, row_of, select, tree_of

# Left to itself the planner walks the whole database and tries each row against the list.
TREES: Final = f"SELECT id, {TREE_COLUMNS} FROM doc INDEXED BY doc_id WHERE database = ? AND id "
TREE_OF_ONE: Final = TREES + "= ?"
TREES_OF_MANY: Final = TREES + "IN (SELECT value FROM json_each(?))"
LAST_ID: Final = "SELECT max(id) FROM doc WHERE database = ? AND id >= ? AND id < ?"
LAST_ID_UNBOUNDED: Final = "SELECT max(id) FROM doc WHERE database = ? AND id >= ?"
_INSERT: Final = (
    "INSERT INTO doc(database, seq, id, number, rev, older, deleted, others, tail)"
    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ATTACH: Final = "UPDATE doc SET attachments = ? WHERE database = ? AND id = ?"


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
        bodies: Of the database.
        draft: The database.
        documents: All that will be put.
        new_edits: As the port's `write`.
        judge: As the port's `write`.
    """

    def __init__(
        self,
        bodies: Bodies,
        draft: Draft,
        documents: Sequence[Document],
        *,
        new_edits: bool,
        judge: Judge | None = None,
    ) -> None:
        self._connection = bodies.connection
        self._draft = draft
        self._bodies = bodies
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
        grafted = graft(
            tree,
            document,
            new_edits=self._new_edits,
            limit=self._draft.revs_limit,
            attachments_of=self._attachments_of(document.id) if document.attachments else None,
        )
        if grafted.tree is tree:
            return Outcome(document.id, grafted.rev)
        self._draft.next += 1
        self._draft.count(tree, -1)
        self._draft.count(grafted.tree, +1)
        if tree:
            self._change(document, tree, grafted)
        else:
            key = (self._draft.num, self._draft.next, document.id, self._draft.number)
            self._inserts.append((*key, *row_of(grafted.tree), document.tail))
            if grafted.attachments:
                self._attach(document, grafted)
        self._trees[document.id] = grafted.tree
        return Outcome(document.id, grafted.rev)

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

    def _attach(self, document: Document, grafted: Grafted) -> None:
        """Give a new document its attachments."""
        self.flush()
        self._bodies.hold(document.id, grafted.rev, grafted.attachments, document.attachments)
        column = column_of(grafted.attachments)
        self._connection.execute(_ATTACH, (column, self._draft.num, document.id))

    def _change(self, document: Document, before: Tree, grafted: Grafted) -> None:
        """Write a document that is there already."""
        self.flush()
        new = None
        if grafted.is_new:
            self._bodies.forget_replaced(document.id, Revision.parse(grafted.rev))
            self._bodies.hold(document.id, grafted.rev, grafted.attachments, document.attachments)
            new = (grafted.rev, (document.tail, column_of(grafted.attachments)))
        self._bodies.move(document.id, self._draft.next, before, grafted.tree, new=new)
        self._bodies.forget_older(document.id, earlier_generation(grafted.tree))

    def _attachments_of(self, document_id: str) -> AttachmentsOf:
        def look(rev: str) -> tuple[Attachment, ...] | None:
            self.flush()
            return self._bodies.attachments(document_id, Revision.parse(rev))

        return look
