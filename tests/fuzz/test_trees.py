"""Trees of a size that nobody needs: ten thousand revisions deep, thousands wide."""

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fuzz.target import Asked, Target, target

LONG = os.environ.get("REJOINT_LONG") == "1"
DEEP = 10_000
# 10,000 pass as well and take six minutes: each leaf that comes is put in order among all others.
WIDE = 2_500 if LONG else 600
WRITE_BATCH = 25
READ_S_MAX = 10.0


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("trees"), "open") as opened:
        yield opened


def write(served: Target, *docs: dict[str, Any]) -> None:
    answered = served.post(b"/db/db1/_bulk_docs", {"docs": docs, "new_edits": False})
    assert answered.json() == [], answered.body[:300]


def read(served: Target, path: bytes, query: bytes = b"") -> Any:
    begun = time.process_time()
    json_only = ((b"accept", b"application/json"),)
    answered = served.ask(Asked("GET", b"/db/db1" + path, query, json_only))
    # Work, not time: a machine that is busy with something else proves nothing.
    assert time.process_time() - begun < READ_S_MAX
    assert answered.status == 200
    return answered.json()


def test_a_path_of_ten_thousand_revisions(served: Target) -> None:
    digests = [f"{n:032x}" for n in range(DEEP, 0, -1)]
    steps = [1, 500, 1_500, 5_000, DEEP]
    for step in steps:
        known = digests[DEEP - step :][:1_000]
        revisions = {"start": step, "ids": known}
        write(served, {"_id": "deep", "_rev": f"{step}-{known[0]}", "_revisions": revisions})
    leaf = f"{DEEP}-{digests[0]}"
    document = read(served, b"/deep", b"revs=true")
    assert document["_rev"] == leaf
    assert len(document["_revisions"]["ids"]) <= 1_000
    assert served.post(b"/db/db1/_revs_diff", {"deep": [leaf]}).json() == {}
    named = [f"{n}-{n:032x}" for n in range(1, 6_001)]
    answered = served.post(b"/db/db1/_revs_diff", {"deep": named})
    assert answered.status == 200
    assert served.ask(Asked("DELETE", b"/db/db1/deep", b"rev=" + leaf.encode())).status == 200


def test_a_path_that_is_too_long_for_one_request_is_stemmed_or_refused(served: Target) -> None:
    digests = [f"{n:x}" for n in range(DEEP, 0, -1)]
    revisions = {"start": DEEP, "ids": digests}
    document = {"_id": "deep", "_rev": f"{DEEP}-{digests[0]}", "_revisions": revisions}
    answered = served.post(b"/db/db1/_bulk_docs", {"docs": [document], "new_edits": False})
    assert answered.status in (201, 400, 413)
    if answered.json() == []:
        assert read(served, b"/deep", b"revs=true")["_revisions"]["start"] == DEEP


def test_thousands_of_leaves_of_one_document(served: Target) -> None:
    begun = time.monotonic()
    for start in range(0, WIDE, WRITE_BATCH):
        write(
            served,
            *(
                {
                    "_id": "wide",
                    "_rev": f"2-{n:032x}",
                    "_revisions": {"start": 2, "ids": [f"{n:032x}", "a"]},
                }
                for n in range(start, min(WIDE, start + WRITE_BATCH))
            ),
        )
    print(f"{WIDE} leaves in {time.monotonic() - begun:.1f} s")
    assert read(served, b"/wide")["_rev"] == f"2-{WIDE - 1:032x}"
    assert len(read(served, b"/wide", b"conflicts=true")["_conflicts"]) == WIDE - 1
    (row,) = [
        r for r in read(served, b"/_changes", b"style=all_docs")["results"] if r["id"] == "wide"
    ]
    assert len(row["changes"]) == WIDE
    assert len(read(served, b"/wide", b"open_revs=all")) == WIDE
