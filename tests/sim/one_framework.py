"""The web framework of a world's server is set up once in a process, not at each start of it.

To read the signatures of some forty handlers takes longer than a server lives in most worlds. What
is put in the place of a handler is what the same lines made of the new server.
"""

from typing import Any

from litestar.handlers import HTTPRouteHandler

from rejoint_server import app
from sim.stand_ins import stand_in

_real: Any = app._litestar
_framework: list[Any] = []
_handlers: dict[tuple[str, str], HTTPRouteHandler] = {}


def install() -> None:
    """From now on the servers of this process, of which one runs at a time, share a framework."""
    if app._litestar is not _shared:
        stand_in(app, "_litestar", _shared)


def _shared(handlers: list[HTTPRouteHandler]) -> Any:
    if not _framework:
        _framework.append(_real(handlers))
        known = [one for route in _framework[0].routes for one in route.route_handlers]
        _handlers.update((_place(one), one) for one in known)
    for one in handlers:
        _handlers[_place(one)]._fn = one.fn
    return _framework[0]


def _place(handler: HTTPRouteHandler) -> tuple[str, str]:
    return min(handler.paths), min(handler.http_methods)
