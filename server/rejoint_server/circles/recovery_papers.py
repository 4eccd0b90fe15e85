"""The sealed keys of printed codes: kept for who has the code, found without a login.

They stand beside the circle in which they were stored; the server's own notes say which one it is.
"""

import asyncio
from typing import Any, Final

import orjson

from rejoint_server.access.circle_notes import CircleNotes
from rejoint_server.access.hints import NOTES
from rejoint_server.access.login import Login
from rejoint_server.access.memberships import Memberships
from rejoint_server.access.rates import HourlyRate
from rejoint_server.clock import Clock
from rejoint_server.web.asgi import Request
from rejoint_sync.circle.limits import PAPERS_PER_MEMBER_MAX
from rejoint_sync.errors import CircleError, NotFound
from rejoint_sync.judge import judge_paper
from rejoint_sync.stores import Store

LOOKS_PER_HOUR: Final = 60
"""How often one code may be looked for."""

MISSES_PER_HOUR: Final = 1000
"""How often codes may be looked for that are not there, by everyone together."""


class RecoveryPapers:
    """The papers of the circles in a store.

    Args:
        store: Where circles and the server's notes are.
        memberships: Who stands where.
        login: Who asks.
        clock: The time.
    """

    def __init__(self, store: Store, memberships: Memberships, login: Login, clock: Clock) -> None:
        self._store = store
        self._memberships = memberships
        self._login = login
        self._notes = CircleNotes(store, "rec")
        self._looks = HourlyRate(clock, LOOKS_PER_HOUR)
        self._misses = HourlyRate(clock, MISSES_PER_HOUR)
        self._turn = asyncio.Lock()

    async def keep(self, request: Request, circle: str, rid: str, document: dict[str, Any]) -> bool:
        """Keep the sealed keys of a paper of the asking device's member.

        Returns:
            Whether there was none of this name.

        Raises:
            CircleError: `schema`, `b64`, `limit`; `authz` (another member's); `taken` (another
                circle's).
        """
        membership = await self._memberships.known(circle)
        asking = await self._login.device(request, membership)
        paper = judge_paper(rid, document)
        async with self._turn:
            home = await self._home(rid)
            known = await self._notes.get(home, rid) if home else None
            if known is not None and home != circle:
                raise CircleError("taken", "another circle has a paper of this name")
            if known is not None and known["member"] != asking.member:
                raise CircleError("authz", "this is another member's paper")
            mine = [
                one
                for one in (await self._notes.all(circle)).values()
                if one["member"] == asking.member
            ]
            if known is None and len(mine) >= PAPERS_PER_MEMBER_MAX:
                raise CircleError("limit", f"expected at most {PAPERS_PER_MEMBER_MAX} papers")
            await self._store.local_put(NOTES, f"rec:{rid}", orjson.dumps({"circle": circle}))
            await self._notes.put(circle, rid, {"member": asking.member, "rec": paper})
        return known is None

    async def drop(self, request: Request, circle: str, rid: str) -> None:
        """Forget the keys of a paper of the asking device's member, not that there were some.

        Raises:
            CircleError: `target` (404: there is none), `authz` (another member's).
        """
        membership = await self._memberships.known(circle)
        asking = await self._login.device(request, membership)
        async with self._turn:
            known = await self._notes.get(circle, rid)
            if known is None:
                raise _no_such_code()
            if known["member"] != asking.member:
                raise CircleError("authz", "this is another member's paper")
            await self._notes.delete(circle, rid)
            ended = {"circle": circle, "ended": True}
            await self._store.local_put(NOTES, f"rec:{rid}", orjson.dumps(ended))

    async def find(self, rid: str) -> dict[str, Any]:
        """The circle and the sealed keys, for who has the code.

        Raises:
            CircleError: `target` (404): no paper has this code; `removed`: an old card, whose keys
                were dropped.
            TooManyRequests: It was looked for too often.
        """
        home = await self._home(rid)
        known = await self._notes.get(home, rid) if home else None
        if known is None:
            await self._refuse_old(rid)
            self._misses.count("")
            raise _no_such_code()
        self._looks.count(rid)
        return {"circle": home, "rec": known["rec"]}

    async def _refuse_old(self, rid: str) -> None:
        note = await self._store.local_get(NOTES, f"rec:{rid}")
        if note is not None and "ended" in orjson.loads(note[1]):
            raise CircleError("removed", "this is an old card; another one took its place")

    async def _home(self, rid: str) -> str:
        """The circle of a paper, "" without one or when the circle is gone."""
        note = await self._store.local_get(NOTES, f"rec:{rid}")
        circle = "" if note is None else str(orjson.loads(note[1])["circle"])
        try:
            if circle:
                await self._store.info(circle)
        except NotFound:
            await self._store.local_delete(NOTES, f"rec:{rid}")
            return ""
        return circle


def _no_such_code() -> CircleError:
    error = CircleError("target", "no card has this code; check each letter")
    error.status, error.error = 404, "not_found"
    return error
