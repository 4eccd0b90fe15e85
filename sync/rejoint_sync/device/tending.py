"""What becomes of own records that the server refused: adopted, renamed, or kept on the device.

- `taken`, and the one that has the name says the same: an acknowledgement was lost; it is adopted.
- `taken`, and it says something else: this device was restored from a copy, or copied. Both are
  kept, the own record under a new counter, and the person is warned.
- Refused for what it is itself: it stays on this device with its code, to be shown and exported.
  Something empty takes its counter, so that nobody sees a gap.
"""

from typing import Any, Final

import orjson

from rejoint_sync.circle.document import DocumentId, Sealed, open_document
from rejoint_sync.circle.feed import is_own_record
from rejoint_sync.device.circle import EMPTY, CircleCopy
from rejoint_sync.device.exchange import is_sealed
from rejoint_sync.device.line import Line
from rejoint_sync.device.replica import document_of
from rejoint_sync.device.state import AlarmNote, Kept
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import CircleError

FOR_ITSELF: Final = frozenset(
    {"b64", "canon", "schema", "limit", "frame", "codec", "tag", "too_large", "doc_validation"}
)
"""Codes of refusals that no other day and no other key can change."""

_KEPT_PREFIX: Final = "kept-"
_SEALED_PREFIX: Final = "kept-sealed-"


async def tend(line: Line, copy: CircleCopy, *, now_s: int) -> bool:
    """Deal with own records that were refused; whether there is something new to send."""
    waiting = set(copy.state.unsent)
    again = False
    for refusal in [one for one in copy.state.refused if one.id in waiting and is_sealed(one.id)]:
        own = await _own(copy, refusal.id)
        if own is None:
            continue
        if refusal.code == "taken":
            again |= await _taken(line, copy, own, now_s)
        elif refusal.code in FOR_ITSELF and not _is_empty(await _body(copy, own)):
            await _set_apart(copy, own, refusal.code, refusal.reason, now_s)
            again = True
    return again


async def _own(copy: CircleCopy, name: str) -> dict[str, Any] | None:
    """The own document that waits under a name: the one that was sealed here."""
    stored = await copy.store.read(copy.circle, name)
    if stored is None or DocumentId.parse(name).device != copy.keys.id:
        return None
    document = document_of(name, stored.leaves[0])
    document.pop("_revisions")
    return document


async def _body(copy: CircleCopy, document: dict[str, Any]) -> dict[str, Any]:
    return open_document(copy.members, await copy.secrets(), document)


def _is_empty(body: dict[str, Any]) -> bool:
    return body.get("type") == EMPTY


async def _taken(line: Line, copy: CircleCopy, own: dict[str, Any], now_s: int) -> bool:
    name, body = DocumentId.parse(own["_id"]), await _body(copy, own)
    rival = await _theirs(line, copy, own["_id"])
    if rival is None or rival["_rev"] == own["_rev"]:
        return False
    try:
        same = is_own_record(copy.members, await copy.secrets(), rival, body)
    except CircleError:
        return False  # nobody's: the server's fault, and the refusal stays
    if same:
        await copy.replace(own, rival)
        return False
    await copy.catch_up()
    n = max(copy.state.count(name.stream), name.n) + 1
    renamed = await copy.sealed(name.kind, body, n=n, now_s=now_s, stream=name.stream)
    reason = "this device was copied or restored: another record has the place of one of its own"
    copy.state.note_alarm(AlarmNote("taken", reason, name.stream, name.device, name.n, at=now_s))
    await copy.replace(own, rival, renamed)
    return True


async def _theirs(line: Line, copy: CircleCopy, name: str) -> dict[str, Any] | None:
    body = {"docs": [{"id": name}]}
    answer = await line.known.call("POST", f"/db/{copy.circle}/_bulk_get", body=body)
    try:
        for item in answer["results"][0]["docs"]:
            if "ok" in item:
                wanted = ("_id", "_rev", "h", "c", "s")
                document = {key: item["ok"][key] for key in wanted}
                Sealed.parse(copy.circle, document)
                return document
    except (KeyError, TypeError, IndexError):
        raise Unreachable("an answer that is not a Rejoint server's") from None
    return None


async def _set_apart(
    copy: CircleCopy, own: dict[str, Any], code: str, reason: str, now_s: int
) -> None:
    """Keep a record for this device alone; something empty takes its counter."""
    name, body = DocumentId.parse(own["_id"]), await _body(copy, own)
    await copy.store.local_put(copy.circle, _KEPT_PREFIX + own["_rev"], orjson.dumps(body))
    await copy.store.local_put(copy.circle, _SEALED_PREFIX + own["_rev"], orjson.dumps(own))
    empty = await copy.sealed(
        "ev",
        {"type": EMPTY, "lam": body.get("lam", 1), "at": now_s, "tz_min": 0},
        n=name.n,
        now_s=now_s,
        stream=name.stream,
        month=name.month,
    )
    state = copy.state
    state.kept.append(Kept(own["_id"], own["_rev"], code, reason))
    state.refused = [one for one in state.refused if one.id != own["_id"]]
    state.unsent = [one for one in state.unsent if one != own["_id"]]
    await copy.keep([empty], {own["_id"]: [own["_rev"]]})


async def kept(copy: CircleCopy) -> list[dict[str, Any]]:
    """The records that are on this device alone, each with why.

    Returns:
        Rows of `id`, `rev`, `code`, `reason`, `value`.
    """
    rows = []
    for one in copy.state.kept:
        found = await copy.store.local_get(copy.circle, _KEPT_PREFIX + one.rev)
        value = orjson.loads(found[1]) if found else None
        why = {"code": one.code, "reason": one.reason}
        rows.append({"id": one.id, "rev": one.rev, **why, "value": value})
    return rows


async def sealed_kept(copy: CircleCopy) -> list[dict[str, Any]]:
    """The same as they were sealed, as far as that is still here."""
    found = [
        await copy.store.local_get(copy.circle, _SEALED_PREFIX + one.rev) for one in copy.state.kept
    ]
    return [orjson.loads(one[1]) for one in found if one is not None]
