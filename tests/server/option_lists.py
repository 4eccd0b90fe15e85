"""Options of lists and feeds, on every route that has them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx

from rejoint_server.db.routes import VIEW
from server.option_case import Case, Pick, doc_of, ids, leaves_of, member
from server.protocol_world import PACKED

# ------------------------------------------------------------------------------ lists of names

DBS = ["db1", "db2", "db3"]
RANGE: list[tuple[str, str, Callable[[list[str]], list[str]], str]] = [
    ("startkey", "{1}", lambda all_: all_[1:], ""),
    ("start_key", "{1}", lambda all_: all_[1:], ""),
    ("endkey", "{1}", lambda all_: all_[:2], ""),
    ("end_key", "{1}", lambda all_: all_[:2], ""),
    ("inclusive_end", "false", lambda all_: all_[:1], "endkey={1}"),
    ("limit", "1", lambda all_: all_[:1], ""),
    ("skip", "1", lambda all_: all_[1:], ""),
    ("descending", "true", lambda all_: all_[::-1], ""),
]


def in_range(
    route: tuple[str, str], listed: list[str], pick: Pick, *, members: bool = False
) -> list[Case]:
    method, template = route
    key = f'"{listed[1]}"'
    made = []
    for name, text, expected, others in RANGE:
        given: Any = text.replace("{1}", key)
        if members:
            given = {"{1}": listed[1], "false": False, "true": True, "1": 1}[text]
        made.append(
            Case(
                method,
                template,
                "members" if members else "options",
                name,
                given,
                pick,
                expected(listed),
                "/db" + template.replace("{db}", "db1"),
                others=others.replace("{1}", quote(key)),
                body={} if method == "POST" else None,
            )
        )
    return made


def listing(name: str, listed: list[str], conflicted: str, packed: str) -> list[Case]:
    """The three ways to ask `_all_docs` and its like."""
    made = []
    template = f"/{{db}}/{name}"
    path = f"/db/db1/{name}"
    docs = "include_docs=true"
    for method, members in (("GET", False), ("POST", False), ("POST", True)):
        made += in_range((method, template), listed, ids, members=members)

        def case(
            option: str,
            text: str,
            pick: Pick,
            expected: Any,
            others: str = "",
            *,
            method: str = method,
            members: bool = members,
        ) -> Case:
            kind = "members" if members else "options"
            given: Any = text
            if members:
                given = {"true": True}.get(text) or ([listed[-1]] if "[" in text else listed[-1])
            body: Any = {} if method == "POST" else None
            return Case(
                method, template, kind, option, given, pick, expected, path, others, body=body
            )

        made += [
            case("key", f'"{listed[-1]}"', ids, [listed[-1]]),
            case("keys", f'["{listed[-1]}"]', ids, [listed[-1]]),
        ]
        if name == "_local_docs":
            made.append(case("include_docs", "true", doc_of(listed[0], "of"), "l1"))
            continue
        blob = doc_of(packed, "_attachments", "plain", "data")
        length = doc_of(packed, "_attachments", "zip", "encoded_length")
        made += [
            case("include_docs", "true", doc_of(listed[0], "_id"), listed[0]),
            case("update_seq", "true", member("update_seq"), lambda seq: str(seq).endswith("-m0")),
            case("conflicts", "true", doc_of(conflicted, "_conflicts"), bool, docs),
            case("attachments", "true", blob, "MDEyMzQ1Njc4OQ==", docs),
            case("att_encoding_info", "true", length, len(PACKED), docs),
        ]
    return made


# ------------------------------------------------------------------------------------- feeds

DOC_IDS = ["a", "b", "gone", "_design/e", "_design/f", "c", "_design/d"]


def body_text(answer: httpx.Response) -> str:
    return answer.text


def feed(route: tuple[str, str], path: str, listed: list[str], seq: str) -> list[Case]:
    """The options that all feeds have; `seq` is the place of the last but one row."""
    method, template = route

    def case(name: str, text: str, pick: Pick, expected: Any, others: str = "") -> Case:
        body: Any = {} if method == "POST" else None
        return Case(
            method, template, "options", name, text, pick, expected, path, others, body=body
        )

    quiet = "feed=longpoll&since=now"
    return [
        case("feed", "continuous", body_text, lambda text: text.startswith("\n{"), "timeout=1"),
        case("since", seq, ids, listed[-1:]),
        case("last-event-id", seq, ids, listed[-1:]),
        case("limit", "1", ids, listed[:1]),
        case("descending", "true", ids, listed[::-1]),
        # Without a heartbeat it ends after its time-out, with one it does not.
        case(
            "heartbeat",
            "100",
            lambda answer: answer.text.count("\n\n"),
            lambda count: count >= 2,
            f"{quiet}&timeout=10",
        ),
        case(
            "timeout",
            "10",
            lambda answer: answer.elapsed.total_seconds() < 0.25,
            True,  # noqa: FBT003 - the scene's longest wait is 0.35 s
            quiet,
        ),
    ]


def changes(method: str, seq: str) -> list[Case]:
    template, path = "/{db}/_changes", "/db/db1/_changes"
    body: Any = {} if method == "POST" else None

    def case(name: str, text: str, pick: Pick, expected: Any, others: str = "") -> Case:
        return Case(
            method, template, "options", name, text, pick, expected, path, others, body=body
        )

    docs = "include_docs=true"
    return [
        *feed((method, template), path, DOC_IDS, seq),
        case("style", "all_docs", leaves_of("a"), ["2-c", "2-b", "3-e"]),
        case("filter", "_design", ids, ["_design/e", "_design/f", "_design/d"]),
        case("view", "f/n", ids, ["a", "b"], "filter=_view"),
        case("doc_ids", '["b","c"]', ids, ["b", "c"], "filter=_doc_ids"),
        case("include_docs", "true", doc_of("b", "n"), 2),
        case("conflicts", "true", doc_of("a", "_conflicts"), ["2-b"], docs),
        case(
            "attachments",
            "true",
            doc_of("c", "_attachments", "plain", "data"),
            "MDEyMzQ1Njc4OQ==",
            docs,
        ),
        case(
            "att_encoding_info",
            "true",
            doc_of("c", "_attachments", "zip", "encoded_length"),
            len(PACKED),
            docs,
        ),
    ]


def view() -> list[Case]:
    """The options of a view; in the world's views the keys are 2 (of `b`) and 3 (of `a`)."""

    def case(name: str, text: str, pick: Pick, expected: Any, of: str = "n") -> Case:
        path = f"/db/db1/_design/f/_view/{of}"
        return Case("GET", VIEW, "options", name, text, pick, expected, path)

    return [
        case("key", "3", ids, ["a"]),
        case("keys", "[3]", ids, ["a"]),
        case("limit", "1", ids, ["b"]),
        case("skip", "1", ids, ["a"]),
        case("descending", "true", ids, ["a", "b"]),
        case("reduce", "false", ids, ["b", "a"], "sum"),
        case("group", "true", ids, [2, 3], "sum"),
    ]
