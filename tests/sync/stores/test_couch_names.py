"""Names in byte order, deleted ones too."""

import pytest

from contract.documents import revision
from rejoint_sync.stores import Sight
from rejoint_sync.stores.couch import CouchStore
from rejoint_sync.stores.couch_names import beyond


@pytest.mark.parametrize(
    ("prefix", "above"),
    [
        ("a", "b"),
        ("a:", "a;"),
        ("", None),
        ("\U0010ffff", None),
        ("a\U0010ffff", "b"),
        ("y\ud7ff", "y\ue000"),
    ],
)
def test_what_is_above_a_prefix(prefix: str, above: str | None) -> None:
    assert beyond(prefix) == above


async def test_pages_that_hide_much_are_read_on(
    couch: CouchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rejoint_sync.stores.couch_names.LISTED_AT_ONCE", 3)
    names = [f"wrap:{n:02}:{who}" for n in range(10) for who in ("me", "you")]
    documents = [revision(name, "1-a", deleted=name == "wrap:05:me") for name in names]
    await couch.write("circle", documents, new_edits=False)
    mine = [name for name in names if name.endswith("me")]
    for descending in (False, True):
        wanted = mine[::-1] if descending else mine
        for limit in (1, 4, 99):
            found = await couch.range(
                "circle",
                "wrap:",
                "wrap;",
                limit=limit,
                sight=Sight("wrap:", ":me"),
                descending=descending,
            )
            assert [one.id for one in found] == wanted[:limit]


async def test_the_end_is_not_in_the_range(couch: CouchStore) -> None:
    await couch.write("circle", [revision(name, "1-a") for name in "abc"], new_edits=False)
    for descending in (False, True):
        found = await couch.range("circle", "a", "c", limit=9, descending=descending)
        assert sorted(one.id for one in found) == ["a", "b"]
