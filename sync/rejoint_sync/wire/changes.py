"""What a `_changes` or a `_db_updates` asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Self

from rejoint_sync.errors import BadRequest, NotOffered
from rejoint_sync.selector import Test, parse_selector
from rejoint_sync.wire.query import Query, strings
from rejoint_sync.wire.show import DocumentOptions

HEARTBEAT_MS_DEFAULT: Final = 60_000
"""Between two line ends of `heartbeat=true`, in milliseconds: as in CouchDB."""

HEARTBEAT_MS_MIN: Final = 100
"""Least time between two line ends, in milliseconds: a heartbeat is not a storm."""

TIMEOUT_MS_MAX: Final = 60_000
"""Longest silence, in milliseconds: networks cut connections that are silent for longer."""

_FEEDS: Final = "normal, continuous, live, longpoll or eventsource"


class Feed(Enum):
    """How a feed is answered."""

    NORMAL = "normal"
    LONGPOLL = "longpoll"
    CONTINUOUS = "continuous"
    EVENTSOURCE = "eventsource"

    @property
    def stays_open(self) -> bool:
        """Whether rows are sent as they come, with no end."""
        return self in (Feed.CONTINUOUS, Feed.EVENTSOURCE)


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """What every feed asks for.

    Attributes:
        feed: How to answer.
        since: The reader's sequence as it came, `"now"` or `"0"`.
        limit: Most rows, at least 1; None for all.
        descending: Newest first.
        heartbeat_ms: Send a line end this often while waiting; None for never.
        timeout_ms: End the waiting after this time, when there is no heartbeat.
    """

    feed: Feed
    since: str
    limit: int | None
    descending: bool
    heartbeat_ms: int | None
    timeout_ms: int

    @classmethod
    def parse(cls, query: Query, *, last_event: str = "") -> Self:
        """Read the options.

        Args:
            query: Of the request.
            last_event: `Last-Event-ID`, by which a browser says where its event source was cut.

        Raises:
            BadRequest: An option cannot be read.
        """
        name = query.text("feed") or "normal"
        try:
            feed = Feed("continuous" if name == "live" else name)
        except ValueError:
            raise BadRequest(f"feed must be {_FEEDS}.") from None
        since = query.text("last-event-id") or query.text("since") or "0"
        if feed is Feed.EVENTSOURCE and last_event:
            since = last_event
        limit = query.count("limit")
        timeout = query.count("timeout")
        return cls(
            feed=feed,
            since=since.strip('"'),
            limit=None if limit is None else max(1, limit),
            descending=query.flag("descending"),
            heartbeat_ms=_heartbeat_ms(query),
            timeout_ms=TIMEOUT_MS_MAX if timeout is None else min(timeout, TIMEOUT_MS_MAX),
        )


def _heartbeat_ms(query: Query) -> int | None:
    text = query.text("heartbeat")
    if text is None or text == "false":
        return None
    if text == "true":
        return HEARTBEAT_MS_DEFAULT
    return max(HEARTBEAT_MS_MIN, query.count("heartbeat") or 0)


@dataclass(frozen=True, slots=True)
class ChangesRequest:
    """What one `_changes` asks for.

    Attributes:
        feed: What every feed asks for.
        all_leaves: `style=all_docs`.
        include_docs: Each row brings its document.
        options: How it is shown.
        document_ids: Only these; None for all.
        passes: The filter `_selector`; None for none.
        design_only: The filter `_design`.
        by_function: The filter is a function of a design document.
    """

    feed: FeedRequest
    all_leaves: bool
    include_docs: bool
    options: DocumentOptions
    document_ids: frozenset[str] | None
    passes: Test | None
    design_only: bool
    by_function: bool = False

    @classmethod
    def parse(
        cls,
        query: Query,
        body: Mapping[str, Any],
        *,
        last_event: str = "",
        by_function: bool = False,
    ) -> Self:
        """Read the options, and `doc_ids` or `selector` from the body of a POST.

        Args:
            query: Of the request.
            body: Of a POST.
            last_event: As `FeedRequest.parse` takes it.
            by_function: Whether the function that `filter` names is there to be run.

        Raises:
            BadRequest: An option cannot be read.
            NotOffered: A filter that is a function of a design document.
        """
        style = query.text("style") or "main_only"
        if style not in ("main_only", "all_docs"):
            raise BadRequest("style must be main_only or all_docs.")
        name = query.text("filter") or None
        if name not in (None, *_FILTERS) and not by_function:
            raise NotOffered(
                "Filter functions and views are not offered; use _doc_ids, _selector or _design."
            )
        return cls(
            feed=FeedRequest.parse(query, last_event=last_event),
            all_leaves=style == "all_docs",
            include_docs=query.flag("include_docs"),
            options=DocumentOptions(
                conflicts=query.flag("conflicts"),
                attachments=query.flag("attachments"),
                encoding_info=query.flag("att_encoding_info"),
            ),
            document_ids=_document_ids(query, body) if name == "_doc_ids" else None,
            passes=_selector(body) if name == "_selector" else None,
            design_only=name == "_design",
            by_function=by_function,
        )

    @staticmethod
    def function(query: Query) -> tuple[str, str, str] | None:
        """The function of a design document that `filter` names, None for all other filters.

        Returns:
            The design document's id, the member it stands in and its name.

        Raises:
            BadRequest: It names none in the right form.
        """
        name, member, option = query.text("filter") or "", "filters", "filter"
        if name in ("", *_FILTERS):
            return None
        if name == "_view":
            name, member, option = query.text("view") or "", "views", "view"
            if not name:
                raise BadRequest("`view` filter parameter is not provided.")
        elif name.startswith("_"):
            raise BadRequest("unknown builtin filter name")
        design, _, function = name.partition("/")
        if not design or not function or "/" in function:
            raise BadRequest(f"`{option}` must be of the form `designname/{option}name`")
        return f"_design/{design}", member, function

    @property
    def reads_documents(self) -> bool:
        """Whether rows can only be made by reading their documents."""
        shown = self.include_docs and self.options != DocumentOptions()
        return self.passes is not None or self.design_only or self.by_function or shown


_FILTERS: Final = ("_doc_ids", "_selector", "_design")


def _document_ids(query: Query, body: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(strings(body.get("doc_ids", query.json("doc_ids")), "doc_ids"))


def _selector(body: Mapping[str, Any]) -> Callable[[Any], bool]:
    if "selector" not in body:
        raise BadRequest("filter=_selector needs a selector in the body of a POST.")
    return parse_selector(body["selector"])
