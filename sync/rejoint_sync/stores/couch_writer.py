"""Writes to CouchDB: a turn, one bulk write, and for a compare and swap the look at all copies."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest, Forbidden, NotOffered, StoreUnavailable, SyncError
from rejoint_sync.limits import REVS_LIMIT
from rejoint_sync.stores import Judge, Outcome
from rejoint_sync.stores.couch_admin import CouchAdmin
from rejoint_sync.stores.couch_documents import branch_of, upload
from rejoint_sync.stores.couch_register import Entry
from rejoint_sync.stores.couch_turn import CouchTurn, Sources, same_leaves

TRIES: Final = 3
"""How often a write that met a rival is judged anew before its sender is told to come again."""


class CouchWriter:
    """Writes, one call at a time for each database: the caller holds its lock.

    Args:
        sources: What turns read from.
        admin: Knows which copies are within reach.
        is_couchdb: Whether what was written can be taken back.
    """

    def __init__(self, sources: Sources, admin: CouchAdmin, *, is_couchdb: bool) -> None:
        self._sources = sources
        self._http = sources.http
        self._admin = admin
        self._is_couchdb = is_couchdb
        self._limits: dict[str, int] = {}

    async def write(
        self,
        entry: Entry,
        documents: Sequence[Document],
        *,
        new_edits: bool,
        judge: Judge | None,
        whole: bool,
    ) -> tuple[list[Outcome], bool]:
        """As the port's `write`; the outcomes, and whether anything changed."""
        limit = await self.revs_limit(entry)
        if whole:
            await self._all_copies_up(entry)
        for _ in range(TRIES):
            copies = entry.copies if whole else 0
            turn = CouchTurn(self._sources, entry, limit=limit, copies=copies)
            outcomes = await turn.decide(documents, new_edits=new_edits, judge=judge, whole=whole)
            if not turn.uploads:
                return outcomes, False
            status, refused = await self._send(entry, turn.uploads, w=copies)
            if not whole:
                return [_after(outcome, refused) for outcome in outcomes], True
            if status == 201 and not refused and await self._stands_alone(entry, turn):
                return outcomes, True
            await self._take_back(entry, turn)
            for refusal in refused.values():
                raise refusal
            if status != 201:
                raise StoreUnavailable("not all copies of this database could be written")
        raise StoreUnavailable("others keep writing the same documents; try again")

    async def revs_limit(self, entry: Entry) -> int:
        """Revisions kept of a branch."""
        known = self._limits.get(entry.name)
        if known is None:
            answer = await self._http.get(entry.written, "_revs_limit", fine=(400, 404, 500))
            known = answer.value if type(answer.value) is int else REVS_LIMIT
            self._limits[entry.name] = known
        return known

    def forget(self, name: str) -> None:
        """Ask for the limit of revisions anew next time."""
        self._limits.pop(name, None)

    async def purge(self, entry: Entry, revs: Mapping[str, Sequence[str]]) -> None:
        """Remove leaves. Raises `NotOffered` where the server cannot."""
        if not self._is_couchdb:
            raise NotOffered("this server cannot purge")
        await self._http.post(entry.written, "_purge", body=dict(revs))

    async def _all_copies_up(self, entry: Entry) -> None:
        """Appends wait for a copy that is down: it may hold what the others do not know."""
        if entry.copies > 1 and not entry.nodes <= await self._admin.nodes_up():
            raise StoreUnavailable("a copy of this database is out of reach")

    async def _send(
        self, entry: Entry, uploads: list[dict[str, Any]], *, w: int = 0
    ) -> tuple[int, dict[str, SyncError]]:
        """201 when `w` copies have it, 202 when fewer; and what was refused, by document."""
        query: dict[str, str | int] = {"w": w} if w > 1 else {}
        body = {"docs": uploads, "new_edits": False}
        answer = await self._http.post(entry.written, "_bulk_docs", body=body, query=query)
        rows = answer.value if isinstance(answer.value, list) else []
        return answer.status, {row["id"]: _refusal(row) for row in rows if "error" in row}

    async def _stands_alone(self, entry: Entry, turn: CouchTurn) -> bool:
        """Whether all copies show the documents of the turn as they were decided."""
        trees = turn.trees
        leaves = await self._sources.documents.leaves(entry, trees, copies=entry.copies)
        return all(same_leaves(tree, leaves.get(name, ())) for name, tree in trees.items())

    async def _take_back(self, entry: Entry, turn: CouchTurn) -> None:
        """Remove what the turn wrote: nobody was told of it, and a rival may stand beside it."""
        if not self._is_couchdb:
            raise StoreUnavailable("another writer is at work, and this server cannot purge")
        found = {name: turn.found(name) for name in turn.trees}
        written: dict[str, list[str]] = {}
        for one in turn.uploads:
            if all(leaf.rev != one["_rev"] for leaf in found[one["_id"]]):
                written.setdefault(one["_id"], []).append(one["_rev"])
        if written:
            await self.purge(entry, written)
        # A revision takes what it grew from along; that was acknowledged and comes back.
        before = [
            upload(name, branch_of(leaf), leaf.tail, leaf.attachments)
            for name, leaves in found.items()
            for leaf in leaves
        ]
        if before:
            await self._send(entry, before)


def _after(outcome: Outcome, refused: Mapping[str, SyncError]) -> Outcome:
    refusal = refused.get(outcome.id)
    if outcome.error is not None or refusal is None:
        return outcome
    return replace(outcome, rev="", error=refusal)


def _refusal(row: Mapping[str, Any]) -> SyncError:
    reason = str(row.get("reason", ""))[:200]
    if row["error"] in ("forbidden", "unauthorized"):
        return Forbidden(reason)
    if row["error"] in ("internal_server_error", "timeout"):
        return StoreUnavailable("CouchDB could not store a document")
    return BadRequest(reason)
