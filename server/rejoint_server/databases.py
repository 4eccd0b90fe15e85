"""The routes of the server itself and of a database as a whole."""

from typing import Any

import orjson

from rejoint_server.asgi import Answer, Request
from rejoint_server.call import Call, Service
from rejoint_sync.errors import BadRequest
from rejoint_sync.limits import REVS_LIMIT
from rejoint_sync.sequence import Sequence

UUIDS_MAX = 1000


def answer(value: Any, status: int = 200, *headers: tuple[bytes, bytes]) -> Answer:
    """A JSON value as an answer; a line end follows, as after CouchDB's."""
    return Answer(status, orjson.dumps(value) + b"\n", headers)


async def welcome(service: Service, _: Request) -> Answer:
    """`GET /db/`: what speaks here."""
    return answer(
        {
            "couchdb": "Welcome",
            "version": "3.5.0",
            "vendor": {"name": "Rejoint"},
            "uuid": service.store.incarnation,
            "features": [],
        }
    )


async def up(_service: Service, _: Request) -> Answer:
    """`GET /db/_up`."""
    return answer({"status": "ok"})


async def session(_service: Service, _: Request) -> Answer:
    """`GET /db/_session`: nobody has a session; each request proves itself."""
    return answer({"ok": True, "userCtx": {"name": None, "roles": []}, "info": {}})


async def uuids(service: Service, request: Request) -> Answer:
    """`GET /db/_uuids?count=n`."""
    count = request.query.count("count")
    if count is not None and count > UUIDS_MAX:
        raise BadRequest(f"count may be at most {UUIDS_MAX}.")
    number = 1 if count is None else count
    return answer({"uuids": [service.new_id() for _ in range(number)]})


async def all_dbs(service: Service, request: Request) -> Answer:
    """`GET /db/_all_dbs`: for who may create and delete them."""
    await service.policy.may_manage(request, "")
    return answer(await service.store.databases())


async def create(service: Service, request: Request, database: str) -> Answer:
    """`PUT /db/{db}`."""
    await service.policy.may_manage(request, database)
    await service.store.create(database)
    return answer({"ok": True}, 201)


async def delete(service: Service, request: Request, database: str) -> Answer:
    """`DELETE /db/{db}`."""
    await service.policy.may_manage(request, database)
    if request.query.text("rev") is not None:
        raise BadRequest("You tried to DELETE a database with a ?rev= parameter: not done.")
    await service.store.delete(database)
    return answer({"ok": True})


async def info(call: Call) -> Answer:
    """`GET /db/{db}`."""
    figures = await call.store.info(call.database)
    return answer(
        {
            "db_name": figures.name,
            "doc_count": figures.documents,
            "doc_del_count": figures.deleted,
            "update_seq": str(Sequence(figures.sequence, call.store.incarnation)),
            "purge_seq": "0",
            "compact_running": False,
            "instance_start_time": "0",
            "disk_format_version": 8,
            "sizes": {"file": 0, "external": 0, "active": 0},
            "props": {},
        }
    )


async def ensure_full_commit(call: Call) -> Answer:
    """`POST /db/{db}/_ensure_full_commit`: every answered write is already on disk."""
    await call.request.body()
    await call.store.info(call.database)
    return answer({"ok": True, "instance_start_time": "0"}, 201)


async def revs_limit(call: Call) -> Answer:
    """`GET /db/{db}/_revs_limit`."""
    await call.store.info(call.database)
    return answer(REVS_LIMIT)


async def security(call: Call) -> Answer:
    """`GET /db/{db}/_security`: empty, because the circle's log decides."""
    await call.store.info(call.database)
    nobody: dict[str, list[str]] = {"names": [], "roles": []}
    return answer({"admins": nobody, "members": nobody})
