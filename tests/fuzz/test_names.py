"""Names of every Unicode class, with slashes and dots: a name is itself or refused."""

import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from fuzz.target import Asked, Target, target

SAMPLES = 6
ODD = (
    *("..", ".", "../x", "a/../b", "/", "//", "a/", "/a", "a//b", "a/b/c", "%2F", "%2e%2e", "%00"),
    *("_design/x/y", "_design/", "_local/x", "_x", "a?b=c", "a#b", "a b", "a+b", "a;b", "a:b"),
    *("\u00e9", "e\u0301", "\ufeffa", "\u202eabc", "A", "a" * 1_000, "\U0010ffff", "a\tb\nc"),
    *("'", '"', "\\", "<script>", "${x}", "null", "true", "0", "-1", "__proto__"),
)


def of_every_class() -> list[str]:
    """Some characters of each general category, first, last and between."""
    found: dict[str, list[str]] = defaultdict(list)
    for code in range(0, sys.maxunicode + 1, 7):
        found[unicodedata.category(chr(code))].append(chr(code))
    return [
        f"x{letters[number * (len(letters) - 1) // (SAMPLES - 1)]}y"
        for category, letters in sorted(found.items())
        if category != "Cs"
        for number in range(SAMPLES)
    ]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("names"), "open") as opened:
        yield opened


def path(*segments: str) -> bytes:
    return b"/db/db1/" + "/".join(quote(one, safe="") for one in segments).encode()


def test_a_name_comes_back_as_it_went_in(served: Target) -> None:
    names = [*dict.fromkeys([*of_every_class(), *ODD])]
    assert len(names) > 150
    taken = []
    for name in names:
        put = served.ask(Asked("PUT", path(name), body=(b'{"n":1}',)))
        if put.status == 201:
            taken.append(name)
            got = served.ask(Asked("GET", path(name))).json()
            assert got == {"_id": name, "_rev": put.json()["rev"], "n": 1}
        else:
            assert put.status == 400, (name, put)
    listed = served.ask(Asked("GET", b"/db/db1/_all_docs")).json()["rows"]
    named = {row["id"] for row in listed}
    feed = served.ask(Asked("GET", b"/db/db1/_changes")).json()["results"]
    assert {row["id"] for row in feed} >= named
    assert set(taken) - named == {"_local/x"}
    assert set(names) - set(taken) <= {name for name in names if name.startswith("_")}


def test_an_attachment_has_any_name_too(served: Target) -> None:
    rev = served.ask(Asked("PUT", path("holder"), body=(b"{}",))).json()["rev"]
    taken = []
    for name in [*of_every_class()[::3], *ODD]:
        put = served.ask(
            Asked("PUT", path("holder", name), b"rev=" + rev.encode(), body=(name.encode(),))
        )
        if put.status == 201:
            rev = put.json()["rev"]
            taken.append(name)
            assert served.ask(Asked("GET", path("holder", name))).body == name.encode()
        else:
            assert put.status == 400, (name, put)
    shown = served.ask(Asked("GET", path("holder"))).json()["_attachments"]
    assert set(shown) == set(taken)
    assert len(taken) > 50


def test_a_slash_in_a_name_is_not_a_slash_between_names(served: Target) -> None:
    assert served.ask(Asked("PUT", b"/db/db1/p%2Fq", body=(b'{"n":1}',))).status == 201
    assert served.ask(Asked("GET", b"/db/db1/p/q")).status == 404
    rev = served.ask(Asked("PUT", b"/db/db1/p", body=(b"{}",))).json()["rev"]
    put = Asked("PUT", b"/db/db1/p/q", b"rev=" + rev.encode(), body=(b"bytes",))
    assert served.ask(put).status == 201
    assert served.ask(Asked("GET", b"/db/db1/p/q")).body == b"bytes"
    assert served.ask(Asked("GET", b"/db/db1/p%2Fq")).json()["n"] == 1
    for climbing in (b"/db/db1/..", b"/db/db1/%2e%2e"):
        answered = served.ask(Asked("GET", climbing))
        assert answered.status == 404 or answered.json()["_id"] == ".."
    for climbing in (b"/db/../db1", b"/db/db1/../db1/..", b"/../../etc/passwd", b"/db/%2e%2e/x"):
        assert served.ask(Asked("GET", climbing)).status in (400, 404)
