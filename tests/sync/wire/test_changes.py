"""What a feed is asked for."""

from typing import Any

import pytest

from rejoint_sync.errors import BadRequest, NotOffered
from rejoint_sync.wire.changes import (
    HEARTBEAT_MS_MIN,
    TIMEOUT_MS_MAX,
    ChangesRequest,
    Feed,
    FeedRequest,
)
from rejoint_sync.wire.query import Query
from rejoint_sync.wire.show import DocumentOptions


def feed(raw: bytes, last_event: str = "") -> FeedRequest:
    return FeedRequest.parse(Query(raw), last_event=last_event)


def changes(raw: bytes, **body: Any) -> ChangesRequest:
    return ChangesRequest.parse(Query(raw), body)


def test_asks_for_everything_at_once() -> None:
    assert changes(b"") == ChangesRequest(
        feed=FeedRequest(
            feed=Feed.NORMAL,
            since="0",
            limit=None,
            descending=False,
            heartbeat_ms=None,
            timeout_ms=TIMEOUT_MS_MAX,
        ),
        all_leaves=False,
        include_docs=False,
        options=DocumentOptions(),
        document_ids=None,
        passes=None,
        design_only=False,
    )


def test_reads_what_pouchdb_sends() -> None:
    raw = b"style=all_docs&feed=longpoll&heartbeat=10000&since=12-k3&limit=100&seq_interval=100"
    asked = changes(raw)
    assert (asked.feed.feed, asked.all_leaves) == (Feed.LONGPOLL, True)
    assert (asked.feed.since, asked.feed.limit, asked.feed.heartbeat_ms) == ("12-k3", 100, 10_000)
    assert not asked.reads_documents


@pytest.mark.parametrize(
    ("name", "expected", "open_"),
    [
        ("", Feed.NORMAL, False),
        ("longpoll", Feed.LONGPOLL, False),
        ("continuous", Feed.CONTINUOUS, True),
        ("live", Feed.CONTINUOUS, True),
        ("eventsource", Feed.EVENTSOURCE, True),
    ],
)
def test_knows_four_feeds(name: str, expected: Feed, open_: bool) -> None:  # noqa: FBT001
    read = feed(f"feed={name}".encode()).feed
    assert (read, read.stays_open) == (expected, open_)


@pytest.mark.parametrize("raw", [b"feed=x", b"limit=x", b"since=1&timeout=x", b"heartbeat=x"])
def test_refuses_what_cannot_be_read(raw: bytes) -> None:
    with pytest.raises(BadRequest):
        feed(raw)


def test_an_event_source_goes_on_where_it_was_cut() -> None:
    assert feed(b"feed=eventsource&since=1", "7-k3").since == "7-k3"
    assert feed(b"feed=longpoll&since=1", "7-k3").since == "1"
    assert feed(b"since=1&last-event-id=6").since == "6"


def test_a_limit_of_0_is_1_as_in_couchdb() -> None:
    assert feed(b"limit=0").limit == 1


@pytest.mark.parametrize(
    ("option", "expected"),
    [("true", 60_000), ("false", None), ("1", HEARTBEAT_MS_MIN), ("0", HEARTBEAT_MS_MIN)],
)
def test_a_heartbeat_is_not_a_storm(option: str, expected: int | None) -> None:
    assert feed(f"heartbeat={option}".encode()).heartbeat_ms == expected


def test_a_timeout_is_bounded() -> None:
    assert feed(b"timeout=999999999").timeout_ms == TIMEOUT_MS_MAX
    assert feed(b"timeout=5").timeout_ms == 5


def test_reads_ids_from_body_or_query() -> None:
    assert changes(b"filter=_doc_ids", doc_ids=["a"]).document_ids == frozenset({"a"})
    assert changes(b'filter=_doc_ids&doc_ids=["b"]').document_ids == frozenset({"b"})
    assert changes(b'doc_ids=["b"]').document_ids is None


def test_reads_a_selector_from_the_body() -> None:
    asked = changes(b"filter=_selector", selector={"n": 1})
    assert asked.passes is not None
    assert asked.passes({"n": 1})
    assert asked.reads_documents
    with pytest.raises(BadRequest):
        changes(b"filter=_selector")


@pytest.mark.parametrize("option", [b"conflicts", b"attachments", b"att_encoding_info"])
def test_reads_documents_only_when_a_row_shows_more_than_the_store_pastes(option: bytes) -> None:
    assert not changes(option + b"=true").reads_documents
    assert changes(b"include_docs=true&" + option + b"=true").reads_documents
    assert changes(b"filter=_design").reads_documents


@pytest.mark.parametrize("raw", [b"filter=a/b", b"filter=_view&view=a/b"])
def test_says_what_is_not_offered(raw: bytes) -> None:
    with pytest.raises(NotOffered):
        changes(raw)


def test_names_the_function_that_a_filter_asks_for() -> None:
    assert ChangesRequest.function(Query(b"filter=a/b")) == ("_design/a", "filters", "b")
    named = ChangesRequest.function(Query(b"filter=_view&view=a/b"))
    assert named == ("_design/a", "views", "b")
    for none in (b"", b"filter=_doc_ids", b"filter=_selector", b"filter=_design"):
        assert ChangesRequest.function(Query(none)) is None
    for bad in (
        b"filter=a",
        b"filter=a/b/c",
        b"filter=_x",
        b"filter=_view",
        b"filter=_view&view=a",
    ):
        with pytest.raises(BadRequest):
            ChangesRequest.function(Query(bad))
