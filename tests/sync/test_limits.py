"""Every bound says why, is documented with its value, and is tested at its edge."""

import ast
import gzip
import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rejoint_server.db import views
from rejoint_server.design import javascript, javascript_worker
from rejoint_server.exchange import giving, kept_places
from rejoint_sync import limits, multipart, selector
from rejoint_sync.attachment import (
    check_attachment_name,
    check_content_type,
    inflate,
    read_attachments,
)
from rejoint_sync.document import Document, check_document_id, parse_body
from rejoint_sync.errors import SyncError
from rejoint_sync.exchange import cursor, frames, messages, moving, pace, relay
from rejoint_sync.revision import Revision, check_digest
from rejoint_sync.revtree import Branch, merge
from rejoint_sync.sequence import Sequence
from rejoint_sync.stores.graft import check_revs_limit
from rejoint_sync.wire import bulk, changes, query
from rejoint_sync.wire.query import Query

PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text()

Edge = Callable[[int], Any]
"""Does something of this size."""


def document(size: int) -> None:
    Document.parse({"_id": "x", "c": "x" * (size - len(b'{"c":""}'))})


def attachment(size: int) -> None:
    read_attachments({"x": {"follows": True}}, {"x": bytes(size)})
    inflate(gzip.compress(bytes(size)))


def attachments(count: int) -> None:
    read_attachments({f"a{n}": {"stub": True} for n in range(count)}, {})


def revisions(count: int) -> None:
    branch = Branch(Revision(count, "d"), tuple(f"a{n}" for n in range(count - 1)))
    if len(merge((), branch)[0].ancestors) + 1 < count:
        raise SyncError("stemmed")


def selectors(depth: int) -> None:
    condition: dict[str, Any] = {"a": 1}
    for _ in range(depth - 1):
        condition = {"$and": [condition]}
    selector.parse_selector(condition)


def parts(count: int) -> None:
    body = b"--b\r\n\r\nx\r\n" * count + b"--b--"
    multipart.read_parts('multipart/related; boundary="b"', body)


def headers(size: int) -> None:
    header = b"A: " + b"x" * (size - len(b"\r\nA: "))
    multipart.read_parts(
        'multipart/related; boundary="b"', b"--b\r\n" + header + b"\r\n\r\nx\r\n--b--"
    )


def feed(options: str) -> None:
    changes.ChangesRequest.parse(Query(options.encode()), {})


def purged(documents: int, revs: int) -> None:
    each = [f"1-{n:x}" for n in range(max(1, revs // documents))]
    bulk.parse_purge({f"d{n}": each for n in range(documents)})


EDGES: dict[str, Edge] = {
    "DOCUMENT_BYTES_MAX": document,
    "REQUEST_BYTES_MAX": lambda size: parse_body(b'"' + b"x" * (size - 2) + b'"'),
    "DOCUMENT_ID_BYTES_MAX": lambda size: check_document_id("é" + "x" * (size - 2)),
    "ATTACHMENT_BYTES_MAX": attachment,
    "ATTACHMENTS_MAX": attachments,
    "ATTACHMENT_NAME_BYTES_MAX": lambda size: check_attachment_name("é" + "x" * (size - 2)),
    "CONTENT_TYPE_LENGTH_MAX": lambda size: check_content_type("x" * size),
    "DIGEST_LENGTH_MAX": lambda size: check_digest("a" * size),
    "GENERATION_MAX": lambda number: Revision.parse(f"{number}-a"),
    "SEQUENCE_MAX": lambda number: Sequence.parse(f"{number}-a"),
    "INCARNATION_LENGTH_MAX": lambda size: Sequence.parse("1-" + "k" * size),
    "MARK_LENGTH_MAX": lambda size: Sequence.parse("1-k-" + "m" * size),
    "REVS_LIMIT": revisions,
    "REVS_LIMIT_MAX": check_revs_limit,
}
"""Of `limits.py`: each may be that much and no more."""

OTHER_EDGES: dict[str, tuple[Any, Edge]] = {
    "DOCUMENTS_PER_REQUEST_MAX": (
        query,
        lambda count: bulk.parse_revisions({f"d{n}": ["1-a"] for n in range(count)}),
    ),
    "PURGED_DOCUMENTS_MAX": (bulk, lambda count: purged(count, count)),
    "PURGED_REVISIONS_MAX": (bulk, lambda count: purged(1, count)),
    "PARTS_MAX": (multipart, parts),
    "HEADERS_BYTES_MAX": (multipart, headers),
    "DEPTH_MAX": (selector, selectors),
}
"""Of the modules that read requests."""


ONE_REQUEST = {
    *("ITEM_BYTES_MAX", "ITEMS_MAX", "CURSOR_BYTES_MAX", "GIVEN_BYTES", "BUDGET_BYTES"),
    *("PLACES_BYTES", "KEPT_PER_DEVICE", "FILE_BYTES_MAX", "PICTURE_BYTES_MAX", "PICTURES_MAX"),
    *("START_BYTES", "LEAST_BYTES", "MOST_BYTES"),
    *("SILENCE_MIN_MS", "SILENCE_MAX_MS", "PAUSE_MAX_MS"),
}
"""Bounds of one-request sync; their edges are in tests/sync/exchange and tests/server."""


PINGS = {
    "rejoint_server.push": (
        *("push_services.ENDPOINT_LENGTH_MAX", "endpoints.CHANGES_PER_HOUR", "sender.AT_ONCE_MAX"),
        *("messages.PAYLOAD_BYTES", "posting.CONNECTIONS_MAX", "posting.TOKEN_S"),
        "push_keys.KEYS_MAX",
    ),
    "rejoint_server.reminders": (
        *("rows_couch.REVS_KEPT", "scheduler.AT_ONCE", "scheduler.JITTER_S", "scheduler.PAGE"),
    ),
    "rejoint_server": ("reminders.SHARDS",),
    "rejoint_sync": (
        *("reminders.FORGET_DAYS", "reminders.GRACE_MIN", "reminders.NOTE_EVERY_MIN"),
        *("reminders.SILENT_DAYS", "reminders.SNOOZE_MIN", "reminders.TRAVEL_MIN"),
        "reminders.TTL_S_MAX",
    ),
}
"""Bounds of reminders and push; their edges are in the tests of those."""


def of(module: Any) -> dict[str, float]:
    """The bounds of a module."""
    return {
        name: value
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, int | float)
    }


def documented() -> dict[str, int]:
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([0-9,]+) \|", PAGE, re.MULTILINE)
    return {name: int(value.replace(",", "")) for name, value in rows}


def test_every_bound_says_its_unit_and_reason() -> None:
    """A number without a reason is changed by whoever it stands in the way of."""
    body = ast.parse(Path(limits.__file__).read_text()).body
    bare = [
        ast.unparse(node)
        for node, after in zip(body, [*body[1:], None], strict=True)
        if isinstance(node, ast.AnnAssign)
        and not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
    ]
    assert bare == []


def test_every_bound_is_documented_with_its_value() -> None:
    values = dict(of(limits))
    for name, (module, _) in OTHER_EDGES.items():
        values[name] = getattr(module, name)
    for name in ("HEARTBEAT_MS_MIN", "HEARTBEAT_MS_DEFAULT", "TIMEOUT_MS_MAX"):
        values[name] = getattr(changes, name)
    for module in (javascript, javascript_worker, views):
        values |= {name: value for name, value in of(module).items() if name.endswith("_MAX")}
    for module in (frames, messages, cursor, giving, kept_places, relay, moving, pace):
        values |= {n: v for n, v in of(module).items() if n in ONE_REQUEST}
    for package, names in PINGS.items():
        for module_name, bound in (name.split(".") for name in names):
            values[bound] = getattr(importlib.import_module(f"{package}.{module_name}"), bound)
    assert documented() == values


def test_every_bound_is_tested_at_its_edge() -> None:
    """Those of time, which are no integers, where a clock runs: tests/fuzz/test_slow_bodies.py."""
    assert EDGES.keys() == {name for name, value in of(limits).items() if isinstance(value, int)}


@pytest.mark.parametrize("name", EDGES)
def test_exactly_the_bound_passes_and_one_more_does_not(name: str) -> None:
    bound = getattr(limits, name)
    EDGES[name](bound)
    with pytest.raises(SyncError):
        EDGES[name](bound + 1)


@pytest.mark.parametrize("name", OTHER_EDGES)
def test_bounds_of_one_question_hold_exactly(name: str) -> None:
    module, edge = OTHER_EDGES[name]
    bound = getattr(importlib.import_module(module.__name__), name)
    edge(bound)
    with pytest.raises(SyncError):
        edge(bound + 1)


def test_a_heartbeat_has_a_least_and_a_silence_a_longest_time() -> None:
    least = changes.HEARTBEAT_MS_MIN
    feed(f"feed=longpoll&heartbeat={least}")
    asked = changes.ChangesRequest.parse(
        Query(f"feed=longpoll&timeout={changes.TIMEOUT_MS_MAX + 1}".encode()), {}
    )
    assert asked.feed.timeout_ms == changes.TIMEOUT_MS_MAX


def test_a_request_holds_at_least_one_document() -> None:
    assert limits.DOCUMENT_BYTES_MAX < limits.REQUEST_BYTES_MAX
