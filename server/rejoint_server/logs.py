"""The server's log: one line per request and per event, with nothing private in it.

A line may hold only the fields named here, so neither a document, nor an id, nor a token can reach
it by a careless call: any other field is shown as [private].
"""

import sys
from typing import TYPE_CHECKING, Final, TextIO

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

FIELDS: Final = frozenset(
    {"event", "level", "timestamp", "method", "route", "status", "duration_ms", "error_type"}
)
PRIVATE: Final = "[private]"
VALUE_LENGTH_MAX: Final = 80


def redact(_logger: "WrappedLogger", _name: str, fields: "EventDict") -> "EventDict":
    """Keep the fields of `FIELDS`, cut to `VALUE_LENGTH_MAX`; hide the values of all others."""
    return {name: _shown(value) if name in FIELDS else PRIVATE for name, value in fields.items()}


def _shown(value: object) -> str | int | float:
    if isinstance(value, int | float):
        return value
    return str(value)[:VALUE_LENGTH_MAX]


def open_log(sink: TextIO = sys.stderr) -> structlog.typing.FilteringBoundLogger:
    """A logger that writes `key=value` lines to `sink`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(sink),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        cache_logger_on_first_use=True,
    )
    return logger
