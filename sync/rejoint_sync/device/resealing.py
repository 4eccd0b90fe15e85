"""Sealing again what was not acknowledged before the key changed.

A record that waited on this device keeps its name and counter; only the key and the head that it
names are those of now. What the server took meanwhile, its answer being lost, stays as it is.
"""

from typing import Any

from rejoint_sync.circle.document import Sealed, open_document
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.line import Line
from rejoint_sync.device.replica import document_of
from rejoint_sync.errors import CircleError

AT_ONCE = 100


async def reseal(line: Line, copy: CircleCopy, *, now_s: int) -> int:
    """Seal again what waits under a key that is over.

    Args:
        line: To the server: it is asked first what it has.
        copy: Its log is up to date.
        now_s: Unix seconds by the server's clock.

    Returns:
        How many documents.
    """
    over = await _over(copy)
    if not over:
        return 0
    await _drop_what_arrived(line, copy, over)
    count = 0
    waiting = [name for name in copy.state.unsent if name in over]
    for start in range(0, len(waiting), AT_ONCE):
        names = waiting[start : start + AT_ONCE]
        again = [await _again(copy, over[name], now_s) for name in names]
        dropped = {name: [over[name]["_rev"]] for name in names}
        await copy.keep(again, dropped)
        count += len(again)
    return count


async def _over(copy: CircleCopy) -> dict[str, dict[str, Any]]:
    """Own unsent documents under a key that is over and that can be opened, by name."""
    members, found = copy.members, {}
    held = await copy.secrets()
    for name, stored in (await copy.store.read_many(copy.circle, copy.state.unsent)).items():
        for leaf in stored.leaves:
            document = document_of(name, leaf)
            document.pop("_revisions")
            try:
                sealed = Sealed.parse(copy.circle, document)
                stream = sealed.id.stream
                current = members.current_epoch(stream)
                if members.epoch_at(stream, sealed.seq) != current and current.e in held[stream]:
                    open_document(members, held, document)
                    found[name] = document
            except (CircleError, KeyError):
                continue
    return found


async def _drop_what_arrived(line: Line, copy: CircleCopy, over: dict[str, dict[str, Any]]) -> None:
    asked = {name: [document["_rev"]] for name, document in over.items()}
    answer = await line.known.call("POST", f"/db/{copy.circle}/_revs_diff", body=asked)
    arrived = over.keys() - answer.keys()
    if arrived:
        copy.state.unsent = [name for name in copy.state.unsent if name not in arrived]
        await copy.save()


async def _again(copy: CircleCopy, document: dict[str, Any], now_s: int) -> dict[str, Any]:
    body = open_document(copy.members, await copy.secrets(), document)
    name = Sealed.parse(copy.circle, document).id
    return await copy.sealed(
        name.kind, body, n=name.n, now_s=now_s, stream=name.stream, month=name.month
    )
