"""Schedules in a CouchDB, in a database of their own: any number of servers may share it.

One document for each device, and one for each shard that says for which minute it was taken. A
view is the index by the minute that is due. Nothing but the compare-and-swap of one document
decides who sends: where a cluster could not write most copies at once (202) nobody has won, so in
a network that is torn a ping may be lost and none is doubled.
"""

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from rejoint_server.reminders import SHARDS, Counts, Row
from rejoint_sync.errors import DatabaseExists
from rejoint_sync.reminders import GRACE_MIN, Minute
from rejoint_sync.stores.couch_address import CouchAddress
from rejoint_sync.stores.couch_admin import CouchAdmin
from rejoint_sync.stores.couch_http import CouchHttp
from rejoint_sync.stores.couch_register import json_text

REVS_KEPT: Final = 20
"""Earlier revisions whose names a document keeps: it changes some times a day, for years."""

_TRIES: Final = 5
_CREATED: Final = 201
_CONFLICT: Final = 409
_MISSING: Final = 404
_LEASE: Final = "lease:"
_NEVER: Final = {"minute": -1}
_DESIGN: Final = "reminders"
_VIEWS: Final = {
    "due": {
        "map": 'function (doc) { if (typeof doc.due === "number") emit([doc.due, doc.shard]); }'
    },
    "told": {
        "map": 'function (doc) { if (typeof doc.due === "number") emit(!!doc.marks.told); }',
        "reduce": "_count",
    },
}


class CouchRows:
    """`Rows` over a CouchDB.

    Args:
        address: Where it is, and the prefix of the databases there.
    """

    def __init__(self, address: CouchAddress) -> None:
        self._http, self._admin = CouchHttp(address), CouchAdmin(address)
        self._name = f"{address.prefix}$reminders"

    async def start(self) -> None:
        """As the port."""
        with contextlib.suppress(DatabaseExists):
            await self._admin.create(self._name)
        await self._admin.close_to_others(self._name)
        with contextlib.suppress(Exception):  # a bound on disk, which not every CouchDB offers
            await self._admin.set_revs_limit(self._name, REVS_KEPT)
        path = (self._name, "_design", _DESIGN)
        for _ in range(_TRIES):
            there = (await self._http.get(*path, fine=(_MISSING,))).value
            if there.get("views") == _VIEWS:
                return
            rev = {"_rev": there["_rev"]} if "_rev" in there else {}
            body = {"language": "javascript", "views": _VIEWS, **rev}
            if (await self._http.put(*path, body=body, fine=(_CONFLICT,))).status != _CONFLICT:
                return

    async def read(self, devices: Sequence[str]) -> dict[str, Row]:
        """As the port."""
        found = await self._documents(list(devices))
        return {name: _row(document) for name, document in found.items()}

    async def write(self, row: Row) -> Row | None:
        """As the port."""
        body = {"shard": row.shard, **row.value}
        if row.rev:
            body["_rev"] = row.rev
        answer = await self._http.put(self._name, row.device, body=body, fine=(_CONFLICT,))
        return replace(row, rev=answer.value["rev"]) if answer.status == _CREATED else None

    async def remove(self, device: str) -> None:
        """As the port."""
        for _ in range(_TRIES):
            there = (await self._documents([device])).get(device)
            if there is None:
                return
            answer = await self._http.delete(
                self._name, device, rev=there["_rev"], fine=(_CONFLICT, _MISSING)
            )
            if answer.status != _CONFLICT:
                return

    async def lease(self, minute: Minute, holder: str) -> list[int]:
        """As the port."""
        names = {f"{_LEASE}{shard}": shard for shard in range(SHARDS)}
        there = await self._documents(list(names))
        wanted = [
            {**there.get(name, {"_id": name}), "minute": minute, "holder": holder}
            for name in names
            if not minute <= there.get(name, _NEVER)["minute"] <= minute + GRACE_MIN
        ]
        if not wanted:
            return []
        answer = await self._http.post(self._name, "_bulk_docs", body={"docs": wanted})
        if answer.status != _CREATED:
            return []
        return [names[one["id"]] for one in answer.value if "rev" in one]

    async def due(self, shards: Collection[int], minute: Minute, limit: int) -> list[Row]:
        """As the port. Rows of other shards may stand before: who has those makes room."""
        answer = await self._http.get(
            *(self._name, "_design", _DESIGN, "_view", "due"),
            query={"endkey": json_text([minute, SHARDS]), "limit": limit * SHARDS},
        )
        names = [one["id"] for one in answer.value["rows"] if one["key"][1] in shards][:limit]
        found = await self._documents(names) if names else {}
        return [_row(found[name]) for name in names if name in found]

    async def counts(self) -> Counts:
        """As the port."""
        answer = await self._http.get(
            *(self._name, "_design", _DESIGN, "_view", "told"), query={"group": "true"}
        )
        found = {one["key"]: int(one["value"]) for one in answer.value["rows"]}
        return Counts(sum(found.values()), found.get(True, 0))

    async def close(self) -> None:
        """As the port."""
        await self._http.close()
        self._admin.close()

    async def _documents(self, names: list[str]) -> dict[str, Any]:
        answer = await self._http.post(
            self._name, "_all_docs", body={"keys": names}, query={"include_docs": "true"}
        )
        return {one["id"]: one["doc"] for one in answer.value["rows"] if one.get("doc")}


def _row(document: dict[str, Any]) -> Row:
    return Row.read(document["_id"], document["_rev"], document)
