"""The names of a database's documents in CouchDB, in byte order, deleted ones too."""

from bisect import bisect_left
from typing import Final

from rejoint_sync.stores import Sight
from rejoint_sync.stores.couch_feed import CouchFeed
from rejoint_sync.stores.couch_http import CouchHttp
from rejoint_sync.stores.couch_register import Entry, json_text

LISTED_AT_ONCE: Final = 1000
"""Names asked for in one request, about 100 bytes each."""

_HIGHEST: Final = "\U0010ffff"


class CouchNames:
    """Lists names.

    Args:
        http: The data path.
        feed: Knows what is deleted.
    """

    def __init__(self, http: CouchHttp, feed: CouchFeed) -> None:
        self._http = http
        self._feed = feed

    async def range(  # noqa: PLR0913  # as the port
        self, entry: Entry, start: str, end: str, *, limit: int, sight: Sight, descending: bool
    ) -> list[str]:
        """The first `limit` names with `start <= name < end` that are shown.

        `descending` begins with the last.
        """
        if start >= end or limit == 0:
            return []
        gone = await self._feed.deleted(entry)
        deleted = gone[bisect_left(gone, start) : bisect_left(gone, end)]
        living = await self._living(entry, start, end, limit, sight, descending=descending)
        shown = {*living, *filter(sight.shows, deleted)}
        return sorted(shown, reverse=descending)[:limit]

    async def last(self, entry: Entry, prefix: str) -> str | None:
        """The greatest name that begins so, None without one."""
        above = beyond(prefix)
        query: dict[str, str | int] = {"descending": "true", "limit": 2}
        query["endkey"] = json_text(prefix)
        if above is not None:
            query["startkey"] = json_text(above)
        answer = await self._http.get(entry.written, "_all_docs", query=query)
        rows = [row["id"] for row in answer.value["rows"] if row["id"].startswith(prefix)]
        gone = await self._feed.deleted(entry)
        at = len(gone) if above is None else bisect_left(gone, above)
        if at and gone[at - 1].startswith(prefix):
            rows.append(gone[at - 1])
        return max(rows, default=None)

    async def _living(  # noqa: PLR0913  # as the port
        self, entry: Entry, start: str, end: str, limit: int, sight: Sight, *, descending: bool
    ) -> list[str]:
        found: list[str] = []
        low, high = json_text(start), json_text(end)
        first, last = (high, low) if descending else (low, high)
        while True:
            answer = await self._http.get(
                entry.written,
                "_all_docs",
                query={
                    "startkey": first,
                    "endkey": last,
                    "descending": str(descending).lower(),
                    "limit": min(limit + 2, LISTED_AT_ONCE),
                },
            )
            names = [row["id"] for row in answer.value["rows"]]
            fresh = [one for one in names if one != end and one not in found[-1:]]
            found += [name for name in fresh if sight.shows(name)]
            if len(found) >= limit or len(names) < min(limit + 2, LISTED_AT_ONCE):
                return found
            first = json_text(names[-1])


def beyond(prefix: str) -> str | None:
    """The least name above all that begin with `prefix`; None when there is none."""
    text = prefix.rstrip(_HIGHEST)
    if not text:
        return None
    code = ord(text[-1]) + 1
    # Half a surrogate pair is no character.
    return text[:-1] + chr(0xE000 if code == 0xD800 else code)
