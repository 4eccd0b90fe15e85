"""One attachment: its bytes, its ranges, what it does to its document."""

import base64
import gzip
from typing import Any

import pytest

from rejoint_server.db.attachments import RANGES_MAX, RangeNotSatisfiable, read_ranges
from rejoint_sync.limits import ATTACHMENT_BYTES_MAX
from server.scene import Scene

PATH = "/db/db1/doc"
BYTES = bytes(range(256)) * 8


async def put(scene: Scene, name: str, data: bytes, rev: str = "", **headers: str) -> Any:
    options = f"?rev={rev}" if rev else ""
    answer = await scene.ask("PUT", f"{PATH}/{name}{options}", content=data, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["rev"]


async def test_bytes_come_back_as_they_came(couch: Scene) -> None:
    rev = await put(couch, "a%2Fb.bin", BYTES, **{"content-type": "image/png"})
    answer = await couch.ask("GET", f"{PATH}/a/b.bin")
    assert (answer.content, answer.headers["content-type"]) == (BYTES, "image/png")
    assert "sandbox" in answer.headers["content-security-policy"]
    stub = (await couch.json("GET", PATH))["_attachments"]["a/b.bin"]
    assert stub["digest"] == "md5-" + answer.headers["etag"].strip('"')
    assert (stub["length"], stub["revpos"], stub["stub"]) == (len(BYTES), 1, True)
    assert rev.startswith("1-")
    head = await couch.ask("HEAD", f"{PATH}/a/b.bin")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(BYTES))


async def test_a_document_keeps_its_body_and_its_other_attachments(couch: Scene) -> None:
    rev = (await couch.json("PUT", PATH, {"n": 1}))["rev"]
    rev = await put(couch, "one", b"1", rev)
    rev = await put(couch, "two", b"2", rev)
    shown = await couch.json("GET", PATH)
    assert (shown["n"], sorted(shown["_attachments"])) == (1, ["one", "two"])
    assert [shown["_attachments"][name]["revpos"] for name in ("one", "two")] == [2, 3]
    gone = await couch.json("DELETE", f"{PATH}/one?rev={rev}")
    assert list((await couch.json("GET", PATH))["_attachments"]) == ["two"]
    edited = {"_rev": gone["rev"], "_attachments": {"two": {"stub": True}}, "n": 2}
    await couch.ask("PUT", PATH, json=edited)
    assert (await couch.ask("GET", f"{PATH}/two")).content == b"2"


async def test_writes_need_the_newest_revision(couch: Scene) -> None:
    rev = await put(couch, "one", b"1")
    for method in ("PUT", "DELETE"):
        for options in ("", "?rev=1-x", "?rev=9-x"):
            answer = await couch.ask(method, f"{PATH}/one{options}")
            assert (answer.status_code, answer.json()["error"]) == (409, "conflict"), options
    assert (await couch.ask("DELETE", f"{PATH}/none?rev={rev}")).status_code == 404
    assert (await couch.ask("DELETE", f"{PATH}/none")).status_code == 404
    assert (await couch.ask("DELETE", "/db/db1/none/one")).status_code == 404
    assert (await couch.ask("PUT", f"{PATH}/_one?rev={rev}")).status_code == 400


async def test_what_is_not_there_is_not_found(couch: Scene) -> None:
    rev = await put(couch, "one", b"1")
    for path in (f"{PATH}/two", f"{PATH}/one?rev=9-x", "/db/db1/none/one", "/db/none/doc/one"):
        assert (await couch.ask("GET", path)).status_code == 404
    await couch.ask("DELETE", f"{PATH}?rev={rev}")
    assert (await couch.ask("GET", f"{PATH}/one")).status_code == 404


async def test_what_came_in_gzip_goes_out_so_to_who_takes_it(couch: Scene) -> None:
    packed = gzip.compress(b"word " * 100, mtime=0)
    await put(couch, "zip", packed, **{"content-encoding": "gzip", "content-type": "text/plain"})
    stub = (await couch.json("GET", f"{PATH}?att_encoding_info=true"))["_attachments"]["zip"]
    assert (stub["encoding"], stub["length"], stub["encoded_length"]) == ("gzip", 500, len(packed))
    for encoding, length in (("gzip", len(packed)), ("identity", 500)):
        headers = {"accept-encoding": encoding, "range": "bytes=0-1"}
        answer = await couch.ask("GET", f"{PATH}/zip", headers=headers)
        assert (answer.status_code, answer.content) == (200, b"word " * 100)
        assert int(answer.headers["content-length"]) == length
        assert answer.headers["accept-ranges"] == "none"
    inline = (await couch.json("GET", f"{PATH}?attachments=true"))["_attachments"]["zip"]["data"]
    assert base64.b64decode(inline) == b"word " * 100


async def test_an_attachment_is_never_compressed_on_the_way(couch: Scene) -> None:
    await put(couch, "text", b"a" * 5000, **{"content-type": "application/json"})
    answer = await couch.ask("GET", f"{PATH}/text", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers


async def test_too_many_bytes_are_refused(couch: Scene) -> None:
    answer = await couch.ask("PUT", f"{PATH}/big", content=b"a" * (ATTACHMENT_BYTES_MAX + 1))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("lines=1-2", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=0-", None),
        ("bytes=0-9", None),
        ("bytes=0-99", None),
        ("bytes=2-3", [(2, 4)]),
        ("bytes=8-", [(8, 10)]),
        ("bytes=-3", [(7, 10)]),
        ("bytes=-99", None),
        ("bytes=0-0, 9-9", [(0, 1), (9, 10)]),
        ("bytes=" + ",".join(["0-1"] * (RANGES_MAX + 1)), None),
    ],
)
def test_reads_ranges(header: str, expected: list[tuple[int, int]] | None) -> None:
    assert read_ranges(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=3-2", "bytes=99-100", "bytes=-0"])
def test_refuses_a_range_outside(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        read_ranges(header, 10)


async def test_answers_with_ranges(couch: Scene) -> None:
    await put(couch, "one", b"0123456789")
    answer = await couch.ask("GET", f"{PATH}/one", headers={"range": "bytes=7-"})
    assert (answer.status_code, answer.content) == (206, b"789")
    assert answer.headers["content-range"] == "bytes 7-9/10"
    several = await couch.ask("GET", f"{PATH}/one", headers={"range": "bytes=0-1,-1"})
    assert several.headers["content-type"].startswith("multipart/byteranges")
    assert b"Content-Range: bytes 9-9/10\r\n\r\n9" in several.content
    outside = await couch.ask("GET", f"{PATH}/one", headers={"range": "bytes=10-"})
    assert outside.json()["error"] == "requested_range_not_satisfiable"
