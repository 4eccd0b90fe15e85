"""The newest event of each database, in memory: what `_db_updates` is answered from.

Nothing of it is written down. The numbers belong to one opening of the store, its session; who
brings one of another session starts over, and then hears of every database.
"""

import secrets
from collections.abc import Iterable
from itertools import islice
from typing import Final, Literal

from rejoint_sync.stores import Update
from rejoint_sync.stores.waiters import Waiters

_SESSION_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyz"

Kind = Literal["created", "updated", "deleted"]


class Updates:
    """Events by database, the newest last.

    Args:
        number: The events of databases that were there before are numbered up to this.

    Attributes:
        session: As the port's.
        number: Of the newest event.
        waiters: Who sleeps until there is another.
    """

    def __init__(self, number: int = 0) -> None:
        self.session = "".join(secrets.choice(_SESSION_ALPHABET) for _ in range(8))
        self.number = number
        self.waiters = Waiters()
        self._events: dict[str, Update] = {}

    def note(self, database: str, kind: Kind) -> None:
        """Something happened; `waiters` are not woken by it."""
        self.number += 1
        self._events.pop(database, None)
        self._events[database] = Update(database, kind, self.number)

    def knows(self, database: str) -> bool:
        """Whether anything happened to this database in this session."""
        return database in self._events

    def after(self, since: int, *, before: Iterable[Update] = (), limit: int) -> list[Update]:
        """Up to `limit` events after `since`.

        Args:
            since: A number.
            before: Of databases that were there before the session, after `since`, in order.
            limit: At least 0.
        """
        found = list(islice((one for one in before if not self.knows(one.database)), limit))
        later = (one for one in self._events.values() if one.number > since)
        return found + list(islice(later, limit - len(found)))
