"""A CouchDB cluster played by dictionaries, whose copies can be down and can disagree.

What a single CouchDB cannot show: a write that not every copy took, a rival that only one copy has.
Only what the store asks of documents is played; each copy keeps leaves of one generation.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from rejoint_sync.stores.couch_address import CouchAddress
from rejoint_sync.stores.couch_documents import CouchDocuments
from rejoint_sync.stores.couch_feed import CouchFeed
from rejoint_sync.stores.couch_http import CouchHttp
from rejoint_sync.stores.couch_names import CouchNames
from rejoint_sync.stores.couch_register import Entry
from rejoint_sync.stores.couch_turn import Sources

ADDRESS = CouchAddress("http://cluster", "", "")
Copy = dict[str, dict[str, dict[str, Any]]]
"""By name and revision."""


@dataclass
class Cluster:
    """Three copies of one database.

    Attributes:
        copies: What each holds.
        down: Which of them answer nothing.
        after_write: Called after each bulk write: what happens in between.
        asked: Method and last segment of every request.
    """

    copies: list[Copy] = field(default_factory=lambda: [{}, {}, {}])
    down: set[int] = field(default_factory=set)
    after_write: Any = None
    asked: list[str] = field(default_factory=list)

    @property
    def up(self) -> list[Copy]:
        return [copy for n, copy in enumerate(self.copies) if n not in self.down]

    def put(self, *documents: dict[str, Any], only: list[Copy] | None = None) -> None:
        for copy in self.up if only is None else only:
            for one in documents:
                copy.setdefault(one["_id"], {})[one["_rev"]] = one

    def leaves(self, name: str) -> set[str]:
        """Revisions that any copy holds."""
        return {rev for copy in self.copies for rev in copy.get(name, {})}

    def http(self) -> CouchHttp:
        return CouchHttp(ADDRESS, httpx.MockTransport(self._answer))

    def sources(self, http: CouchHttp, judges: Any) -> Sources:
        documents = CouchDocuments(http, is_couchdb=True)
        return Sources(http, documents, CouchNames(http, CouchFeed(http)), judges)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        last = request.url.path.rsplit("/", 1)[-1]
        self.asked.append(f"{request.method} {last}")
        body = json.loads(request.content) if request.content else {}
        query = request.url.params
        if last == "_revs_limit":
            return httpx.Response(200, json=1000)
        if last == "_bulk_get":
            return httpx.Response(200, json=self._bulk_get(body, int(query.get("r", "2"))))
        if last == "_bulk_docs":
            self.put(*body["docs"])
            enough = len(self.up) >= int(query.get("w", "2"))
            if self.after_write:
                self.after_write()
            return httpx.Response(201 if enough else 202, json=[])
        if last == "_purge":
            for copy in self.up:
                for name, revs in body.items():
                    copy[name] = {r: d for r, d in copy.get(name, {}).items() if r not in revs}
            return httpx.Response(201, json={"purge_seq": None, "purged": body})
        if last == "_all_docs":
            names = sorted((n for copy in self.up for n in copy if copy[n]), reverse=True)
            return httpx.Response(200, json={"rows": [{"id": name} for name in names]})
        if last == "_changes":
            return httpx.Response(200, json={"results": [], "last_seq": "0-x", "pending": 0})
        raise AssertionError(request.url)

    def _bulk_get(self, body: dict[str, Any], r: int) -> dict[str, Any]:
        results = []
        for asked in body["docs"]:
            found = {
                rev: document
                for copy in self.up[:r]
                for rev, document in copy.get(asked["id"], {}).items()
            }
            rows = [{"ok": document} for document in found.values()]
            missing = [{"error": {"error": "not_found"}}]
            results.append({"id": asked["id"], "docs": rows or missing})
        return {"results": results}


def entry(copies: int = 3) -> Entry:
    return Entry("circle", "circle", 0, frozenset(f"node{n}" for n in range(copies)))


class Admin:
    """Knows which nodes are up, as the cluster's membership would."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def nodes_up(self) -> frozenset[str]:
        return frozenset(f"node{n}" for n in range(3) if n not in self._cluster.down)
