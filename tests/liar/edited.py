"""Showing a circle other than it is: documents that are left out, put in or exchanged."""

from collections.abc import Callable, Iterable
from typing import Any

from liar.server import Answer, Call, Lie
from rejoint_sync.exchange.messages import End, Given, Told
from rejoint_sync.exchange.packing import pack, unpack


class Edited(Lie):
    """A circle, shown with other documents than it has.

    Args:
        circle: Which.
        hides: Whether a document of this name is left out.
        shows: Documents, with `_rev`, that are put in; one of a name that is there takes its place.
        head: The number of the log's last entry as it is told; None for the true one.
        to: The devices that are lied to; None for all.
    """

    def __init__(
        self,
        circle: str,
        *,
        hides: Callable[[str], bool] = lambda _: False,
        shows: Iterable[dict[str, Any]] = (),
        head: int | None = None,
        to: Iterable[str] | None = None,
    ) -> None:
        self.circle = circle
        self.hides = hides
        self.shows = {str(document["_id"]): document for document in shows}
        self.head = head
        self.to = None if to is None else set(to)
        self._told: set[str] = set()
        self._told_one: set[str] = set()

    def tell_one(self, device: str, told: list[Told]) -> list[Told]:
        if self.to is not None and device not in self.to:
            return told
        edited: list[Told] = []
        for one in told:
            if isinstance(one, Given) and one.circle == self.circle:
                rows = [
                    row for row in unpack(one.packed, one.circle, device) if isinstance(row, dict)
                ]
                left = [row for row in rows if self._is_left(str(row["_id"]))]
                edited.append(Given(one.circle, pack(left, device)))
            elif isinstance(one, End) and device not in self._told_one:
                self._told_one.add(device)
                rows = [row for row in self.shows.values() if has_place(row)]
                edited += [Given(self.circle, pack(rows, device)), one]
            else:
                edited.append(one)
        return edited

    def _is_left(self, name: str) -> bool:
        return not self.hides(name) and name not in self.shows

    def tell(self, call: Call, answer: Answer) -> None:
        if answer.status >= 300 or (self.to is not None and call.device not in self.to):
            return
        root = f"/db/{self.circle}"
        if call.path == root + "/_changes":
            self._changes(call.device, answer.body)
        elif call.path == root + "/_bulk_get":
            answer.body["results"] = [self._given(one) for one in answer.body["results"]]
        elif call.path == "/circles" and call.method == "GET" and self.head is not None:
            for row in answer.body["circles"]:
                if row["circle"] == self.circle:
                    row["seq"] = self.head

    def _changes(self, device: str, body: dict[str, Any]) -> None:
        replaced = self.shows.keys()
        body["results"] = [
            row
            for row in body["results"]
            if not self.hides(row["id"]) and row["id"] not in replaced
        ]
        # Once to each device: a page that is never empty would keep it asking for ever.
        if not body.get("pending") and device not in self._told:
            self._told.add(device)
            body["results"] += [
                {"seq": body["last_seq"], "id": name, "changes": [{"rev": document["_rev"]}]}
                | ({"deleted": True} if document.get("_deleted") else {})
                for name, document in self.shows.items()
            ]

    def _given(self, result: dict[str, Any]) -> dict[str, Any]:
        name = result["id"]
        if name in self.shows:
            return {"id": name, "docs": [{"ok": self.shows[name]}]}
        if self.hides(name):
            error = {"id": name, "rev": "undefined", "error": "not_found", "reason": "missing"}
            return {"id": name, "docs": [{"error": error}]}
        return result


def has_place(document: dict[str, Any]) -> bool:
    """Whether a document can be told by one-request sync, where no revision is given."""
    return "_deleted" not in document and str(document["_rev"]).startswith("1-")


def number_of(name: str) -> int:
    """The number of a log entry by its name, -1 for another document."""
    return int(name.removeprefix("log:")) if name.startswith("log:") else -1


def kept_back(first: int) -> Callable[[str], bool]:
    """Whether a document is a log entry from `first` on."""
    return lambda name: number_of(name) >= first
