"""Every option of every route."""

from typing import Any

import httpx

from rejoint_sync.revision import Revision
from server.option_case import Case, Pick, doc_of, ids, kind_of, member, names, revs, status, value
from server.option_lists import DBS, changes, feed, in_range, listing, view
from server.protocol_world import PACKED

# --------------------------------------------------------------------------------- documents


def get(
    name: str, text: str, pick: Pick, expected: Any, *, of: str = "a", others: str = ""
) -> Case:
    return Case("GET", "/{db}/{id}", "options", name, text, pick, expected, f"/db/db1/{of}", others)


def attachment(answer: httpx.Response) -> bytes:
    return answer.content


LOGIN = {"name": "ada", "password": "word"}


def session(method: str, kind: str, option: str, text: str, expected: Any, **body: Any) -> Case:
    pick = member("userCtx", "name") if kind == "headers" else status
    return Case(
        method,
        "/_session",
        kind,
        option,
        text,
        pick,
        expected,
        "/db/_session",
        body=body or None,
        is_open=False,
    )


CASES: list[Case] = [
    session("GET", "options", "basic", "true", 401),
    session("GET", "headers", "cookie", "COOKIE", "ada"),
    session("POST", "members", "name", "ada", 200, password="word"),
    session("POST", "members", "password", "word", 200, name="ada"),
    *feed(("GET", "/_db_updates"), "/db/_db_updates", DBS, "SEQ"),
    Case(
        "GET",
        "/_db_updates",
        "headers",
        "last-event-id",
        "SEQ",
        lambda answer: answer.text.count("data: {"),
        1,
        "/db/_db_updates",
        "feed=eventsource&timeout=1",
    ),
    Case(
        "GET",
        "/_uuids",
        "options",
        "count",
        "3",
        lambda answer: len(answer.json()["uuids"]),
        3,
        "/db/_uuids",
    ),
    *in_range(("GET", "/_all_dbs"), DBS, names),
    *in_range(("GET", "/_dbs_info"), DBS, names),
    Case(
        "POST",
        "/_dbs_info",
        "members",
        "keys",
        ["db2", "x"],
        names,
        ["db2", "x"],
        "/db/_dbs_info",
        body={},
    ),
    *changes("GET", "SEQ"),
    *changes("POST", "SEQ"),
    *view(),
    Case(
        "GET",
        "/{db}/_changes",
        "headers",
        "last-event-id",
        "SEQ",
        lambda answer: answer.text.count("data: {"),
        1,
        "/db/db1/_changes",
        "feed=eventsource&timeout=1",
    ),
    Case(
        "POST",
        "/{db}/_changes",
        "members",
        "doc_ids",
        ["b"],
        ids,
        ["b"],
        "/db/db1/_changes",
        "filter=_doc_ids",
        body={},
    ),
    Case(
        "POST",
        "/{db}/_changes",
        "members",
        "selector",
        {"n": {"$gte": 2}},
        ids,
        ["a", "b"],
        "/db/db1/_changes",
        "filter=_selector",
        body={},
    ),
    Case(
        "POST",
        "/{db}/_bulk_docs",
        "members",
        "docs",
        [{"_id": "new"}],
        status,
        201,
        "/db/db1/_bulk_docs",
        body={},
    ),
    Case(
        "POST",
        "/{db}/_bulk_docs",
        "members",
        "new_edits",
        False,  # noqa: FBT003 - a JSON value
        value,
        [],
        "/db/db1/_bulk_docs",
        body={"docs": [{"_id": "x", "_rev": "1-x"}]},
    ),
    Case(
        "POST",
        "/{db}/_bulk_get",
        "options",
        "revs",
        "true",
        doc_of("a", "_revisions", "ids"),
        ["c", "r"],
        "/db/db1/_bulk_get",
        body={"docs": [{"id": "a"}]},
    ),
    Case(
        "POST",
        "/{db}/_bulk_get",
        "options",
        "latest",
        "true",
        revs,
        ["2-c", "2-b", "3-e"],
        "/db/db1/_bulk_get",
        body={"docs": [{"id": "a", "rev": "1-r"}]},
    ),
    Case(
        "POST",
        "/{db}/_bulk_get",
        "options",
        "attachments",
        "true",
        doc_of("c", "_attachments", "plain", "data"),
        "MDEyMzQ1Njc4OQ==",
        "/db/db1/_bulk_get",
        body={"docs": [{"id": "c"}]},
    ),
    Case(
        "POST",
        "/{db}/_bulk_get",
        "options",
        "att_encoding_info",
        "true",
        doc_of("c", "_attachments", "zip", "encoding"),
        "gzip",
        "/db/db1/_bulk_get",
        body={"docs": [{"id": "c"}]},
    ),
    Case(
        "POST",
        "/{db}/_bulk_get",
        "members",
        "docs",
        [{"id": "b"}],
        status,
        200,
        "/db/db1/_bulk_get",
        body={},
    ),
    Case(
        "POST",
        "/{db}/_bulk_get",
        "headers",
        "accept",
        "multipart/mixed",
        kind_of,
        "multipart/mixed",
        "/db/db1/_bulk_get",
        body={"docs": [{"id": "c"}]},
    ),
    *listing("_all_docs", ["_design/d", "_design/e", "_design/f", "a", "b", "c"], "a", "c"),
    *listing("_design_docs", ["_design/d", "_design/e", "_design/f"], "_design/d", "_design/d"),
    *listing("_local_docs", ["_local/l1", "_local/l2", "_local/l3"], "", ""),
    Case(
        "POST",
        "/{db}/_all_docs/queries",
        "members",
        "queries",
        [{"key": "a"}, {"key": "b"}],
        lambda answer: len(answer.json().get("results", [])),
        2,
        "/db/db1/_all_docs/queries",
        body={},
    ),
    get("rev", "2-b", member("n"), 3),
    get("revs", "true", member("_revisions", "ids"), ["c", "r"]),
    get(
        "revs_info",
        "true",
        member("_revs_info"),
        [{"rev": "2-c", "status": "available"}, {"rev": "1-r", "status": "available"}],
    ),
    get("open_revs", "all", lambda answer: isinstance(answer.json(), list), True),
    get("latest", "true", member("_rev"), "2-c", others="rev=1-r"),
    get("conflicts", "true", member("_conflicts"), ["2-b"]),
    get("deleted_conflicts", "true", member("_deleted_conflicts"), ["3-e"]),
    get(
        "meta",
        "true",
        lambda answer: len(
            [
                key
                for key in answer.json()
                if key in ("_revs_info", "_conflicts", "_deleted_conflicts")
            ]
        ),
        3,
    ),
    get("local_seq", "true", member("_local_seq"), bool),
    get("attachments", "true", member("_attachments", "plain", "data"), "MDEyMzQ1Njc4OQ==", of="c"),
    get(
        "att_encoding_info",
        "true",
        member("_attachments", "zip", "encoded_length"),
        len(PACKED),
        of="c",
    ),
    get(
        "atts_since",
        '["1-x"]',
        lambda answer: [
            name for name, one in answer.json()["_attachments"].items() if "data" in one
        ],
        ["zip"],
        of="c",
    ),
    Case(
        "GET",
        "/{db}/{id}",
        "headers",
        "accept",
        "multipart/related",
        kind_of,
        "multipart/related",
        "/db/db1/c",
        "attachments=true",
    ),
    Case("GET", "/{db}/{id}", "headers", "if-none-match", '"2-c"', status, 304, "/db/db1/a"),
    Case("PUT", "/{db}/{id}", "options", "rev", "1-b", status, 201, "/db/db1/b", body={}),
    Case(
        "PUT",
        "/{db}/{id}",
        "options",
        "new_edits",
        "false",
        member("rev"),
        "1-q",
        "/db/db1/q",
        body={"_rev": "1-q"},
    ),
    Case("PUT", "/{db}/{id}", "headers", "if-match", '"1-b"', status, 201, "/db/db1/b", body={}),
    Case(
        "PUT",
        "/{db}/{id}",
        "headers",
        "content-type",
        "multipart/related; boundary=b",
        status,
        201,
        "/db/db1/q",
        raw=b"--b\r\n\r\n{}\r\n--b--",
    ),
    Case("DELETE", "/{db}/{id}", "options", "rev", "1-b", status, 200, "/db/db1/b"),
    Case("DELETE", "/{db}/{id}", "headers", "if-match", "1-b", status, 200, "/db/db1/b"),
    Case("COPY", "/{db}/{id}", "headers", "destination", "copy", status, 201, "/db/db1/b"),
    Case(
        "COPY",
        "/{db}/{id}",
        "options",
        "rev",
        "2-x",
        status,
        404,
        "/db/db1/a",
        headers={"destination": "copy"},
    ),
    Case(
        "COPY",
        "/{db}/{id}",
        "options",
        "latest",
        "true",
        member("rev"),
        str(Revision.of_edit(None, b',"n":2}')),
        "/db/db1/a",
        "rev=1-r",
        headers={"destination": "copy"},
    ),
    Case("GET", "/{db}/{id}/{name}", "options", "rev", "9-x", status, 404, "/db/db1/c/plain"),
    Case(
        "GET",
        "/{db}/{id}/{name}",
        "options",
        "latest",
        "true",
        status,
        200,
        "/db/db1/c/plain",
        "rev=1-x",
    ),
    Case(
        "GET",
        "/{db}/{id}/{name}",
        "headers",
        "range",
        "bytes=2-3",
        attachment,
        b"23",
        "/db/db1/c/plain",
    ),
    Case(
        "GET", "/{db}/{id}/{name}", "headers", "if-none-match", "*", status, 304, "/db/db1/c/plain"
    ),
    Case(
        "GET",
        "/{db}/{id}/{name}",
        "headers",
        "accept-encoding",
        "gzip",
        lambda answer: answer.headers.get("content-encoding"),
        "gzip",
        "/db/db1/c/zip",
        headers={"accept-encoding": "identity"},
    ),
    Case(
        "PUT", "/{db}/{id}/{name}", "options", "rev", "1-b", status, 201, "/db/db1/b/new", raw=b"x"
    ),
    Case(
        "PUT",
        "/{db}/{id}/{name}",
        "headers",
        "if-match",
        "1-b",
        status,
        201,
        "/db/db1/b/new",
        raw=b"x",
    ),
    Case(
        "PUT",
        "/{db}/{id}/{name}",
        "headers",
        "content-encoding",
        "gzip",
        status,
        400,
        "/db/db1/new/new",
        raw=b"x",
    ),
    Case(
        "PUT",
        "/{db}/{id}/{name}",
        "headers",
        "content-type",
        "a" * 300,
        status,
        400,
        "/db/db1/new/new",
        raw=b"x",
    ),
    Case("DELETE", "/{db}/{id}/{name}", "options", "rev", "2-y", status, 200, "/db/db1/c/plain"),
    Case(
        "DELETE", "/{db}/{id}/{name}", "headers", "if-match", "2-y", status, 200, "/db/db1/c/plain"
    ),
]
