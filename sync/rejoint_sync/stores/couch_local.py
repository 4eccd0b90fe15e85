"""`_local` documents in CouchDB: the last writer wins, and the revision counts writes."""

from typing import Any, Final

import orjson

from rejoint_sync.errors import BadRequest, NotFound, NotOffered, StoreUnavailable
from rejoint_sync.stores import LocalDocument
from rejoint_sync.stores.couch_http import CouchHttp
from rejoint_sync.stores.couch_register import Entry, json_text

_TRIES: Final = 5
_PREFIX: Final = "_local/"


class CouchLocal:
    """Reads and writes them.

    Args:
        http: The data path.
    """

    def __init__(self, http: CouchHttp) -> None:
        self._http = http

    async def get(self, entry: Entry, name: str) -> LocalDocument | None:
        """One of them, None when it is not there. Raises `NotFound`."""
        answer = await self._http.get(entry.written, "_local", name, fine=(404,))
        if answer.status != 404:
            return _read(answer.value)
        if "database" in str((answer.value or {}).get("reason", "")).lower():
            raise NotFound("Database does not exist.")
        return None

    async def put(self, entry: Entry, name: str, body: bytes, *, after: int | None) -> int:
        """Store one; its new count.

        Raises:
            BadRequest: The body is not an object, or has a member that CouchDB does not take.
        """
        try:
            members = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise BadRequest("a _local document must be a JSON object") from error
        if not isinstance(members, dict):
            raise BadRequest("a _local document must be a JSON object")
        for _ in range(_TRIES):
            count = after
            if count is None:
                known = await self.get(entry, name)
                count = known.count if known else 0
            sent = members | ({"_rev": f"0-{count}"} if count else {})
            answer = await self._http.put(entry.written, "_local", name, body=sent, fine=(409,))
            if answer.status != 409:
                return _count(answer.value["rev"])
        raise StoreUnavailable("others keep writing the same _local document; try again")

    async def delete(self, entry: Entry, name: str) -> bool:
        """Remove one; False when it was not there."""
        known = await self.get(entry, name)
        if known is None:
            return False
        rev = f"0-{known.count}"
        answer = await self._http.delete(entry.written, "_local", name, rev=rev, fine=(404,))
        return answer.status != 404

    async def range(self, entry: Entry, start: str, end: str, *, limit: int) -> list[LocalDocument]:
        """Those with `start <= name < end`.

        Raises:
            NotOffered: This server does not list them.
        """
        if start >= end or limit == 0:
            return []
        answer = await self._http.get(
            entry.written,
            "_local_docs",
            query={
                "startkey": json_text(_PREFIX + start),
                "endkey": json_text(_PREFIX + end),
                "limit": limit + 1,
                "include_docs": "true",
            },
            fine=(404,),
        )
        if answer.status == 404:
            raise NotOffered("this server does not list _local documents")
        found = [_read(row["doc"]) for row in answer.value["rows"]]
        return [one for one in found if one.id < end][:limit]


def _read(value: dict[str, Any]) -> LocalDocument:
    body = {key: member for key, member in value.items() if key not in ("_id", "_rev")}
    name = str(value["_id"]).removeprefix(_PREFIX)
    return LocalDocument(name, _count(value["_rev"]), orjson.dumps(body))


def _count(rev: str) -> int:
    return int(rev.removeprefix("0-"))
