"""What the SQLite store keeps in memory of each database: figures that are on disk already.

A `Head` says what may be shown. A `Draft` is the same database inside the writer's turn: its
numbers are given out but not on disk yet, and showing them would let a crash give them out again.
"""

from dataclasses import dataclass, field

import apsw

from rejoint_sync.errors import NotFound
from rejoint_sync.limits import REVS_LIMIT
from rejoint_sync.revtree import Tree
from rejoint_sync.stores.sqlite_rows import select
from rejoint_sync.stores.updates import Kind, Updates
from rejoint_sync.stores.waiters import Waiters


@dataclass(slots=True)
class Head:
    """One database as readers may see it.

    Attributes:
        num: Its key in the tables.
        seq: Number of the newest change on disk.
        number: The same, counted over all databases.
        revs_limit: As the port's.
        purges: As the port's.
        counts: Living and deleted documents; None until somebody asked.
        waiters: Who sleeps until `seq` grows.
    """

    num: int
    seq: int
    revs_limit: int = REVS_LIMIT
    purges: int = 0
    number: int = 0
    counts: tuple[int, int] | None = None
    waiters: Waiters = field(default_factory=Waiters)


@dataclass(slots=True)
class Draft:
    """One database inside the writer's turn.

    Attributes:
        num: Its key in the tables.
        next: Number of the newest change, given out in this turn or before.
        number: What this turn's changes have, counted over all databases.
        revs_limit: As the port's.
        purges: As the port's.
        living: Documents gained (or lost) in this turn whose winner is not deleted.
        deleted: The same for deleted winners.
        is_new: Whether this turn made it.
        event: What this turn did to it last; None when that is nothing for `updates`.
    """

    num: int
    next: int
    revs_limit: int = REVS_LIMIT
    purges: int = 0
    number: int = 0
    living: int = 0
    deleted: int = 0
    is_new: bool = False
    event: Kind | None = None

    def count(self, tree: Tree, sign: int) -> None:
        """A document of this tree comes (+1) or goes (-1)."""
        if tree and tree[0].deleted:
            self.deleted += sign
        elif tree:
            self.living += sign


class Heads:
    """The databases known so far, by name; others are looked up when first asked for.

    Args:
        updates: Told of every event.
        number: Changes up to this one are on disk, counted over all databases.

    Attributes:
        number: The same, of the newest change that may be shown.
    """

    def __init__(self, updates: Updates, number: int = 0) -> None:
        self.number = number
        self._by_name: dict[str, Head] = {}
        self._updates = updates

    def known(self, name: str) -> Head | None:
        """The head of a database when it was asked for before."""
        return self._by_name.get(name)

    def find(self, connection: apsw.Connection, name: str) -> Head:
        """The head of a database.

        Args:
            connection: Must see nothing of this database that is not on disk.
            name: As it was created.

        Raises:
            NotFound: There is none.
        """
        head = self._by_name.get(name)
        if head is None:
            rows = select(
                connection,
                "SELECT num, max(floor, coalesce("
                "(SELECT max(seq) FROM doc WHERE doc.database = num), 0)), revs_limit, purges,"
                " coalesce((SELECT number FROM doc WHERE doc.database = num"
                " ORDER BY seq DESC LIMIT 1), 0)"
                " FROM database WHERE name = ?",
                (name,),
            )
            if not rows:
                raise NotFound("Database does not exist.")
            head = self._by_name[name] = Head(*rows[0])
        return head

    def publish(self, drafts: dict[str, Draft | None]) -> None:
        """Show what a turn did, now that it is on disk.

        Args:
            drafts: The databases that the turn touched; None for those it removed.
        """
        before = self._updates.number
        for name, draft in drafts.items():
            event: Kind | None = draft.event if draft else "deleted"
            if event is not None:
                self._updates.note(name, event)
            head = self._by_name.get(name)
            if head is not None and (draft is None or draft.num != head.num):
                del self._by_name[name]
                head.waiters.wake()
                head = None
            if draft is None:
                continue
            if head is None:
                head = self._by_name[name] = Head(draft.num, draft.next, number=draft.number)
                self.number = draft.number
            if draft.is_new:
                head.counts = (draft.living, draft.deleted)
            elif head.counts is not None:
                head.counts = (head.counts[0] + draft.living, head.counts[1] + draft.deleted)
            head.revs_limit, head.purges = draft.revs_limit, draft.purges
            if draft.next != head.seq:
                head.seq, head.number = draft.next, draft.number
                self.number = draft.number
                head.waiters.wake()
        if self._updates.number != before:
            self._updates.waiters.wake()

    def wake_all(self) -> None:
        """Let everybody look again: the store closes."""
        for head in self._by_name.values():
            head.waiters.wake()
        self._updates.waiters.wake()
