"""The server's log: one line per request and per event, with nothing private in it.

A line may hold only the fields named here, so neither a document, nor an id, nor a token can reach
it by a careless call: any other field is shown as [private].
"""

import asyncio
import functools
import sys
from typing import TYPE_CHECKING, Any, Final, TextIO

import structlog

from rejoint_server.clock import timestamp

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

FIELDS: Final = frozenset(
    {"event", "level", "timestamp", "method", "route", "status", "duration_ms", "error_type"}
)
PRIVATE: Final = "[private]"
VALUE_LENGTH_MAX: Final = 80

_RENDERED_MAX: Final = 1024
"""Kinds of requests whose lines are kept half rendered: more than there are."""

_KEYS: Final = ("timestamp", "level", "event")
_logfmt: Final = structlog.processors.LogfmtRenderer(key_order=_KEYS, drop_missing=True)


def redact(_logger: "WrappedLogger", _name: str, fields: "EventDict") -> "EventDict":
    """Keep the fields of `FIELDS`, cut to `VALUE_LENGTH_MAX`; hide the values of all others."""
    return {name: _shown(value) if name in FIELDS else PRIVATE for name, value in fields.items()}


def _shown(value: object) -> str | int | float:
    if isinstance(value, int | float):
        return value
    return str(value)[:VALUE_LENGTH_MAX]


def _stamp(_logger: "WrappedLogger", _name: str, fields: "EventDict") -> "EventDict":
    return {**fields, "timestamp": timestamp()}


class Log:
    """Writes `key=value` lines.

    Args:
        sink: Where they go.
    """

    def __init__(self, sink: TextIO) -> None:
        self._sink = sink
        self._lines: list[str] = []
        self._events: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
            structlog.PrintLogger(sink),
            processors=[structlog.processors.add_log_level, _stamp, redact, _logfmt],
            wrapper_class=structlog.make_filtering_bound_logger(20),
            cache_logger_on_first_use=True,
        )

    def info(self, event: str, **fields: Any) -> None:
        """One line of what went as it should."""
        self.flush()
        self._events.info(event, **fields)

    def error(self, event: str, **fields: Any) -> None:
        """One line of what did not."""
        self.flush()
        self._events.error(event, **fields)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """The line `info("request", …)` would write, for a tenth of what it costs.

        Between two requests of one kind only the time and the duration differ, so the rest is
        redacted and rendered once: a log line must not cost as much as a short answer.
        """
        rest = _rendered(method, route, status)
        self._lines.append(f"timestamp={timestamp()} {rest} duration_ms={seconds * 1000:.1f}\n")
        if len(self._lines) == 1:
            try:
                asyncio.get_running_loop().call_soon(self.flush)
            except RuntimeError:  # nobody would come back to it
                self.flush()

    def flush(self) -> None:
        """Write the lines of one turn of the event loop by one call of the system."""
        lines, self._lines = self._lines, []
        if lines:
            self._sink.write("".join(lines))
            self._sink.flush()


@functools.lru_cache(maxsize=_RENDERED_MAX)
def _rendered(method: str, route: str, status: int) -> str:
    fields: EventDict = {"level": "info", "event": "request", "method": method, "route": route}
    return str(_logfmt(None, "", redact(None, "", {**fields, "status": status})))


def open_log(sink: TextIO = sys.stderr) -> Log:
    """The server's log, on standard error unless told otherwise."""
    return Log(sink)
