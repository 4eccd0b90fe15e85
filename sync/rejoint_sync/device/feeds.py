"""How far each author's documents go here, without a gap, with the chain of their content.

Kept in the circle's note and moved on with what arrives: one look at each document, whatever the
circle holds. The own feed is chained again after own documents were sealed again.
"""

from collections.abc import Collection
from typing import Any, Final

import orjson

from rejoint_sync.circle import log
from rejoint_sync.circle.document import KINDS, Sealed, author_of
from rejoint_sync.circle.encoding import b64u_decode, b64u_encode
from rejoint_sync.circle.envelope import sha256
from rejoint_sync.circle.feed import START, Chain, FeedName, Mark, chains
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.replica import document_of
from rejoint_sync.device.state import AlarmNote, FeedNote
from rejoint_sync.errors import CircleError
from rejoint_sync.stores import ChangesQuery

_PAGE: Final = 1000


def sealed_of(copy: CircleCopy, document: dict[str, Any]) -> Sealed | None:
    """A document whose author and signature are right, None for any other."""
    try:
        sealed = Sealed.parse(copy.circle, document)
        sealed.verify(author_of(copy.members, sealed).sign_point)
    except CircleError:
        return None
    return sealed


async def advance(copy: CircleCopy) -> None:
    """Take into account what has arrived; the caller saves the note."""
    await _chain_again(copy)
    while True:
        query = ChangesQuery(since=copy.state.fed, limit=_PAGE, include_docs=True, all_leaves=True)
        page = await copy.store.changes(copy.circle, query)
        for row in orjson.loads(b"[" + page.rows + b"]"):
            if row["id"].partition(":")[0] in KINDS:
                await _arrived(copy, row)
        copy.state.fed = page.last
        if page.count < _PAGE:
            return


async def _chain_again(copy: CircleCopy) -> None:
    """Own documents that were sealed again have another chain."""
    for stream in copy.state.rechain:
        chain = (await chains_of(copy, [(copy.keys.id, stream)]))[copy.keys.id, stream]
        note = FeedNote(chain.end.n, chain.end.d)
        copy.state.feeds[f"{copy.keys.id} {stream}"] = note
    copy.state.rechain = []


async def _arrived(copy: CircleCopy, row: dict[str, Any]) -> None:
    found = [one for one in await _leaves(copy, row) if one is not None]
    if not found:
        return
    sealed = min(found, key=lambda one: one.digest)
    if len(found) > 1 and sealed.id.device != copy.keys.id:
        reason = "one author used a counter for two records"
        copy.state.note_alarm(
            AlarmNote("taken", reason, sealed.id.stream, sealed.id.device, sealed.id.n)
        )
    heads = copy.members.heads
    if sealed.seq >= len(heads) or heads[sealed.seq][:16] != sealed.head:
        copy.state.ahead[str(sealed.id)] = [sealed.seq, sealed.head]
    name = f"{sealed.id.device} {sealed.id.stream}"
    note = copy.state.feeds.setdefault(name, FeedNote(START.n, START.d))
    if sealed.id.n > note.n:
        note.beyond[str(sealed.id.n)] = b64u_encode(sha256(sealed.signing_input))
    while content := note.beyond.pop(str(note.n + 1), None):
        note.n += 1
        note.d = b64u_encode(sha256(b64u_decode(note.d) + b64u_decode(content)))


async def _leaves(copy: CircleCopy, row: dict[str, Any]) -> list[Sealed | None]:
    """What stands under a name; mostly one document."""
    if len(row["changes"]) == 1:
        return [sealed_of(copy, row["doc"])]
    stored = await copy.store.read(copy.circle, row["id"])
    documents = [document_of(row["id"], leaf) for leaf in stored.leaves] if stored else []
    for document in documents:
        document.pop("_revisions")
    return [sealed_of(copy, document) for document in documents]


def marks(copy: CircleCopy, stream: str) -> dict[str, Mark]:
    """The ends of all feeds of a stream that hold anything, by device."""
    found: dict[str, Mark] = {}
    for name, note in copy.state.feeds.items():
        device, _, of = name.partition(" ")
        if of == stream and note.n:
            found[device] = Mark(note.n, note.d)
    return found


def mark(copy: CircleCopy, device: str, stream: str) -> Mark:
    """The end of one feed."""
    note = copy.state.feeds.get(f"{device} {stream}")
    return Mark(note.n, note.d) if note else START


def fence(copy: CircleCopy, device: str, stream: str) -> log.Mark:
    """The end of one feed, as an entry says it."""
    end = mark(copy, device, stream)
    return log.Mark(end.n, end.d)


async def chains_of(copy: CircleCopy, names: Collection[FeedName]) -> dict[FeedName, Chain]:
    """The whole chains of some feeds, from every document that is held."""
    wanted = set(names)
    held: list[Sealed] = []
    for kind in sorted(KINDS):
        async for stored in copy.range(f"{kind}:"):
            _, _, device, counter = stored.id.split(":")
            if (device, counter[0]) not in wanted:
                continue
            for leaf in stored.leaves:
                document = document_of(stored.id, leaf)
                document.pop("_revisions")
                sealed = sealed_of(copy, document)
                if sealed is not None:
                    held.append(sealed)
    return dict.fromkeys(wanted, Chain.of(())) | chains(held)
