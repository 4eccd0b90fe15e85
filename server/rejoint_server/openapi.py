"""An OpenAPI 3.1 document of everything that is answered, made from the route table.

What a generator of requests or of clients reads. `COPY` is no method of OpenAPI, so its rows stand
under `x-copy`. The prose is in docs/protocol.md.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from rejoint_server.circles.clinics import Asked, Suspending, Ticket
from rejoint_server.circles.endpoints import Append, Asking, Founding
from rejoint_server.circles.services import Giving, Keeping, Late, Missing
from rejoint_server.db.routes import ROUTES, Body, Route
from rejoint_server.push.endpoints import PuttingOffOne, Subscribing
from rejoint_server.reminders.endpoints import Mark
from rejoint_sync.reminders import Schedule

Json = dict[str, Any]

_BOOLEAN: Final[Json] = {"type": "boolean"}
_COUNT: Final[Json] = {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}
_TEXT: Final[Json] = {"type": "string"}
_NAME: Final[Json] = {"type": "string", "minLength": 1}
_NAMES: Final[Json] = {"type": "array", "items": _NAME}
_REVISION: Final[Json] = {"type": "string", "pattern": "^[1-9][0-9]{0,14}-[0-9a-f]{1,64}$"}
_REVISIONS: Final[Json] = {"type": "array", "items": _REVISION}
_OBJECT: Final[Json] = {"type": "object"}
_SEQUENCE: Final[Json] = {
    "anyOf": [
        {"enum": ["0", "now"]},
        {"type": "string", "pattern": "^[0-9]{1,15}-[0-9a-z]{1,16}$"},
    ]
}

OPTIONS: Final[Mapping[str, Json]] = {
    **dict.fromkeys(
        (
            *("att_encoding_info", "attachments", "basic", "conflicts", "deleted_conflicts"),
            *("descending", "include_docs", "inclusive_end", "latest", "local_seq", "meta"),
            *("group", "new_edits", "reduce", "revs", "revs_info", "update_seq"),
        ),
        _BOOLEAN,
    ),
    **dict.fromkeys(("count", "limit", "skip", "timeout"), _COUNT),
    **dict.fromkeys(("since", "last-event-id"), _SEQUENCE),
    "feed": {"enum": ["normal", "longpoll", "continuous", "live", "eventsource"]},
    "filter": {"enum": ["_doc_ids", "_selector", "_design"]},
    "heartbeat": {"anyOf": [_BOOLEAN, {"type": "integer", "minimum": 1}]},
    "rev": _REVISION,
    "view": {"type": "string", "pattern": "^[a-z]+/[a-z]+$"},
    "style": {"enum": ["main_only", "all_docs"]},
}
"""Of each option that is written as it is: what it may be."""

JSON_OPTIONS: Final[Mapping[str, Json]] = {
    **dict.fromkeys(("key", "startkey", "start_key", "endkey", "end_key"), _NAME),
    **dict.fromkeys(("doc_ids", "keys"), _NAMES),
    "atts_since": _REVISIONS,
    "open_revs": {"anyOf": [{"const": "all"}, _REVISIONS]},
}
"""Of each option that is written as JSON: what it may be."""

_DOCUMENT: Final[Json] = {
    "type": "object",
    "properties": {"_id": _NAME, "_rev": _REVISION, "_deleted": _BOOLEAN},
}
MEMBERS: Final[Mapping[str, Json]] = {
    "docs": {"type": "array", "items": _DOCUMENT},
    "name": _TEXT,
    "password": _TEXT,
    "queries": {"type": "array", "items": _OBJECT},
    "selector": _OBJECT,
}
"""Of each member of a body that is no option: what it may be."""

_ERROR: Final[Json] = {
    "type": "object",
    "required": ["error", "reason"],
    "properties": {
        "error": _NAME,
        "reason": _NAME,
        "code": _NAME,
        "now": {"type": "integer"},
    },
    "additionalProperties": False,
}
_BYTES: Final[Json] = {
    "requestBody": {
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    }
}
_SCHEDULE: Final[Json] = Schedule.model_json_schema(ref_template="#/components/schemas/{model}")
_SCHEDULE_PARTS: Final[Json] = _SCHEDULE.pop("$defs")
_PARAMETERS: Final = re.compile(r"\{(\w+)\}")


def openapi(policy: str) -> Json:
    """The document of one server.

    Args:
        policy: `open` or `circles`.
    """
    paths: dict[str, Json] = {}
    for route in ROUTES:
        if policy in route.policies:
            _add(paths, route)
            if policy == "circles":
                given = paths[f"/db{route.template}"].get(route.method.lower(), {})
                given.get("parameters", []).extend(
                    {"in": "query", "name": name, "schema": _BOOLEAN}
                    for name in route.circle_options
                )
    if policy == "circles":
        paths |= _circles()
    scheme = "basic" if policy == "open" else "bearer"
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rejoint", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {"Error": _ERROR, **_SCHEDULE_PARTS},
            "securitySchemes": {"login": {"type": "http", "scheme": scheme}},
        },
    }


def _add(paths: dict[str, Json], route: Route) -> None:
    path = f"/db{route.template}"
    item = paths.setdefault(path, {})
    operation = _operation(route)
    method = route.method.lower()
    if method == "copy":
        item["x-copy"] = operation
        return
    item[method] = operation
    if method == "get":
        item["head"] = operation | {"operationId": operation["operationId"].replace("get", "head")}


def _operation(route: Route) -> Json:
    words = re.findall(r"\w+", route.template)
    operation: Json = {
        "operationId": "-".join([route.method.lower(), *words]),
        "parameters": [
            *(_path_parameter(name) for name in _PARAMETERS.findall(route.template)),
            *(_option(name) for name in route.options),
            *({"in": "header", "name": name, "schema": _TEXT} for name in _free_headers(route)),
        ],
        "responses": _responses(),
    }
    body = _body(route)
    if body:
        operation["requestBody"] = {"content": body}
    if route.login:
        operation["security"] = [{"login": []}]
    return operation


def _free_headers(route: Route) -> list[str]:
    """Headers that OpenAPI lets a parameter name."""
    return [name for name in route.headers if name not in ("accept", "content-type")]


def _path_parameter(name: str) -> Json:
    return {"in": "path", "name": name, "required": True, "schema": _NAME}


def _option(name: str) -> Json:
    parameter: Json = {"in": "query", "name": name}
    if name in JSON_OPTIONS:
        return parameter | {"content": {"application/json": {"schema": JSON_OPTIONS[name]}}}
    return parameter | {"schema": OPTIONS[name]}


def _body(route: Route) -> Json:
    members = {**OPTIONS, **JSON_OPTIONS, **MEMBERS}
    whole: Json = {"type": "object", "properties": {name: members[name] for name in route.members}}
    match route.body:
        case Body.JSON:
            return {"application/json": {"schema": whole}}
        case Body.DOCUMENT:
            return {
                "application/json": {"schema": _DOCUMENT},
                "multipart/related": {"schema": _OBJECT},
            }
        case Body.FORM:
            return {
                "application/json": {"schema": whole},
                "application/x-www-form-urlencoded": {"schema": whole},
            }
        case Body.BYTES:
            return {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        case Body.NONE:
            return {}


def _responses() -> Json:
    error = {
        "description": "Refused",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    return {
        "2XX": {"description": "Done"},
        "304": {"description": "The caller has it already"},
        "4XX": error,
        "501": error | {"description": "Not offered"},
        "503": error | {"description": "Ask again later"},
    }


def _circles() -> dict[str, Json]:
    """The routes of `circles.py`."""
    circle, invitation = _path_parameter("circle"), _path_parameter("iid")
    return {
        "/circles": {
            "get": _plain("get-circles", login=True),
            "post": _plain("post-circles", body=Founding.model_json_schema(), login=True),
        },
        "/circles/{circle}/log": {
            "post": _plain("post-circles-log", circle, body=Append.model_json_schema()),
        },
        "/circles/{circle}/invitations/{iid}": {
            "get": _plain("get-circles-invitations", circle, invitation),
        },
        "/circles/{circle}/requests": {
            "post": _plain("post-circles-requests", circle, body=Asking.model_json_schema()),
        },
        **_services(circle),
        "/session": {"post": _plain("post-session", login=True)},
        "/relay": {"get": _plain("get-relay"), "post": _plain("post-relay") | _BYTES},
        "/reminders": {
            "get": _plain("get-reminders", login=True),
            "put": _plain("put-reminders", body=_SCHEDULE, login=True),
            "delete": _plain("delete-reminders", login=True),
        },
        "/reminders/later": {
            "post": _plain("post-reminders-later", body=PuttingOffOne.model_json_schema())
        },
        "/push/key": {"get": _plain("get-push-key")},
        "/push/subscription": {
            "put": _plain("put-push", body=Subscribing.model_json_schema(), login=True),
            "delete": _plain("delete-push", login=True),
        },
        "/reminders/mark": {
            "post": _plain("post-reminders-mark", body=Mark.model_json_schema(), login=True)
        },
        "/healthz": {"get": _plain("get-healthz")},
        "/readyz": {"get": _plain("get-readyz")},
        "/metrics": {"get": _plain("get-metrics")},
    }


def _services(circle: Json) -> dict[str, Json]:
    """The routes of `circles/services.py` and `circles/clinics.py`."""
    rid, device = _path_parameter("rid"), _path_parameter("device")
    asked = {"in": "query", "name": "device", "required": True, "schema": _NAME}
    before = {"in": "query", "name": "before", "schema": _COUNT}
    word = {"in": "query", "name": "act", "schema": _NAME}

    def act(name: str, *parameters: Json, body: type[BaseModel] | None = None) -> Json:
        schema = None if body is None else body.model_json_schema()
        return _plain(name, circle, *parameters, body=schema, login=True)

    return {
        "/circles/{circle}/wraps": {"post": act("post-wraps", body=Giving)},
        "/circles/{circle}/wraps/missing": {
            "get": act("get-wraps-missing"),
            "post": act("post-wraps-missing", body=Missing),
        },
        "/circles/{circle}/quarantine": {
            "get": act("get-quarantine", asked),
            "post": act("post-quarantine", body=Late),
        },
        "/circles/{circle}/recovery/{rid}": {
            "put": act("put-recovery", rid, body=Keeping),
            "delete": act("delete-recovery", rid),
        },
        "/recovery/{rid}": {"get": _plain("get-recovery", rid)},
        "/clinics/{circle}/suspensions": {
            "get": act("get-suspensions"),
            "post": act("post-suspensions", body=Suspending),
        },
        "/clinics/{circle}/suspensions/{device}": {"delete": act("delete-suspensions", device)},
        "/clinics/{circle}/tickets": {"post": act("post-tickets", body=Ticket)},
        "/clinics/{circle}/keys": {
            "post": _plain("post-keys", circle, body=Asked.model_json_schema())
        },
        "/clinics/{circle}/audit": {"get": act("get-audit", before, word)},
    }


def _plain(name: str, *parameters: Json, body: Json | None = None, login: bool = False) -> Json:
    operation: Json = {
        "operationId": name,
        "parameters": [*parameters],
        "responses": _responses(),
    }
    if body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
    if login:
        operation["security"] = [{"login": []}]
    return operation
