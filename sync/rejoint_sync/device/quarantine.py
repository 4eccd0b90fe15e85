"""What could not be sent, and what could not be opened: kept, shown, tried again, taken along.

Three kinds, none of which holds up anything else: own records that the server refuses, own records
that it refused for what they are (something empty took their place), and what came and does not
open. Each is tried again when this version is another one; what does not open, whenever it is read.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from rejoint_sync.circle.document import DocumentId
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.exchange import MAY_HEAL, is_sealed
from rejoint_sync.device.log import Answer
from rejoint_sync.device.replica import document_of
from rejoint_sync.device.tending import kept, sealed_kept
from rejoint_sync.errors import BadRequest, SyncError

FORMAT: Final = "rejoint-quarantine-1"

_SENTENCES: Final = {
    "authz": "this device may not write this here",
    "author": "its author is not known in this circle",
    "removed": "its author is not in this circle any more",
    "closed": "this circle is closed",
    "taken": "another record has its name",
    "stale": "it waits for the new key of this circle",
    "limit": "it is too large, or there are too many",
    "too_large": "it is too large",
    "schema": "the server does not know this kind of record; an update may",
    "frame": "it was made by another version; an update may open it",
    "codec": "it was made by another version; an update may open it",
    "epoch": "the key for it has not arrived yet",
    "sig": "nobody in this circle signed it",
    "tag": "it was changed on its way, or the key is another one",
}
"""What codes mean, for a person who sees them in a list; any other code stands for itself."""


async def listed(copies: Sequence[CircleCopy]) -> list[dict[str, Any]]:
    """Everything that is stuck.

    Returns:
        Rows of `circle`, `id`, `code`, `reason`, and `place`: "phone" for what is here and not on
        the server, "server" for what is there and cannot be used here.
    """
    rows = []
    for copy in copies:
        own = set(copy.state.unsent)
        found = [
            (one.id, one.code, "phone" if one.id in own else "server") for one in copy.state.refused
        ]
        found += [(one.id, one.code, "phone") for one in copy.state.kept]
        if copy.membership is not None:
            aside = (await copy.show())["set_aside"]
            found += [(one["id"], one["code"], "server") for one in aside]
        rows += [
            {"circle": copy.circle, "id": name, "code": code, "reason": reason(code), "place": at}
            for name, code, at in dict.fromkeys(found)
        ]
    return rows


def reason(code: str) -> str:
    """What a code means; a code of a later version stands for itself."""
    return _SENTENCES.get(code, f"it was refused: {code}")


async def retry(copy: CircleCopy, *, now_s: int) -> int:
    """Offer again what was refused for good, as after an update; how many records.

    What is on this device alone is sealed anew. Killed at any moment, each is there once.

    Raises:
        SyncError: The circle cannot be written now; nothing is lost.
    """
    state = copy.state
    own = set(state.unsent)
    again = [one for one in state.refused if one.id in own and one.code not in MAY_HEAL]
    if again:
        state.refused = [one for one in state.refused if one not in again]
        await copy.save()
    count = len(again)
    if not state.kept or not copy.live:
        return count
    await copy.catch_up()
    lacking = set(await copy.lacking())
    for row in await kept(copy):
        name = DocumentId.parse(row["id"])
        if row["value"] is None or name.stream in lacking:
            continue
        before = state.kept
        # Leaves the list in the same act in which it is sealed.
        state.kept = [one for one in before if one.rev != row["rev"]]
        try:
            await copy.put_records(name.kind, [row["value"]], now_s=now_s, stream=name.stream)
        except SyncError:
            state.kept = before
            raise
        count += 1
    return count


async def export(copies: Sequence[CircleCopy], file: Path) -> Answer:
    """Write all that the server does not have into a new file, sealed as it is.

    Who is in the circle can open it; for everybody else it says who wrote how much, and when.

    Args:
        copies: The circles.
        file: Must not be there.

    Returns:
        `file`, `records`.

    Raises:
        BadRequest: The file is there already.
    """
    circles: dict[str, list[dict[str, Any]]] = {}
    for copy in copies:
        names = {*copy.state.unsent, *copy.state.quarantined}
        held = await copy.store.read_many(copy.circle, sorted(filter(is_sealed, names)))
        documents = [document_of(name, leaf) for name, one in held.items() for leaf in one.leaves]
        for document in documents:
            document.pop("_revisions")
        documents += await sealed_kept(copy)
        if documents:
            circles[copy.circle] = documents
    text = orjson.dumps({"format": FORMAT, "circles": circles})
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise BadRequest(f"{file} is there already") from None
    with os.fdopen(handle, "wb") as sink:
        sink.write(text)
        sink.flush()
        os.fsync(sink.fileno())
    return {"file": str(file), "records": sum(map(len, circles.values()))}
