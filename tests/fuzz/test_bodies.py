"""Bodies that lie, one by one: what each is answered, and that nothing of it is kept."""

import base64
import gzip
import hashlib
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from fuzz.storm import multipart
from fuzz.target import REQUEST_BYTES_MAX, Asked, Target, dumped, target

GZIP = ((b"content-encoding", b"gzip"),)
DATA = base64.b64encode(b"hello").decode()
DIGEST = "md5-" + base64.b64encode(hashlib.md5(b"hello").digest()).decode()
BOMB_BYTES = 512 * 1024 * 1024
INFLATED_BYTES_MAX = 16 * REQUEST_BYTES_MAX
"""What a bomb may make the server hold: its own bound and copies of it, never the whole."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("bodies"), "open") as opened:
        yield opened


def bulk(text: bytes) -> bytes:
    return b'{"docs":[' + text + b"]}"


REFUSED: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "half an object": (b'{"docs":[', 400),
    "two objects": (b'{"docs":[]}{"docs":[]}', 400),
    "a list": (b"[]", 400),
    "not a number": (bulk(b'{"_id":"bad","n":NaN}'), 400),
    "infinity": (bulk(b'{"_id":"bad","n":-Infinity}'), 400),
    "beyond a double": (bulk(b'{"_id":"bad","n":1e999}'), 400),
    "not UTF-8": (bulk(b'{"_id":"bad\xff"}'), 400),
    "overlong UTF-8": (bulk(b'{"_id":"bad","n":"\xc0\xaf"}'), 400),
    "UTF-16": ('{"docs":[{"_id":"bad"}]}'.encode("utf-16"), 400),
    "half a surrogate pair": (bulk(b'{"_id":"bad","n":"\\ud800"}'), 400),
    "100,000 deep": (bulk(b'{"_id":"bad","n":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), 400),
    "100,000 deep and no end": (bulk(b"[" * 100_000), 400),
    "one byte too many": (b" " * (REQUEST_BYTES_MAX + 1 - len(bulk(b""))) + bulk(b""), 413),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("packed", [False, True])
def test_what_is_not_json_is_refused(served: Target, name: str, packed: bool) -> None:  # noqa: FBT001
    body, status = REFUSED[name]
    headers = GZIP if packed else ()
    body = gzip.compress(body) if packed else body
    answered = served.ask(Asked("POST", b"/db/db1/_bulk_docs", b"", headers, (body,)))
    assert answered.status == status
    assert served.ask(Asked("GET", b"/db/db1/bad")).status == 404


def test_of_a_repeated_member_the_last_counts(served: Target) -> None:
    body = b'{"docs":[{"_id":"bad"}],"docs":[{"_id":"one","_id":"two","n":1,"n":2}]}'
    answered = served.ask(Asked("POST", b"/db/db1/_bulk_docs", body=(body,)))
    assert [row["id"] for row in answered.json()] == ["two"]
    assert served.ask(Asked("GET", b"/db/db1/two")).json()["n"] == 2
    assert served.ask(Asked("GET", b"/db/db1/bad")).status == 404
    assert served.ask(Asked("GET", b"/db/db1/one")).status == 404


@pytest.mark.parametrize(
    ("body", "said", "status"),
    [
        (gzip.compress(bulk(b'{"_id":"bad"}'), mtime=0)[:-9], b"gzip", 400),
        (gzip.compress(bulk(b'{"_id":"bad"}'), mtime=0) + b"more", b"gzip", 400),
        (gzip.compress(bulk(b'{"_id":"bad"}'), mtime=0) * 2, b"gzip", 400),
        (bulk(b'{"_id":"bad"}'), b"gzip", 400),
        (gzip.compress(bulk(b'{"_id":"bad"}'), mtime=0), b"", 400),
        (gzip.compress(bulk(b'{"_id":"bad"}'), mtime=0), b"br", 415),
        (
            gzip.compress(gzip.compress(bulk(b'{"_id":"bad"}'), mtime=0), mtime=0),
            b"gzip, gzip",
            415,
        ),
        (b"", b"gzip", 400),
    ],
    ids=["cut", "more", "twice", "plain", "unsaid", "brotli", "doubly", "empty"],
)
def test_what_is_not_gzip_is_refused(served: Target, body: bytes, said: bytes, status: int) -> None:
    headers = ((b"content-encoding", said),) if said else ()
    answered = served.ask(Asked("POST", b"/db/db1/_bulk_docs", b"", headers, (body,)))
    assert answered.status == status
    assert served.ask(Asked("GET", b"/db/db1/bad")).status == 404


def test_a_bomb_is_refused_before_it_goes_off(served: Target) -> None:
    stream = gzip.compress(b"0" * (BOMB_BYTES // 64), compresslevel=1)
    asked = Asked("POST", b"/db/db1/_bulk_docs", b"", GZIP, (stream,))
    tracemalloc.start()
    try:
        assert served.ask(asked).status == 413
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < INFLATED_BYTES_MAX


ATTACHED: dict[str, tuple[dict[str, Any], int]] = {
    "not base64": ({"data": "*"}, 400),
    "data that is no text": ({"data": 7}, 400),
    "a stub of nothing": ({"stub": True, "digest": DIGEST, "length": 5, "revpos": 1}, 412),
    "bytes that never follow": ({"follows": True, "length": 5, "content_type": "a/b"}, 400),
    "nothing at all": ({}, 400),
    "no object": ([], 400),  # type: ignore[dict-item]
}


@pytest.mark.parametrize("name", ATTACHED)
@pytest.mark.parametrize("new_edits", [True, False])
def test_an_attachment_that_lies_is_refused(
    served: Target,
    name: str,
    new_edits: bool,  # noqa: FBT001
) -> None:
    entry, status = ATTACHED[name]
    document = {"_id": "bad", "_rev": "1-a", "_attachments": {"x": entry}}
    if new_edits:
        del document["_rev"]
    answered = served.ask(
        Asked(
            "PUT",
            b"/db/db1/bad",
            b"" if new_edits else b"new_edits=false",
            body=(dumped(document),),
        )
    )
    assert answered.status == status, answered.body
    assert served.ask(Asked("GET", b"/db/db1/bad")).status == 404


@pytest.mark.parametrize("length", [0, 4, 6, 10**12, -1, "5", None, 5.5])
def test_a_length_that_lies_is_refused_where_bytes_follow(served: Target, length: object) -> None:
    entry = {"follows": True, "length": length, "content_type": "text/plain"}
    document = {"_id": "bad", "_attachments": {"a": entry}}
    body = multipart(document, [b"hello"], b"xyz")
    kind = ((b"content-type", b'multipart/related; boundary="xyz"'),)
    answered = served.ask(Asked("PUT", b"/db/db1/bad", b"", kind, (body,)))
    assert answered.status == 400, answered.body
    assert served.ask(Asked("GET", b"/db/db1/bad")).status == 404


def test_a_body_that_ends_early_is_refused_at_every_byte(served: Target) -> None:
    entry = {"follows": True, "length": 5, "content_type": "text/plain"}
    whole = multipart({"_id": "cut", "_attachments": {"a": entry}}, [b"hello"], b"xyz")
    kind = ((b"content-type", b"multipart/related; boundary=xyz"),)
    for length in range(len(whole)):
        answered = served.ask(Asked("PUT", b"/db/db1/cut", b"", kind, (whole[:length],)))
        assert answered.status == 400, (length, answered.body)
    assert served.ask(Asked("GET", b"/db/db1/cut")).status == 404
    assert served.ask(Asked("PUT", b"/db/db1/cut", b"", kind, (whole,))).status == 201
    assert served.ask(Asked("GET", b"/db/db1/cut/a")).body == b"hello"
