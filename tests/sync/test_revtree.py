import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.document import Document
from rejoint_sync.errors import SyncError
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import (
    Branch,
    Tree,
    conflicts,
    deleted_conflicts,
    followed,
    grown,
    in_order,
    merge,
    missing,
    possible_ancestors,
)

VECTORS = Path(__file__).parents[1] / "vectors" / "revtree"


def vectors(kind: str) -> list[Any]:
    paths = sorted(VECTORS.glob(f"{kind}-*.json"))
    assert paths
    return [pytest.param(json.loads(path.read_text()), id=path.stem) for path in paths]


def branches(case: dict[str, Any]) -> list[Branch]:
    deleted = set(case.get("deleted", ()))
    return [
        Branch(
            Revision.parse(path[0]),
            tuple(Revision.parse(rev).digest for rev in path[1:]),
            path[0] in deleted,
        )
        for path in case["paths"]
    ]


def merged(parts: Iterable[Branch], limit: int = 1000) -> Tree:
    tree: Tree = ()
    for part in parts:
        tree = merge(tree, part, limit=limit)
    return tree


def written(branch: Branch) -> list[str]:
    generation = branch.rev.generation
    return [
        f"{generation - age}-{digest}"
        for age, digest in enumerate((branch.rev.digest, *branch.ancestors))
    ]


@pytest.mark.parametrize("case", vectors("merge"))
def test_merges_as_the_vectors_say(case: dict[str, Any]) -> None:
    tree = merged(branches(case), case.get("limit", 1000))
    assert [written(leaf) for leaf in tree] == case["leaves"]
    assert str(tree[0].rev) == case["winner"]
    assert [str(rev) for rev in conflicts(tree)] == case["conflicts"]
    assert [str(rev) for rev in deleted_conflicts(tree)] == case["deleted_conflicts"]


@pytest.mark.parametrize("case", vectors("merge"))
def test_the_order_of_arrival_does_not_matter(case: dict[str, Any]) -> None:
    if case.get("order_matters", False):
        return
    for parts in itertools.permutations(branches(case)):
        assert [written(leaf) for leaf in merged(parts)] == case["leaves"]


@pytest.mark.parametrize("case", vectors("missing"))
def test_says_what_is_missing_as_the_vectors_say(case: dict[str, Any]) -> None:
    tree = merged(branches(case))
    absent = missing(tree, [Revision.parse(text) for text in case["asked"]])
    assert [str(rev) for rev in absent] == case["missing"]
    assert [str(rev) for rev in possible_ancestors(tree, absent)] == case["possible_ancestors"]


@pytest.mark.parametrize("case", vectors("edit"))
def test_edits_as_the_vectors_say(case: dict[str, Any]) -> None:
    tree = merged(branches(case))
    parent = Revision.parse(case["parent"]) if case["parent"] else None
    if case["expect"] == "failure":
        with pytest.raises(SyncError) as refusal:
            followed(tree, parent)
        assert refusal.value.error == case["error"]
        return
    made = grown(followed(tree, parent), content=b"}", deleted=False)
    edited = Revision.parse(case["edited"]) if case["edited"] else None
    assert made.rev == Revision.of_edit(edited, b"}")
    assert edited is None or made.holds(edited)
    assert [leaf.rev for leaf in merge(tree, made) if leaf.rev == made.rev] == [made.rev]


@pytest.mark.parametrize("case", vectors("revision"))
def test_refuses_malformed_revisions(case: dict[str, Any]) -> None:
    with pytest.raises(SyncError) as refusal:
        Document.parse({"_id": "x", "_rev": case["revision"]})
    assert refusal.value.error == case["error"]


@pytest.mark.parametrize("case", vectors("revisions"))
def test_refuses_malformed_histories(case: dict[str, Any]) -> None:
    with pytest.raises(SyncError) as refusal:
        Document.parse({"_id": "x", "_revisions": case["revisions"]})
    assert refusal.value.error == case["error"]


# A history: node n has parent PARENT[n] < n (or none), so each digest stands for one parent.
@st.composite
def histories(draw: st.DrawFn, *, whole: bool = False) -> list[Branch]:
    """Branches of one history, cut short at any old end unless `whole`, in any order."""
    parents = [draw(st.integers(-1, n - 1)) for n in range(draw(st.integers(1, 9)))]
    deleted = [draw(st.booleans()) for _ in parents]
    lines = []
    for n in range(len(parents)):
        line = [n]
        while parents[line[-1]] >= 0:
            line.append(parents[line[-1]])
        lines.append(line)
    parts = []
    for n in draw(st.lists(st.integers(0, len(parents) - 1), min_size=1, max_size=12)):
        line = lines[n]
        kept = len(line) if whole else draw(st.integers(1, len(line)))
        ancestors = tuple(f"r{node}" for node in line[1:kept])
        parts.append(Branch(Revision(len(line), f"r{n}"), ancestors, deleted[n]))
    return parts


@given(histories())
def test_merging_twice_changes_nothing(parts: list[Branch]) -> None:
    tree = merged(parts)
    for part in parts:
        assert merge(tree, part) is tree


@given(histories(), st.randoms(use_true_random=False))
def test_merging_is_commutative(parts: list[Branch], dice: Any) -> None:
    shuffled = list(parts)
    dice.shuffle(shuffled)
    assert merged(shuffled) == merged(parts)


@given(histories(), st.integers(0, 12))
def test_merging_is_associative(parts: list[Branch], cut: int) -> None:
    """Two replicas that each gathered a part agree after they exchanged their leaves."""
    here, there = merged(parts[:cut]), merged(parts[cut:])
    assert merged([*here, *there]) == merged([*there, *here]) == merged(parts)


@given(histories(whole=True))
def test_leaves_are_the_revisions_that_nobody_followed(parts: list[Branch]) -> None:
    """Checked against the definition, on a graph of single edges."""
    followed = {rev for part in parts for rev in written(part)[1:]}
    leaves = {str(part.rev): part for part in parts if str(part.rev) not in followed}
    tree = merged(parts)
    assert {str(leaf.rev) for leaf in tree} == set(leaves)
    living = [leaf for leaf in leaves.values() if not leaf.deleted] or list(leaves.values())
    assert tree[0].rev == max(leaf.rev for leaf in living)


@given(histories())
def test_every_revision_that_came_is_known(parts: list[Branch]) -> None:
    tree = merged(parts)
    came = [Revision.parse(rev) for part in parts for rev in written(part)]
    assert missing(tree, came) == []


@st.composite
def claims(draw: st.DrawFn) -> list[Branch]:
    """Branches that may contradict one another about ancestors, as a liar would send them."""
    digest = st.sampled_from("abc")
    parts = []
    for _ in range(draw(st.integers(1, 10))):
        generation = draw(st.integers(1, 5))
        ancestors = draw(st.lists(digest, max_size=generation - 1))
        parts.append(Branch(Revision(generation, draw(digest)), tuple(ancestors)))
    return parts


@given(claims())
def test_a_contradiction_makes_nothing_forgotten(parts: list[Branch]) -> None:
    """Else whoever lies about ancestors could make a record disappear."""
    tree: Tree = ()
    for part in parts:
        known = [Revision.parse(rev) for leaf in tree for rev in written(leaf)]
        tree = merge(tree, part)
        assert missing(tree, [*known, part.rev]) == []
        assert merge(tree, part) is tree


@given(histories(), st.integers(1, 5))
def test_stemming_loses_no_leaf(parts: list[Branch], limit: int) -> None:
    """An ancestor that was cut off may come back as a leaf; none ever goes."""
    whole, stemmed = merged(parts), merged(parts, limit)
    assert merge(stemmed, parts[-1], limit=limit) is stemmed
    assert {leaf.rev for leaf in whole} <= {leaf.rev for leaf in stemmed}
    assert all(len(leaf.ancestors) < limit for leaf in stemmed)
    assert stemmed == in_order(stemmed)


@given(histories())
def test_a_tree_keeps_its_promises(parts: list[Branch]) -> None:
    """No leaf is another's ancestor, none is there twice, and they stand by rank."""
    tree = merged(parts)
    for one, other in itertools.permutations(tree, 2):
        assert not other.holds(one.rev)
    assert tree == in_order(tree)
