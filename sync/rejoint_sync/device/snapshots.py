"""Snapshots: what a circle says in one document, so that a new device shows it at once.

A cache, not evidence: shown as being checked until the originals are here, then compared with them.
A difference is the alarm `snapshot`, which names its author.
"""

from typing import Any, Final

from rejoint_sync.circle.document import Sealed, open_document, verify
from rejoint_sync.circle.snapshot import Snapshot
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.feeds import advance, mark, marks
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import Answer
from rejoint_sync.device.replica import document_of
from rejoint_sync.device.state import AlarmNote
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import BadRequest, CircleError

PREFIX: Final = "sn:"
_SEALED: Final = ("_id", "_rev", "h", "c", "s")


async def take(copy: CircleCopy, *, stream: str, now_s: int, tz_min: int) -> Answer:
    """Write a snapshot of what is here and on the server.

    Returns:
        `circle`, `id`, `records`, `plans` (their numbers).

    Raises:
        BadRequest: Something is not on the server yet: its chain may still change.
        CircleError: `authz`: this role writes no snapshots here.
    """
    await advance(copy)
    if copy.state.unsent:
        raise BadRequest("some records are not on the server yet; sync first")
    snapshot = Snapshot.of(
        await copy.operations(),
        marks(copy, stream),
        purpose=copy.members.purpose,
        stream=stream,
    )
    body = snapshot.body(at=now_s, tz_min=tz_min)
    ids = await copy.put_records("sn", [body], now_s=now_s, stream=stream)
    counts = {"records": len(snapshot.records), "plans": len(snapshot.plans)}
    return {"circle": copy.circle, "id": ids[0], **counts}


async def fetch_first(line: Line, copy: CircleCopy) -> None:
    """Before anything else is here, fetch the newest snapshot: it is small and shows all."""
    query = {
        "startkey": "sn;",
        "endkey": PREFIX,
        "descending": True,
        "limit": 1,
        "include_docs": True,
    }
    path = f"/db/{copy.circle}/_all_docs/queries"
    answer = await line.known.call("POST", path, body={"queries": [query]})
    try:
        documents = [row["doc"] for row in answer["results"][0]["rows"]]
        bare = [{name: document[name] for name in _SEALED} for document in documents]
    except (KeyError, TypeError, IndexError):
        raise Unreachable("an answer that is not a Rejoint server's") from None
    for document in bare:
        try:
            verify(copy.members, document)
        except CircleError:
            continue
        await copy.take(document)


async def _snapshots(copy: CircleCopy) -> list[tuple[Sealed, Snapshot]]:
    """Those that open, the newest last."""
    held, found = await copy.secrets(), []
    async for stored in copy.range(PREFIX):
        document = document_of(stored.id, stored.leaves[0])
        document.pop("_revisions")
        try:
            body = open_document(copy.members, held, document)
            found.append((Sealed.parse(copy.circle, document), Snapshot.parse(body)))
        except CircleError:
            continue
    return sorted(found, key=lambda one: one[1].next_lam)


async def shown(copy: CircleCopy) -> dict[str, Any] | None:
    """The newest snapshot as long as not all of its originals are here; None afterwards.

    Returns:
        `by`, `at_lam`, `settings`, `plans`, `records`; `state` is "checking".
    """
    found = await _snapshots(copy)
    if not found:
        return None
    sealed, snapshot = found[-1]
    await advance(copy)
    if _is_whole(copy, sealed.id.stream, snapshot):
        return None
    return {
        "state": "checking",
        "by": sealed.id.device,
        "settings": snapshot.settings,
        "plans": list(snapshot.plans),
        "records": list(snapshot.records),
    }


def _is_whole(copy: CircleCopy, stream: str, snapshot: Snapshot) -> bool:
    return all(mark(copy, device, stream).n >= said.n for device, said in snapshot.feeds.items())


async def check(copy: CircleCopy, *, now_s: int) -> int:
    """Compare each snapshot, once, with its originals as soon as these are here.

    Returns:
        How many alarms are new.
    """
    before = len(copy.state.alarms)
    for sealed, snapshot in await _snapshots(copy):
        name, stream = str(sealed.id), sealed.id.stream
        if name in copy.state.snapshots or not _is_whole(copy, stream, snapshot):
            continue
        try:
            operations = await copy.operations()
            snapshot.check(operations, purpose=copy.members.purpose, stream=stream)
        except CircleError:
            reason = "a snapshot says something else than the records that it was made of"
            copy.state.note_alarm(
                AlarmNote("snapshot", reason, stream, sealed.id.device, sealed.id.n, at=now_s)
            )
        copy.state.snapshots.append(name)
        await copy.save()
    return len(copy.state.alarms) - before
