"""The routes of the notes a client keeps on the server (`_local`): never replicated."""

from typing import Any, Final

import orjson

from rejoint_server.db.call import Call
from rejoint_server.db.databases import answer
from rejoint_server.web.asgi import Answer
from rejoint_sync.answers.rows import local_text
from rejoint_sync.errors import BadRequest, NotFound, RevisionMalformed, TooLarge
from rejoint_sync.limits import DOCUMENT_BYTES_MAX, DOCUMENT_ID_BYTES_MAX
from rejoint_sync.stores import LocalDocument
from rejoint_sync.wire.query import parse_object

# Attachments are left out, as CouchDB does: a note has none.
_META: Final = frozenset({"_id", "_rev", "_revisions", "_deleted", "_attachments"})
_COUNT_DIGITS_MAX: Final = 15


async def show(call: Call) -> Answer:
    """`GET /db/{db}/_local/{id}`: seen only by who wrote it."""
    note = await call.store.local_get(call.database, local_name(call, call.name))
    if note is None:
        raise NotFound("missing")
    return Answer(200, local_text(LocalDocument(call.name, *note), call.name) + b"\n")


async def put(call: Call) -> Answer:
    """`PUT /db/{db}/_local/{id}`: the last writer wins, nothing is compared."""
    rev = await write(call, call.name, parse_object(await call.request.body()))
    return answer({"ok": True, "id": f"_local/{call.name}", "rev": rev}, 201)


async def delete(call: Call) -> Answer:
    """`DELETE /db/{db}/_local/{id}`."""
    await call.request.body()
    if not await call.store.local_delete(call.database, local_name(call, call.name)):
        raise NotFound("missing")
    return answer({"ok": True, "id": f"_local/{call.name}", "rev": "0-0"})


async def write(call: Call, name: str, value: dict[str, Any]) -> str:
    """Store or delete one note; its new `_rev`.

    Raises:
        BadRequest: A `_rev` that is not `0-<count>`, or no possible name.
        TooLarge: It is over `DOCUMENT_BYTES_MAX`.
    """
    key = local_name(call, name)
    if value.get("_deleted") is True:
        await call.store.local_delete(call.database, key)
        return "0-0"
    body = orjson.dumps({name: one for name, one in value.items() if name not in _META})
    if len(body) > DOCUMENT_BYTES_MAX:
        raise TooLarge(f"A document may have at most {DOCUMENT_BYTES_MAX} bytes.")
    after = _count(value.get("_rev"))
    return f"0-{await call.store.local_put(call.database, key, body, after=after)}"


def _count(rev: object) -> int | None:
    if rev is None:
        return None
    generation, _, count = rev.partition("-") if isinstance(rev, str) else ("", "", "")
    is_count = count.isascii() and count.isdigit() and len(count) <= _COUNT_DIGITS_MAX
    if generation != "0" or not is_count:
        raise RevisionMalformed("Invalid rev format")
    return int(count)


def local_name(call: Call, name: str) -> str:
    """The name under which the caller's note is kept. Raises `BadRequest`."""
    if not name or len(name.encode(errors="replace")) > DOCUMENT_ID_BYTES_MAX:
        raise BadRequest(f"A document's name has 1 to {DOCUMENT_ID_BYTES_MAX} bytes.")
    return call.guest.local_prefix + name
