"""The routes of a database as a whole."""

from typing import Any

import orjson

from rejoint_server.db.call import Call, Service, json_body
from rejoint_server.web.asgi import Answer, Request
from rejoint_sync.document import parse_body
from rejoint_sync.errors import BadRequest
from rejoint_sync.limits import REVS_LIMIT_MAX
from rejoint_sync.sequence import Sequence
from rejoint_sync.stores import DatabaseInfo
from rejoint_sync.wire.bulk import parse_purge

PURGED_INFOS_LIMIT = 1000


def answer(value: Any, status: int = 200, *headers: tuple[bytes, bytes]) -> Answer:
    """A JSON value as an answer; a line end follows, as after CouchDB's."""
    return Answer(status, orjson.dumps(value) + b"\n", headers)


async def create(service: Service, request: Request, database: str) -> Answer:
    """`PUT /db/{db}`."""
    await service.policy.may_manage(request, database)
    await service.store.create(database)
    return answer({"ok": True}, 201)


async def delete(service: Service, request: Request, database: str) -> Answer:
    """`DELETE /db/{db}`."""
    await service.policy.may_manage(request, database)
    if request.query.text("rev") is not None:
        raise BadRequest(
            "You tried to DELETE a database with a ?rev= parameter. "
            "Did you mean to DELETE a document instead?"
        )
    await service.store.delete(database)
    service.forget_designs(database)
    return answer({"ok": True})


def start_time(incarnation: str) -> str:
    """The incarnation as the number that CouchDB says here.

    CouchDB's replicator ends a run in which it changes: after a restore, so that the run leaves no
    note of what the restore lost (ADR 0012).
    """
    return str(int(incarnation, 36))


def figures(info: DatabaseInfo, incarnation: str) -> dict[str, Any]:
    """What `GET /db/{db}` and `_dbs_info` say of a database."""
    return {
        "db_name": info.name,
        "doc_count": info.documents,
        "doc_del_count": info.deleted,
        "update_seq": str(Sequence(info.sequence, incarnation)),
        "purge_seq": str(Sequence(info.purges, incarnation)),
        "compact_running": False,
        "instance_start_time": start_time(incarnation),
        "disk_format_version": 8,
        "sizes": {"file": 0, "external": 0, "active": 0},
        "props": {},
        "cluster": {"q": 1, "n": 1, "w": 1, "r": 1},
    }


async def info(call: Call) -> Answer:
    """`GET /db/{db}`."""
    return answer(figures(await call.store.info(call.database), call.store.incarnation))


async def ensure_full_commit(call: Call) -> Answer:
    """`POST /db/{db}/_ensure_full_commit`: every answered write is already on disk."""
    await json_body(call.request)
    await call.store.info(call.database)
    return answer({"ok": True, "instance_start_time": start_time(call.store.incarnation)}, 201)


async def compact(call: Call) -> Answer:
    """`POST /db/{db}/_compact`: drops the bodies of earlier revisions."""
    await json_body(call.request)
    await call.store.compact(call.database)
    return answer({"ok": True}, 202)


async def view_cleanup(call: Call) -> Answer:
    """`POST /db/{db}/_view_cleanup`: there are no views, so nothing is left of old ones."""
    await json_body(call.request)
    await call.store.info(call.database)
    return answer({"ok": True}, 202)


async def revs_limit(call: Call) -> Answer:
    """`GET /db/{db}/_revs_limit`."""
    return answer((await call.store.info(call.database)).revs_limit)


async def set_revs_limit(call: Call) -> Answer:
    """`PUT /db/{db}/_revs_limit`."""
    limit = parse_body(await call.request.body())
    if type(limit) is not int:
        raise BadRequest(f"_revs_limit must be a number from 1 to {REVS_LIMIT_MAX}.")
    await call.store.set_revs_limit(call.database, limit)
    return answer({"ok": True})


async def purge(call: Call) -> Answer:
    """`POST /db/{db}/_purge`: forgets leaves as if they had never been."""
    asked = parse_purge(await call.json_object())
    revs = {name: [str(rev) for rev in revs] for name, revs in asked.items()}
    purged = await call.store.purge(call.database, revs)
    call.service.forget_designs(call.database)
    gone = {name: purged.revs.get(name, []) for name in revs}
    return answer({"purge_seq": None, "purged": gone}, 201)


async def purged_infos_limit(call: Call) -> Answer:
    """`GET /db/{db}/_purged_infos_limit`: CouchDB's default; purges are not listed here."""
    await call.store.info(call.database)
    return answer(PURGED_INFOS_LIMIT)


async def security(call: Call) -> Answer:
    """`GET /db/{db}/_security`: what was put there; empty before, and in circles always."""
    body = await call.store.security(call.database)
    nobody: dict[str, list[str]] = {"names": [], "roles": []}
    return answer({"admins": nobody, "members": nobody} if body is None else orjson.loads(body))


async def set_security(call: Call) -> Answer:
    """`PUT /db/{db}/_security`: kept and shown; the one account may do everything anyway."""
    value = parse_body(await call.request.body())
    if not isinstance(value, dict):
        raise BadRequest("_security must be a JSON object.")
    for name in ("admins", "members"):
        lists = value.get(name, {})
        if not isinstance(lists, dict) or not all(
            isinstance(lists.get(kind, []), list)
            and all(isinstance(one, str) for one in lists.get(kind, []))
            for kind in ("names", "roles")
        ):
            raise BadRequest(f"{name} of _security must hold lists of strings.")
    await call.store.set_security(call.database, orjson.dumps(value))
    return answer({"ok": True})
