"""Routes that the device speaks, for a server that does not offer them (yet): nothing is judged."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import orjson

from rejoint_sync.circle.document import structural_rev
from rejoint_sync.document import Document
from rejoint_sync.stores import Store

Answer = tuple[int, Any]


class LaterRoutes:
    """Answers what the real server answered with 404 or 405.

    Args:
        store: The server's: wraps are written there.
    """

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store
        self.late: dict[str, list[dict[str, Any]]] = {}
        self.missing: dict[str, list[str]] = {}
        self.recovery: dict[str, dict[str, Any]] = {}

    async def answer(self, request: httpx.Request, date: str) -> httpx.Response | None:
        content = await request.aread()
        body = orjson.loads(content) if content else {}
        parts = request.url.path.strip("/").split("/")
        found = await self._found(request, parts, body)
        if found is None:
            return None
        return httpx.Response(found[0], json=found[1], headers={"date": date})

    async def _found(  # noqa: PLR0911 - one for each route
        self, request: httpx.Request, parts: list[str], body: dict[str, Any]
    ) -> Answer | None:
        match [request.method, *parts]:
            case ["POST", "circles", circle, "quarantine"]:
                self.late.setdefault(circle, []).extend(body["docs"])
                return 201, []
            case ["GET", "circles", circle, "quarantine"]:
                device = parse_qs(request.url.query.decode())["device"][0]
                held = self.late.get(circle, [])
                return 200, {"docs": [one for one in held if f":{device}:" in one["_id"]]}
            case ["POST", "circles", circle, "wraps", "missing"]:
                self.missing.setdefault(circle, []).append(body["wrap"])
                return 201, {"ok": True}
            case ["GET", "circles", circle, "wraps", "missing"]:
                return 200, {"wraps": self.missing.get(circle, [])}
            case ["POST", "circles", circle, "wraps"]:
                await self._write_wraps(circle, body["wraps"])
                return 201, {"ok": True}
            case ["PUT", "circles", circle, "recovery", rid]:
                self.recovery[rid] = {"circle": circle, "rec": body["rec"]}
                return 201, {"ok": True}
            case ["DELETE", "circles", _, "recovery", rid]:
                return (200, {"ok": True}) if self.recovery.pop(rid, None) else None
            case ["GET", "recovery", rid] if rid in self.recovery:
                return 200, self.recovery[rid]
        return None

    async def _write_wraps(self, circle: str, wraps: list[dict[str, Any]]) -> None:
        store = self._store()
        for wrap in wraps:
            held = await store.read(circle, wrap["_id"])
            if held is not None:
                await store.purge(circle, {wrap["_id"]: [leaf.rev for leaf in held.leaves]})
            document = Document.parse({**wrap, "_rev": structural_rev(wrap)})
            await store.write(circle, [document], new_edits=False)
            self.missing[circle] = [one for one in self.missing[circle] if one != wrap["_id"]]
