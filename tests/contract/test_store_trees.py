"""Trees that arrive in any order, cut short, repeated and in many roots, against a graph.

The graph is all that was ever said: which revision came, and which one is whose parent. What a
store shows must follow from it alone, so it cannot depend on the order of arrival.
"""

import asyncio
import itertools
import random
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.documents import body
from rejoint_sync.document import Document
from rejoint_sync.stores import Leaf, Store
from rejoint_sync.stores.memory import MemoryStore
from rejoint_sync.stores.sqlite import SqliteStore

Path_ = tuple[str, ...]


@dataclass
class Graph:
    """What was said of one document."""

    came: dict[str, bool] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)

    def add(self, path: Path_, *, deleted: bool) -> None:
        self.came.setdefault(path[0], deleted)
        self.parents.update(itertools.pairwise(path))

    def ancestors(self, rev: str) -> list[str]:
        found = []
        while rev in self.parents:
            rev = self.parents[rev]
            found.append(rev)
        return found

    def leaves(self) -> list[tuple[str, tuple[str, ...], bool]]:
        inner = {older for rev in self.came for older in self.ancestors(rev)}
        leaves = [
            (rev, tuple(older.split("-")[1] for older in self.ancestors(rev)), deleted)
            for rev, deleted in self.came.items()
            if rev not in inner
        ]
        order = sorted(leaves, key=lambda leaf: (not leaf[2], generation(leaf[0]), leaf[0]))
        return order[::-1]


def generation(rev: str) -> int:
    return int(rev.split("-", maxsplit=1)[0])


def history(rng: random.Random) -> list[Path_]:
    """Every revision with all its ancestors, newest first; some share no root."""
    nodes: list[Path_] = []
    for _ in range(rng.randint(1, 14)):
        is_root = not nodes or rng.random() < 0.12
        parent: Path_ = () if is_root else rng.choice([rng.choice(nodes), nodes[-1]])
        nodes.append((f"{len(parent) + 1}-{rng.getrandbits(128):032x}", *parent))
    return nodes


def deliveries(rng: random.Random) -> list[tuple[Path_, bool]]:
    nodes = history(rng)
    deleted = {node[0]: rng.random() < 0.25 for node in nodes}
    chosen = [rng.choice(nodes) for _ in range(rng.randint(1, len(nodes) + 2))]
    cut = [node if rng.random() < 0.6 else node[: rng.randint(1, len(node))] for node in chosen]
    return [(path, deleted[path[0]]) for path in cut]


def document(path: Path_, *, deleted: bool) -> Document:
    value: dict[str, Any] = {
        "_id": "x",
        "_revisions": {
            "start": generation(path[0]),
            "ids": [rev.split("-")[1] for rev in path],
        },
        "at": path[0],
    }
    return Document.parse(value | ({"_deleted": True} if deleted else {}))


async def arrive(store: Store, sent: list[tuple[Path_, bool]], at_once: int) -> tuple[Leaf, ...]:
    await store.create("circle")
    documents = [document(path, deleted=deleted) for path, deleted in sent]
    for n in range(0, len(documents), at_once):
        await store.write("circle", documents[n : n + at_once], new_edits=False)
    stored = await store.read("circle", "x")
    await store.delete("circle")
    assert stored is not None
    assert [body(leaf.tail)["at"] for leaf in stored.leaves] == [leaf.rev for leaf in stored.leaves]
    return stored.leaves


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), at_once=st.integers(1, 20))
def test_what_is_shown_follows_from_what_was_said(seed: int, at_once: int) -> None:
    sent = deliveries(random.Random(seed))
    graph = Graph()
    for path, deleted in sent:
        graph.add(path, deleted=deleted)

    async def check() -> None:
        with tempfile.TemporaryDirectory() as directory:
            for store in (MemoryStore(), await SqliteStore.open(Path(directory))):
                leaves = await arrive(store, sent, at_once)
                shown = [(leaf.rev, leaf.ancestors, leaf.deleted) for leaf in leaves]
                assert shown == graph.leaves()
                await store.close()

    asyncio.run(check())


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), limit=st.integers(1, 4))
def test_no_revision_is_lost_by_cutting_old_ends(seed: int, limit: int) -> None:
    """Each one that came is a leaf, or a leaf grew out of it; both stores show the same ones."""
    sent = deliveries(random.Random(seed))
    graph = Graph()
    for path, deleted in sent:
        graph.add(path, deleted=deleted)

    async def cut(store: Store) -> list[Leaf]:
        await store.create("circle")
        await store.set_revs_limit("circle", limit)
        for path, deleted in sent:
            await store.write("circle", [document(path, deleted=deleted)], new_edits=False)
        stored = await store.read("circle", "x")
        assert stored is not None
        return list(stored.leaves)

    async def check() -> None:
        with tempfile.TemporaryDirectory() as directory:
            sqlite = await SqliteStore.open(Path(directory))
            leaves = await cut(sqlite)
            assert leaves == await cut(MemoryStore())
            await sqlite.close()
        assert all(len(leaf.ancestors) < limit for leaf in leaves)
        reached = {leaf.rev for leaf in leaves}
        reached |= {older for leaf in leaves for older in graph.ancestors(leaf.rev)}
        assert set(graph.came) <= reached

    asyncio.run(check())


@pytest.mark.parametrize("order", [1, -1])
async def test_a_long_tree_joins_in_the_middle(store: Store, order: int) -> None:
    """1,000 revisions in pieces of 100 that overlap by one, from the old end or the new one."""
    path = tuple(f"{n}-{n:032x}" for n in range(1000, 0, -1))
    pieces = [(path[n : n + 101], False) for n in range(0, 1000, 100)]
    [leaf] = await arrive(store, pieces[::order], 1)
    assert (leaf.rev, len(leaf.ancestors)) == (path[0], 999)
