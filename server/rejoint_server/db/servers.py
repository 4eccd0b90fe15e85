"""The routes of the server itself."""

from typing import Any, Final
from urllib.parse import parse_qs

from rejoint_server.db.call import Service, json_body
from rejoint_server.db.databases import answer, figures
from rejoint_server.db.policy import Caller
from rejoint_server.db.sessions import Sessions
from rejoint_server.web.asgi import Answer, Request
from rejoint_sync.errors import BadContentType, BadRequest, NotFound, Unauthorized
from rejoint_sync.multipart import media_type
from rejoint_sync.wire.all_docs import Range, parse_names
from rejoint_sync.wire.query import parse_object

UUIDS_MAX: Final = 1000
"""Names that one `_uuids` may ask for."""


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


async def uuids(service: Service, request: Request) -> Answer:
    """`GET /db/_uuids?count=n`."""
    count = request.query.count("count")
    if count is not None and count > UUIDS_MAX:
        raise BadRequest(f"count may be at most {UUIDS_MAX}.")
    number = 1 if count is None else count
    return answer({"uuids": [service.new_id() for _ in range(number)]})


async def session(service: Service, request: Request) -> Answer:
    """`GET /db/_session`: who asks."""
    caller = service.policy.caller(request)
    if not caller.by and request.query.flag("basic"):
        raise Unauthorized("Please login.")
    said: dict[str, Any] = {"authentication_handlers": ["cookie", "default"]}
    said |= {"authenticated": caller.by} if caller.by else {}
    return answer({"ok": True, "userCtx": _user(caller), "info": said})


async def log_in(service: Service, request: Request) -> Answer:
    """`POST /db/_session`: name and password for a cookie."""
    name, password = await _credentials(request)
    caller, cookie = service.policy.log_in(request, name, password)
    return answer({"ok": True, **_user(caller)}, 200, (b"set-cookie", cookie.encode()))


async def log_out(_service: Service, request: Request) -> Answer:
    """`DELETE /db/_session`."""
    await request.body()
    return answer({"ok": True}, 200, (b"set-cookie", Sessions.close().encode()))


def _user(caller: Caller) -> dict[str, Any]:
    return {"name": caller.name, "roles": list(caller.roles)}


async def _credentials(request: Request) -> tuple[str, str]:
    kind = media_type(request.header(b"content-type"))
    body = await request.body()
    if kind == "application/json":
        members: dict[str, Any] = parse_object(body)
    elif kind in ("", "application/x-www-form-urlencoded"):
        try:
            members = {name: values[-1] for name, values in parse_qs(body.decode()).items()}
        except (UnicodeDecodeError, ValueError):
            raise BadRequest("The form cannot be read.") from None
    else:
        raise BadContentType("Content-Type must be application/json or a form's.")
    name = members.get("name", members.get("username"))
    password = members.get("password")
    if not isinstance(name, str) or not isinstance(password, str):
        raise BadRequest("request body must contain a username and a password")
    return name, password


async def all_dbs(service: Service, request: Request) -> Answer:
    """`GET /db/_all_dbs`: the databases that the caller may see."""
    return answer(await _names(service, request))


async def dbs_info(service: Service, request: Request) -> Answer:
    """`GET` and `POST /db/_dbs_info`: their figures."""
    if request.method == "POST":
        sees = await service.policy.sees(request)
        names = parse_names(parse_object(await json_body(request)))
        return answer([await _row(service, name, seen=sees(name)) for name in names])
    rows = [await _row(service, name, seen=True) for name in await _names(service, request)]
    return answer([row for row in rows if "info" in row])


async def active_tasks(service: Service, request: Request) -> Answer:
    """`GET /db/_active_tasks`: there are none; nothing here goes on in the background."""
    await service.policy.sees(request)
    return answer([])


async def _names(service: Service, request: Request) -> list[str]:
    sees = await service.policy.sees(request)
    asked = Range.parse(request.query)
    return asked.of([name for name in await service.store.databases() if sees(name)])


async def _row(service: Service, name: str, *, seen: bool) -> dict[str, Any]:
    """A database that vanished meanwhile is like one that never was."""
    try:
        if seen:
            info = await service.store.info(name)
            return {"key": name, "info": figures(info, service.store.incarnation)}
    except NotFound:
        pass
    return {"key": name, "error": "not_found"}
