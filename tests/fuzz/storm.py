"""Requests of every kind, made from the route table."""

import gzip
import json
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from fuzz.target import DATABASE, REQUEST_BYTES_MAX, Asked, dumped
from rejoint_server.db.routes import ROUTES, Body, Route

KNOWN = ("a", "a/b", "ü", "b")
IDS = ("a", "a/b", "ü", "..", ".", "_design/x", "_local/n", "_x", "", " ", "\x00", "\u202e", "%2F")
REVS = ("1-a", "2-c", "2-d", "3-" + "f" * 32, "0-a", "-1-a", "1-", "a", "1-G", "9" * 20 + "-a", "")
SEQUENCES = (
    "0",
    "now",
    "3",
    "5-k3x9a",
    "99999999-zz",
    "-1",
    "12-g1AAAACbeJzLYWBgYMpgTmHgz8tPSTV0",
    '"7"',
)
ids = st.sampled_from([*(KNOWN * 8), *IDS]) | st.text(max_size=12)
revs = st.one_of(
    st.sampled_from(REVS),
    st.builds("{}-{}".format, st.integers(0, 2**70), st.text("0123456789abcdefG", max_size=40)),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    ids,
    revs,
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


def mostly(
    likely: st.SearchStrategy[Any], other: st.SearchStrategy[Any] = values, *, times: int = 11
) -> st.SearchStrategy[Any]:
    """The likely one, so many times of one more."""
    return st.sampled_from([likely] * times + [other]).flatmap(lambda chosen: chosen)


def one_in(draw: st.DrawFn, times: int) -> bool:
    """Once in so many."""
    return draw(st.sampled_from([False] * (times - 1) + [True]))


attachments = st.fixed_dictionaries(
    {},
    optional={
        "data": mostly(st.sampled_from(["aGVsbG8=", "aGVsbG8", "*", "", "AA==" * 300])),
        "content_type": mostly(st.sampled_from(["text/plain", "", "a\r\nb: c", "ü", "x" * 5000])),
        "length": mostly(st.integers(-5, 10)),
        "encoded_length": mostly(st.integers(-5, 10)),
        "encoding": mostly(st.sampled_from(["gzip", "identity", "br"])),
        "digest": mostly(
            st.sampled_from(["md5-XUFAKrxLKna5cZ2REBfFkg==", "md5-", "sha1-AA==", ""])
        ),
        "stub": mostly(st.booleans()),
        "follows": mostly(st.booleans()),
        "revpos": mostly(st.integers(-1, 5)),
    },
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "_id": mostly(ids),
        "_rev": mostly(revs),
        "_deleted": mostly(st.booleans()),
        "_revisions": mostly(
            st.fixed_dictionaries(
                {
                    "start": mostly(st.integers(-1, 6)),
                    "ids": mostly(
                        st.lists(mostly(st.text("abcdef", min_size=1, max_size=3)), max_size=6)
                    ),
                }
            )
        ),
        "_attachments": mostly(st.dictionaries(ids, mostly(attachments), max_size=3)),
        "_conflicts": values,
        "_unknown": values,
        "n": values,
    },
)
revisions_by_id = st.dictionaries(ids, mostly(st.lists(mostly(revs), max_size=4)), max_size=4)
members: dict[str, st.SearchStrategy[Any]] = {
    "docs": st.lists(mostly(documents), max_size=5),
    "new_edits": st.booleans(),
    "keys": st.lists(mostly(ids), max_size=5),
    "doc_ids": st.lists(mostly(ids), max_size=5),
    "queries": st.lists(
        st.dictionaries(st.sampled_from(["keys", "limit", "key"]), values), max_size=3
    ),
    "selector": st.recursive(
        st.dictionaries(
            st.sampled_from(
                ["_id", "n", "$or", "$not", "$regex", "$gt", "a.b", "$elemMatch", "$bad"]
            ),
            values,
            max_size=3,
        ),
        lambda inner: st.dictionaries(
            st.sampled_from(["$and", "$or", "$nor", "$not", "n", "_id", "$all"]),
            st.one_of(inner, st.lists(inner, max_size=2)),
            max_size=2,
        ),
        max_leaves=4,
    ),
    "name": ids,
    "password": ids,
}
options: dict[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(("since", "last-event-id"), st.sampled_from(SEQUENCES)),
    **dict.fromkeys(("rev",), revs),
    **dict.fromkeys(
        ("open_revs", "atts_since"),
        st.one_of(st.just("all"), st.lists(revs, max_size=3).map(json.dumps)),
    ),
    **dict.fromkeys(("key", "startkey", "endkey", "start_key", "end_key"), ids.map(json.dumps)),
    **dict.fromkeys(("keys", "doc_ids"), st.lists(ids, max_size=3).map(json.dumps)),
    **dict.fromkeys(
        ("limit", "skip", "count", "timeout", "heartbeat", "seq_interval"),
        st.sampled_from([*(["0", "1", "7"] * 5), "-1", "1e3", "²", "9" * 30, "true"]),
    ),
    "feed": st.sampled_from(["normal", "longpoll", "continuous", "live", "eventsource", "x"]),
    "filter": st.sampled_from(["_doc_ids", "_selector", "_design", "_view", "x/y", ""]),
    "style": st.sampled_from(["main_only", "all_docs", "x"]),
}
flags = st.sampled_from([*(["true", "false"] * 8), "", "1", "True"])


def quoted(text: str) -> bytes:
    """As a client writes a segment or an option."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="").encode()


raw_bodies = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"",
            b"{",
            b"NaN",
            b'{"n":NaN}',
            b'{"n":1e999}',
            b'{"n":-Infinity}',
            b'{"_id":"a","_id":"b","docs":[],"docs":[{"_id":"x"}]}',
            b'{"docs":[{"_id":"\xff"}]}',
            b'{"docs":[{"_id":"\\ud800"}]}',
            b'\xef\xbb\xbf{"docs":[]}',
            b"[" * 100_000,
            b'{"docs":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
            b'{"docs":[' + b"{}," * 30_000 + b"{}]}",
            b'{"keys":[' + b'"a",' * 30_000 + b'"a"]}',
            b"0" * (REQUEST_BYTES_MAX + 1),
            b'"' + b"x" * (REQUEST_BYTES_MAX - 2) + b'"',
        ]
    ),
)


def parts_of(route: Route) -> st.SearchStrategy[Any]:
    """JSON values that a route may be sent."""
    if route.template.endswith(("_revs_diff", "_missing_revs", "_purge")):
        return mostly(revisions_by_id)
    if route.template.endswith(("_limit",)):
        return mostly(st.integers(-1, 2000))
    if route.body is Body.DOCUMENT:
        return mostly(documents)
    known = {name: mostly(members[name]) for name in route.members if name in members}
    docs = {"docs": known.pop("docs")} if "docs" in known else {}
    return mostly(st.fixed_dictionaries(docs, optional=known))


def multipart(document: Any, contents: list[bytes], boundary: bytes) -> bytes:
    """As a client sends a document with its attachments, more or less."""
    head = b"--" + boundary + b"\r\ncontent-type: application/json\r\n\r\n" + dumped(document)
    rest = b"".join(
        b"\r\n--"
        + boundary
        + b'\r\ncontent-disposition: attachment; filename="a"\r\n\r\n'
        + content
        for content in contents
    )
    return head + rest + b"\r\n--" + boundary + b"--"


@st.composite
def encoded(draw: st.DrawFn, body: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """A body as it is, in gzip, or in what is called gzip."""
    if not one_in(draw, 12):
        return body, []
    said = [(b"content-encoding", draw(st.sampled_from([b"gzip", b"GZIP", b"deflate", b"br"])))]
    packed = gzip.compress(body, mtime=0)
    kinds = [packed, packed[: len(packed) // 2], packed + packed, body, BOMB]
    return draw(st.sampled_from(kinds)), said


BOMB = gzip.compress(b"0" * (REQUEST_BYTES_MAX * 64), mtime=0)


@st.composite
def bodies(draw: st.DrawFn, route: Route) -> tuple[tuple[bytes, ...], list[tuple[bytes, bytes]]]:
    """A body in parts, and the headers that speak of it."""
    headers: list[tuple[bytes, bytes]] = []
    if route.body is Body.NONE and not one_in(draw, 12):
        return (), headers
    if one_in(draw, 12):
        body = draw(raw_bodies)
    elif route.body is Body.DOCUMENT and one_in(draw, 3):
        boundary = draw(st.sampled_from([b"x", b"-", b"a b", b""]))
        contents = draw(st.lists(st.binary(max_size=20), max_size=3))
        whole = multipart(draw(documents), contents, boundary)
        body = whole[: draw(st.integers(0, len(whole)))] if one_in(draw, 3) else whole
        mark = b'"' if draw(st.booleans()) else b""
        headers.append((b"content-type", b"multipart/related; boundary=" + mark + boundary + mark))
    else:
        body = dumped(draw(parts_of(route)))
    if not headers and not one_in(draw, 4):
        odd = [b"text/plain", b"multipart/related", b"multipart/mixed; x"]
        kinds = [b"application/json"] * 30 + odd
        headers.append((b"content-type", draw(st.sampled_from(kinds))))
    body, said = draw(encoded(body))
    cut = draw(st.integers(0, len(body)))
    lengths = [str(len(body)).encode(), b"0", b"99999999999999999999", b"-1", b"x"]
    if one_in(draw, 4):
        said.append((b"content-length", draw(st.sampled_from(lengths))))
    return (body[:cut], body[cut:]), headers + said


@st.composite
def queries(draw: st.DrawFn, route: Route) -> bytes:
    """Options of the route, some with values that they may have."""
    parts = []
    for name in draw(st.lists(st.sampled_from([*route.options, "unknown"]), max_size=4)):
        likely = options.get(name, flags)
        parts.append(quoted(name) + b"=" + quoted(draw(mostly(likely, st.text(max_size=6)))))
    garbage = [
        b"%",
        b"%ff=1",
        b"rev=%ff",
        b"=",
        b"&&",
        b"a" * 3000,
        b"since=%00",
        b"keys=[",
        b"key=NaN",
    ]
    if one_in(draw, 20):
        parts.append(draw(st.sampled_from(garbage)))
    return b"&".join(parts)


HEADER_VALUES = (
    *(b"*/*", b"application/json", b"multipart/mixed", b"multipart/related", b"text/html;q=x"),
    *(b'"1-a"', b'"', b'W/"x"', b"*", b"bytes=0-1", b"bytes=-1", b"bytes=5-1", b"bytes=0-0,1-1"),
    *(b"bytes=99999999999999999999-", b"b?rev=1-a", b"../x", b"%ff", b"\xff", b"", b"gzip;q=0"),
    *(b"Basic ", b"Basic !!!", b"Basic YTpi", b"Bearer x", b"Bearer a.b.c", b"AuthSession=x"),
)


OFTEN = [
    route
    for route in ROUTES
    if "{id}" in route.template or route.template.endswith(("_docs", "_get", "_changes", "_diff"))
]


@st.composite
def requests(draw: st.DrawFn, database: str = DATABASE) -> Asked:
    """A request to one of the routes, or past them."""
    route = draw(st.sampled_from([*ROUTES, *(OFTEN * 6)]))
    template = route.template
    segments = []
    for segment in template.split("/")[1:]:
        if segment == "{db}":
            segments.append(quoted(draw(mostly(st.just(database), ids))))
        elif segment.startswith("{"):
            segments.append(quoted(draw(ids)))
        else:
            segments.append(segment.encode())
    path = b"/".join(
        [
            draw(mostly(st.just(b"/db"), st.sampled_from([b"", b"/", b"/db/", b"/circles"]))),
            *segments,
        ]
    )
    if one_in(draw, 20):
        odd = [
            b"/..",
            b"/%2e%2e/",
            b"//",
            b"/%",
            b"/%ff",
            b"/%00",
            b"/%2F",
            b"/_",
            b"/" + b"x" * 9000,
            b"?",
        ]
        path += draw(st.sampled_from(odd))
    methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "COPY", "OPTIONS", "PATCH", "BREW", "get"]
    method = draw(mostly(st.just(route.method), st.sampled_from(methods)))
    body, headers = draw(bodies(route))
    for name in (*route.headers, "authorization", "accept", "cookie", "expect"):
        if name != "content-type" and one_in(draw, 12):
            headers.append((name.encode(), draw(st.sampled_from(HEADER_VALUES))))
    return Asked(method, path, draw(queries(route)), tuple(headers), body)
