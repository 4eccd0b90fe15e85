"""Lies about records: what is missing, moved, exchanged, old, or was never written."""

from collections.abc import Collection, Iterable
from typing import Any

from liar.edited import Edited
from liar.forgery import moved
from liar.server import Answer, Call, Lie
from rejoint_sync.exchange.messages import Asked, Given, Records, Told
from rejoint_sync.exchange.packing import pack, unpack


class HidesARecord(Edited):
    """Does not show records that it has."""

    def __init__(
        self, circle: str, names: Collection[str], to: Iterable[str] | None = None
    ) -> None:
        super().__init__(circle, hides=lambda name: name in names, to=to)


class MovesToAnotherName(Edited):
    """Shows a sealed record under another name, as if it had been written there."""

    def __init__(self, circle: str, document: dict[str, Any], name: str) -> None:
        super().__init__(circle, shows=[moved(document, circle, _id=name)])


class MovesToAnotherCircle(Edited):
    """Shows a sealed record of one circle in another one of the same author."""

    def __init__(self, circle: str, document: dict[str, Any]) -> None:
        super().__init__(circle, shows=[moved(document, circle)])


class MovesToAnotherStream(Edited):
    """Shows a sealed record of the clinicians' stream in that of the whole circle."""

    def __init__(self, circle: str, document: dict[str, Any]) -> None:
        name = document["_id"].replace(":k", ":c")
        super().__init__(circle, shows=[moved(document, circle, _id=name)])


class MovesToAnotherEpoch(Edited):
    """Shows a sealed record as if it had been sealed under another head, and so another key."""

    def __init__(self, circle: str, document: dict[str, Any], head: str) -> None:
        super().__init__(circle, shows=[moved(document, circle, h=head)])


class ExchangesARecord(Edited):
    """Shows something else in the place of a record: the server's own, or an older one."""

    def __init__(self, circle: str, document: dict[str, Any]) -> None:
        super().__init__(circle, shows=[document])


class ExchangesUnderTheSameRevision(Lie):
    """Gives another content than that which the announced revision names."""

    def __init__(self, circle: str, name: str, content: str) -> None:
        self._path = f"/db/{circle}/_bulk_get"
        self._name = name
        self._content = content

    def tell(self, call: Call, answer: Answer) -> None:
        if call.path != self._path or answer.status >= 300:
            return
        for result in answer.body["results"]:
            if result["id"] == self._name:
                for one in result["docs"]:
                    if "ok" in one:
                        one["ok"]["c"] = self._content

    def tell_one(self, device: str, told: list[Told]) -> list[Told]:
        """By one-request sync revisions follow from contents: it is another record, unsigned."""
        return [self._changed(one, device) if isinstance(one, Given) else one for one in told]

    def _changed(self, given: Given, device: str) -> Given:
        rows = [row for row in unpack(given.packed, given.circle, device) if isinstance(row, dict)]
        for row in rows:
            if row["_id"] == self._name:
                row["c"] = self._content
        return Given(given.circle, pack(rows, device))


class ReplaysACheckpoint(Edited):
    """Shows an older checkpoint of a device in the place of its last one."""

    def __init__(self, circle: str, old: dict[str, Any]) -> None:
        super().__init__(circle, shows=[old])


class PlantsARevision(Edited):
    """Puts a later revision over a record, so that the record itself would be out of sight."""

    def __init__(self, circle: str, document: dict[str, Any]) -> None:
        later = {**document, "_rev": "2-" + "f" * 32}
        ids = ["f" * 32, document["_rev"].partition("-")[2]]
        super().__init__(circle, shows=[later | {"_revisions": {"start": 2, "ids": ids}}])


class PlantsATombstone(Edited):
    """Says that a record was deleted."""

    def __init__(self, circle: str, document: dict[str, Any]) -> None:
        ids = ["e" * 32, document["_rev"].partition("-")[2]]
        gone = {"_id": document["_id"], "_rev": "2-" + "e" * 32, "_deleted": True}
        super().__init__(circle, shows=[gone | {"_revisions": {"start": 2, "ids": ids}}])


class DropsAfterTheReceipt(Lie):
    """Says that records were taken, and throws those of these numbers away."""

    def __init__(self, circle: str, numbers: Collection[str]) -> None:
        self._path = f"/db/{circle}/_bulk_docs"
        self._numbers = tuple(numbers)
        self.dropped: list[str] = []

    def ask(self, call: Call) -> Answer | None:
        if call.path == self._path:
            gone = [one["_id"] for one in call.body["docs"] if one["_id"].endswith(self._numbers)]
            self.dropped += gone
            call.body["docs"] = [one for one in call.body["docs"] if one["_id"] not in gone]
        return None

    def ask_one(self, device: str, asked: list[Asked]) -> list[Asked]:
        return [self._without(one, device) if isinstance(one, Records) else one for one in asked]

    def _without(self, brought: Records, device: str) -> Records:
        rows = [
            row for row in unpack(brought.packed, brought.circle, device) if isinstance(row, dict)
        ]
        self.dropped += [row["_id"] for row in rows if row["_id"].endswith(self._numbers)]
        left = [row for row in rows if not row["_id"].endswith(self._numbers)]
        return Records(brought.circle, pack(left, device), brought.again)
