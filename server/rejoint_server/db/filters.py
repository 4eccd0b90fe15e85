"""A function of a design document as the filter of one `_changes`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

from rejoint_server.db.call import Call
from rejoint_server.db.databases import figures
from rejoint_server.design.design_functions import Function, shown
from rejoint_sync.errors import NotOffered
from rejoint_sync.stores import Stored
from rejoint_sync.wire.changes import ChangesRequest

_UNSEEN: Final = frozenset({b"authorization", b"cookie"})


@dataclass(frozen=True, slots=True)
class Filter:
    """What decides which revisions a feed names.

    Attributes:
        function: Asked about each.
        req: Its second argument, the same for the whole feed.
    """

    function: Function
    req: dict[str, Any]

    @classmethod
    async def of(cls, call: Call, body: dict[str, Any]) -> Self | None:
        """The function that `filter` names, None when it names none.

        Raises:
            BadRequest: It is not named as a function is.
            NotFound: There is none of that name, or no such database.
            NotOffered: Functions are not run here.
        """
        named = ChangesRequest.function(call.query)
        if named is None:
            return None
        if call.service.designs is None:
            raise NotOffered(
                "Filter functions and views are not offered; use _doc_ids, _selector or _design."
            )
        design, member, name = named
        function = call.service.designs.named(await call.read(design), member, name)
        return cls(function, await _request(call, body))

    async def passed(
        self, documents: Iterable[Stored], *, all_leaves: bool
    ) -> frozenset[tuple[str, str]]:
        """Names and revisions of the leaves that pass: of each document the winner, or all."""
        found = [
            (stored.id, leaf.rev, shown(stored, leaf))
            for stored in documents
            for leaf in (stored.leaves if all_leaves else stored.leaves[:1])
        ]
        return await self.function.passing(found, self.req)


async def _request(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The request as CouchDB shows it to functions, without what proves who asks."""
    request = call.request
    caller = call.service.policy.caller(request)
    path = ["", *call.request.segments]
    raw = request.scope["query_string"].decode("latin-1")
    return {
        "info": figures(await call.store.info(call.database), call.store.incarnation),
        "id": None,
        "uuid": call.service.new_id(),
        "method": request.method,
        "requested_path": path[1:],
        "path": path[1:],
        "raw_path": "/".join(path) + (f"?{raw}" if raw else ""),
        "query": request.query.texts(),
        "headers": {
            name.decode("latin-1").title(): value.decode("latin-1")
            for name, value in request.scope["headers"]
            if name not in _UNSEEN
        },
        "body": body or "undefined",
        "form": {},
        "cookie": {},
        "userCtx": {"db": call.database, "name": caller.name, "roles": list(caller.roles)},
    }
