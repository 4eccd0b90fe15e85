"""One turn of a writer in CouchDB: what is there, what the judge says, what is to be sent.

CouchDB judges nothing, so the turn is taken here: under a lock of this process the documents are
read, judged and put on their trees, and what results is sent as revisions with `new_edits` false.
The judge is ordinary code that asks and waits for the answer; it runs in a thread, and what it asks
that is not known yet is fetched on the event loop.
"""

import asyncio
from collections.abc import Awaitable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from rejoint_sync.attachment import Attachment, Sent
from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest, SyncError
from rejoint_sync.revtree import Branch, Tree
from rejoint_sync.stores import Judge, Leaf, Outcome
from rejoint_sync.stores.couch_documents import CouchDocuments, Leaves, sent_of, tree_of, upload
from rejoint_sync.stores.couch_http import CouchHttp
from rejoint_sync.stores.couch_names import CouchNames
from rejoint_sync.stores.couch_register import Entry
from rejoint_sync.stores.graft import Grafted, graft

T = TypeVar("T")

BINARY: Final = 16
"""Characters of a digest that CouchDB takes for the 16 bytes of an MD5, and shows as 32."""


@dataclass(slots=True)
class _Held:
    """One document in the turn: as it was found, and as it will be."""

    found: Leaves
    tree: Tree
    bodies: dict[str, tuple[bytes, Sequence[Sent | Attachment]]] = field(default_factory=dict)
    attachments: dict[str, tuple[Attachment, ...]] = field(default_factory=dict)
    bytes_of: dict[tuple[str, str], Sent] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sources:
    """What a turn reads from.

    Attributes:
        http: The data path.
        documents: Documents.
        names: Names.
        judges: Threads for judges.
    """

    http: CouchHttp
    documents: CouchDocuments
    names: CouchNames
    judges: Executor


class CouchTurn:
    """A turn; implements `View` for the judge, in the judge's thread.

    Args:
        sources: What it reads from.
        entry: The database.
        limit: Revisions kept of each branch.
        copies: How many copies are asked.
    """

    def __init__(self, sources: Sources, entry: Entry, *, limit: int, copies: int = 0) -> None:
        self._sources = sources
        self._entry = entry
        self._limit = limit
        self._copies = copies
        self._held: dict[str, _Held] = {}
        self._sends: dict[str, list[dict[str, Any]]] = {}
        self._loop = asyncio.get_running_loop()

    async def decide(
        self,
        documents: Sequence[Document],
        *,
        new_edits: bool,
        judge: Judge | None,
        whole: bool,
    ) -> list[Outcome]:
        """Judge all of them and put those that are taken on their trees.

        Raises:
            SyncError: With `whole`, the first refusal.
        """
        await self._hold([document.id for document in documents])

        def take() -> list[Outcome]:
            return [self._take(one, judge, new_edits=new_edits, whole=whole) for one in documents]

        if judge is None:
            return take()
        return await self._loop.run_in_executor(self._sources.judges, take)

    @property
    def uploads(self) -> list[dict[str, Any]]:
        """What is to be sent, every revision after those it follows."""
        return [one for name in self._sends for one in self._sends[name]]

    @property
    def trees(self) -> dict[str, Tree]:
        """The trees of what is sent, as they must be when it has arrived and nothing else."""
        return {name: self._held[name].tree for name in self._sends}

    def found(self, name: str) -> Leaves:
        """The leaves of a document before the turn."""
        return self._held[name].found

    def rev(self, document_id: str) -> str | None:
        """As `View`; in the judge's thread."""
        if document_id not in self._held:
            self._ask(self._hold([document_id]))
        tree = self._held[document_id].tree
        return str(tree[0].rev) if tree else None

    def last_id(self, prefix: str) -> str | None:
        """As `View`; in the judge's thread."""
        stored = self._ask(self._sources.names.last(self._entry, prefix))
        new = [name for name in self._sends if name.startswith(prefix)]
        return max([*new, *([] if stored is None else [stored])], default=None)

    def _ask(self, question: Awaitable[T]) -> T:
        async def answer() -> T:
            return await question

        return asyncio.run_coroutine_threadsafe(answer(), self._loop).result()

    async def _hold(self, names: Sequence[str]) -> None:
        found = await self._sources.documents.leaves(self._entry, names, copies=self._copies)
        for name in names:
            leaves = found.get(name, ())
            bodies = {leaf.rev: (leaf.tail, leaf.attachments) for leaf in leaves}
            attachments = {leaf.rev: leaf.attachments for leaf in leaves}
            self._held.setdefault(name, _Held(leaves, tree_of(leaves), {**bodies}, attachments))

    def _take(
        self, document: Document, judge: Judge | None, *, new_edits: bool, whole: bool
    ) -> Outcome:
        try:
            if judge is not None:
                judge(self, document)
            return Outcome(document.id, self._graft(document, new_edits=new_edits).rev)
        except SyncError as refusal:
            if whole:
                raise
            return Outcome(document.id, "", refusal)

    def _graft(self, document: Document, *, new_edits: bool) -> Grafted:
        held = self._held[document.id]
        grafted = graft(
            held.tree,
            document,
            new_edits=new_edits,
            limit=self._limit,
            attachments_of=held.attachments.get,
        )
        if grafted.tree is held.tree:
            return grafted
        if document.rev is not None and not new_edits and len(document.rev.digest) == BINARY:
            raise BadRequest("CouchDB would rename a revision with a digest of 16 characters")
        before = set(held.tree)
        if grafted.rev not in held.bodies:
            body = (document.tail, sent_of(document, grafted.attachments, held.bytes_of))
            held.bodies[grafted.rev] = body
            held.attachments[grafted.rev] = grafted.attachments
        held.tree = grafted.tree
        sends = self._sends.setdefault(document.id, [])
        sends += [self._upload(document.id, leaf) for leaf in grafted.tree if leaf not in before]
        return grafted

    def _upload(self, name: str, branch: Branch) -> dict[str, Any]:
        tail, attachments = self._held[name].bodies[str(branch.rev)]
        return upload(name, branch, tail, attachments)


def same_leaves(tree: Tree, leaves: Sequence[Leaf]) -> bool:
    """Whether a document has exactly these leaves."""
    return {str(branch.rev) for branch in tree} == {leaf.rev for leaf in leaves}
