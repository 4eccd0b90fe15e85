"""Two sides find out what each lacks, in three rounds; the shared vectors."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.exchange.digest import Inventory, bucket_of, mark_of, part_of
from sync.exchange.test_frames import FOLDER, plain
from vectors.make_exchange_vectors import vectors

VECTORS = json.loads((FOLDER / "digest.json").read_text())
ME = "d" + "A" * 20

ROWS = st.sets(
    st.tuples(
        st.builds(
            "{}:26{:02}:{}:{}{:06}".format,
            st.sampled_from(["ev", "nt"]),
            st.integers(10, 12),
            st.just(ME),
            st.sampled_from("ck"),
            st.integers(1, 40),
        )
        | st.builds("log:{:06}".format, st.integers(0, 20))
        | st.sampled_from([f"cp:c:{ME}", "inv:x", "req:x:y"]),
        st.sampled_from(["1-a", "1-b"]),
    ),
    max_size=40,
)


def test_the_vectors_are_what_the_script_writes() -> None:
    assert {path.stem: path.read_text() for path in FOLDER.glob("*.json")} == vectors()


@pytest.mark.parametrize("vector", VECTORS["names"])
def test_each_name_has_its_bucket_its_part_and_its_mark(vector: dict[str, Any]) -> None:
    name, rev = vector["id"], vector["rev"]
    assert bucket_of(name) == vector["bucket"]
    assert part_of(name) == vector["part"]
    assert mark_of(name, rev).hex() == vector["mark"]


def test_two_sides_settle() -> None:
    here = Inventory.of(map(tuple, VECTORS["server"]))
    there = Inventory.of(map(tuple, VECTORS["device"]))
    assert [[name, one.hex()] for name, one in here.digests()] == VECTORS["server_digests"]
    assert [[name, one.hex()] for name, one in there.digests()] == VECTORS["device_digests"]
    assert here.unequal(there.digests()) == VECTORS["unequal"]
    for one in VECTORS["settled"]:
        bucket = one["bucket"]
        assert here.parts(bucket).hex() == one["parts"]
        wanted = there.differing(bucket, here.parts(bucket))
        assert [list(pair) for pair in wanted] == plain(one["wanted"])
        lacking, beyond = here.compare(bucket, wanted)
        assert lacking == one["lacking"]
        assert [mark.hex() for mark in beyond] == one["beyond"]
        assert there.named(bucket, b"".join(beyond)) == one["named"]


@given(ROWS, ROWS)
def test_whatever_differs_is_found_and_nothing_else(
    ours: set[tuple[str, str]], theirs: set[tuple[str, str]]
) -> None:
    here, there = Inventory.of(ours), Inventory.of(theirs)
    lacking, beyond = set(), set()
    for bucket in here.unequal(there.digests()):
        names, marks = here.compare(bucket, there.differing(bucket, here.parts(bucket)))
        lacking |= set(names)
        beyond |= set(there.named(bucket, b"".join(marks)))
    assert lacking == {name for name, _ in ours - theirs if bucket_of(name)}
    assert beyond == {name for name, _ in theirs - ours if bucket_of(name)}
