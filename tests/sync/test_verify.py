"""Each rule of a sound tree, broken alone."""

import pytest

from rejoint_sync.revision import Revision
from rejoint_sync.stores import Leaf, Stored
from rejoint_sync.verify import is_made_here, tree_faults

TOMBSTONE = b',"_deleted":true}'


def leaf(rev: str, *ancestors: str, deleted: bool = False, tail: bytes | None = None) -> Leaf:
    body = tail if tail is not None else TOMBSTONE if deleted else b',"v":1}'
    return Leaf(rev, ancestors, deleted, body)


@pytest.mark.parametrize(
    "leaves",
    [
        (leaf("1-a"),),
        (leaf("1-a", tail=b"}"),),
        (leaf("3-a", "b", "c"),),
        (leaf("3-a"),),
        (leaf("2-a", "r"), leaf("3-z", "y", "r", deleted=True)),
    ],
)
def test_sound_trees(leaves: tuple[Leaf, ...]) -> None:
    assert tree_faults(Stored("x", 1, leaves)) == []


@pytest.mark.parametrize(
    ("leaves", "fault"),
    [
        ((), "no leaf"),
        ((leaf("a"),), "malformed"),
        ((leaf("0-a"),), "malformed"),
        ((leaf("2-a", "b-c"),), "malformed"),
        ((leaf("1-a", "b"),), "more ancestors"),
        ((leaf("1-a"), leaf("2-b", "r")), "order"),
        ((leaf("2-a", deleted=True), leaf("1-b")), "order"),
        ((leaf("2-b", "a"), leaf("1-a")), "ancestor of another"),
        ((leaf("1-a"), leaf("1-a")), "twice"),
        ((leaf("1-a", tail=b',"v":'),), "not JSON"),
        ((leaf("1-a", tail=b"]"),), "not JSON"),
        ((leaf("1-a", tail=b',"_id":"y"}'),), "names another"),
        ((leaf("1-a", tail=TOMBSTONE),), "tombstone"),
        ((leaf("1-a", deleted=True, tail=b"}"),), "tombstone"),
    ],
)
def test_each_broken_rule_is_said(leaves: tuple[Leaf, ...], fault: str) -> None:
    faults = tree_faults(Stored("x", 1, leaves))
    assert len(faults) == 1
    assert fault in faults[0]


def test_a_revision_made_here_is_known_by_its_digest() -> None:
    first = Revision.of_edit(None, b',"v":1}')
    assert is_made_here(leaf(str(first)))
    second = Revision.of_edit(first, b',"v":2}')
    assert is_made_here(leaf(str(second), first.digest, tail=b',"v":2}'))
    assert not is_made_here(leaf(str(second), first.digest, tail=b',"v":3}'))
    assert not is_made_here(leaf(str(second), tail=b',"v":2}'))
    assert not is_made_here(leaf("1-a"))
