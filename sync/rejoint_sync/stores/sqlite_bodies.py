"""Where bodies and attachments lie, and how they move when a tree changes.

The winner's body is in `doc`, those of other leaves in `leaf`, earlier ones in `old`. Every body
that has attachments is their `holder`. All of it happens on the write connection, inside a turn.
"""

# ruff: noqa: S608  # statements are put together from this file's own words, never from input

from collections.abc import Collection, Iterable
from typing import Final

import apsw

from rejoint_sync.attachment import Attachment, Sent
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import Branch, Tree
from rejoint_sync.stores.sqlite_rows import attachments_of, row_of, select

_WINNER: Final = " FROM doc WHERE database = ? AND id = ?"
_LEAF: Final = " FROM leaf WHERE database = ? AND id = ? AND rev = ?"
_OLD: Final = " FROM old WHERE database = ? AND id = ? AND generation = ? AND rev = ?"
_ADD_LEAF: Final = "INSERT INTO leaf(database, id, rev, tail, attachments)"
_ADD_OLD: Final = (
    "INSERT OR REPLACE INTO old(database, id, generation, rev, deleted, tail, attachments)"
)

_FEW: Final = 8
"""Leaves up to which looking through a list is faster than making a set."""

Body = tuple[bytes, str | None]
"""The columns `tail` and `attachments`."""


class Bodies:
    """The bodies of one database.

    Args:
        connection: The write connection, inside a transaction.
        num: The database.
        history: Whether bodies of earlier revisions are kept.
        number: What is moved gets this number, counted over all databases.

    Attributes:
        connection: As given.
        has_loose: Whether bytes may have lost their last holder.
    """

    def __init__(
        self, connection: apsw.Connection, num: int, *, history: bool, number: int = 0
    ) -> None:
        self.connection = connection
        self._num = num
        self._history = history
        self._number = number
        self.has_loose = False
        self._known_to_hold: bool | None = None

    def attachments(self, document_id: str, rev: Revision) -> tuple[Attachment, ...] | None:
        """What a revision has; None when its body is not kept."""
        key = (self._num, document_id)
        for sql, parameters in (
            (_WINNER + " AND rev = ?", (*key, str(rev))),
            (_LEAF, (*key, str(rev))),
            (_OLD, (*key, rev.generation, str(rev))),
        ):
            rows = select(self.connection, "SELECT attachments" + sql, parameters)
            if rows:
                return attachments_of(rows[0][0])
        return None

    def hold(
        self,
        document_id: str,
        rev: str,
        attachments: tuple[Attachment, ...],
        sent: Iterable[Sent],
    ) -> None:
        """Keep the bytes that were sent, and say who has which."""
        execute = self.connection.execute
        for one in sent:
            if one.attachment is not None:
                execute(
                    "INSERT OR IGNORE INTO blob(database, hash, bytes) VALUES(?, ?, ?)",
                    (self._num, one.attachment.blob, one.data),
                )
        for kept in attachments:
            self._known_to_hold = True
            execute(
                "INSERT OR IGNORE INTO holder(database, hash, id, rev) VALUES(?, ?, ?, ?)",
                (self._num, kept.blob, document_id, rev),
            )

    def move(
        self, document_id: str, seq: int, before: Tree, after: Tree, *, new: tuple[str, Body] | None
    ) -> None:
        """Write a changed tree with at least one leaf, and put every body where it now belongs.

        Args:
            document_id: A document that is there.
            seq: Its new number.
            before: The tree in the tables.
            after: The tree to be.
            new: The revision that came, with its body; None when none did.
        """
        key = (self._num, document_id)
        won, wins = before[0].rev, after[0].rev
        stay: Collection[Revision] = [branch.rev for branch in after]
        if len(stay) > _FEW:
            stay = frozenset(stay)
        for branch in before:
            if branch.rev not in stay:
                self._retire(document_id, branch, won=branch.rev == won)
        values: tuple[object, ...] = (seq, self._number, *row_of(after))
        assignments = "seq = ?, number = ?, rev = ?, older = ?, deleted = ?, others = ?"
        came = new[0] if new else ""
        if wins != won:
            tail, attachments = new[1] if new and str(wins) == came else self._take_leaf(key, wins)
            assignments += ", tail = ?, attachments = ?"
            values = (*values, tail, attachments)
            if won in stay:
                self.connection.execute(
                    _ADD_LEAF + " SELECT database, id, rev, tail, attachments" + _WINNER, key
                )
        if new and str(wins) != came:
            self.connection.execute(_ADD_LEAF + " VALUES(?, ?, ?, ?, ?)", (*key, came, *new[1]))
        self.connection.execute(
            f"UPDATE doc SET {assignments} WHERE database = ? AND id = ?", (*values, *key)
        )

    def remove(self, document_id: str, tree: Tree) -> None:
        """Forget a document with all its bodies."""
        key = (self._num, document_id)
        for branch in tree:
            self.release(document_id, branch.rev, self._column(key, branch, won=branch == tree[0]))
        self.connection.execute("DELETE" + _WINNER, key)
        self.connection.execute("DELETE FROM leaf WHERE database = ? AND id = ?", key)
        self.forget_earlier(document_id, ())

    def forget_earlier(self, document_id: str, tree: Tree) -> None:
        """Drop the earlier bodies that are no ancestors of this tree's leaves."""
        known = {str(rev) for leaf in tree for rev in leaf.path()[1:]}
        key = (self._num, document_id)
        rows = select(
            self.connection, "SELECT generation, rev FROM old WHERE database = ? AND id = ?", key
        )
        for generation, rev in rows:
            if rev not in known:
                self._drop_old(key, generation, rev)

    def forget_replaced(self, document_id: str, rev: Revision) -> None:
        """Drop what is left of a revision that was cut off and now comes anew."""
        if self._history:
            self._drop_old((self._num, document_id), rev.generation, str(rev))

    def forget_older(self, document_id: str, generation: int) -> None:
        """Drop the earlier bodies of older generations: no reader can name them."""
        if self._history and generation > 1:
            key = (self._num, document_id)
            rows = select(
                self.connection,
                "SELECT generation, rev FROM old WHERE database = ? AND id = ? AND generation < ?",
                (*key, generation),
            )
            for older, rev in rows:
                self._drop_old(key, older, rev)

    def release(self, document_id: str, rev: Revision | str, column: str | None) -> None:
        """A body is gone: its attachments may have no holder left."""
        for one in attachments_of(column):
            self.has_loose = True
            self.connection.execute(
                "DELETE FROM holder WHERE database = ? AND hash = ? AND id = ? AND rev = ?",
                (self._num, one.blob, document_id, str(rev)),
            )
            self.connection.execute(
                "INSERT OR IGNORE INTO loose(database, hash) VALUES(?, ?)", (self._num, one.blob)
            )

    def _retire(self, document_id: str, branch: Branch, *, won: bool) -> None:
        """A leaf is none any more: its body becomes an earlier one, or goes."""
        key = (self._num, document_id)
        rev = str(branch.rev)
        source = _WINNER if won else _LEAF
        parameters = key if won else (*key, rev)
        if self._history:
            self.connection.execute(
                _ADD_OLD + f" SELECT database, id, {branch.rev.generation}, rev,"
                f" {int(branch.deleted)}, tail, attachments" + source,
                parameters,
            )
        else:
            self.release(document_id, rev, self._column(key, branch, won=won))
        if not won:
            self.connection.execute("DELETE" + _LEAF, parameters)

    def _holds(self) -> bool:
        """Whether any revision has attachments; asked once, since in most databases none has."""
        if self._known_to_hold is None:
            sql = "SELECT EXISTS(SELECT 1 FROM holder WHERE database = ?)"
            self._known_to_hold = bool(select(self.connection, sql, (self._num,))[0][0])
        return self._known_to_hold

    def _column(self, key: tuple[int, str], branch: Branch, *, won: bool) -> str | None:
        if not self._holds():
            return None
        source = _WINNER if won else _LEAF
        parameters = key if won else (*key, str(branch.rev))
        [(column,)] = select(self.connection, "SELECT attachments" + source, parameters)
        found: str | None = column
        return found

    def _take_leaf(self, key: tuple[int, str], rev: Revision) -> Body:
        """The body of a losing leaf that wins now; it is no longer in `leaf`."""
        parameters = (*key, str(rev))
        [(tail, attachments)] = select(
            self.connection, "SELECT tail, attachments" + _LEAF, parameters
        )
        self.connection.execute("DELETE" + _LEAF, parameters)
        return tail, attachments

    def _drop_old(self, key: tuple[int, str], generation: int, rev: str) -> None:
        rows = select(
            self.connection,
            "DELETE" + _OLD + " RETURNING attachments",
            (*key, generation, rev),
        )
        for (column,) in rows:
            self.release(key[1], rev, column)
