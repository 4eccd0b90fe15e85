"""A stock PouchDB 9 in Node, in memory: leaf sets after every kind of replication."""

import os
from dataclasses import replace
from typing import Any

import pytest

from conformance.served import Database, by_revision, node
from conformance.worlds import Branch, expected, random_world, revisions

MANY = 2_000
ATTACHED = ("notes.txt", "dir/Bild ü.png")
LONG = os.environ.get("REJOINT_LONG") == "1"
SEEDS = range(40 if LONG else 3)


def peer(database: Database, *steps: dict[str, Any], **told: Any) -> Any:
    """What a PouchDB says after these steps; see pouchdb_peer.mjs."""
    said = node(
        "pouchdb_peer.mjs",
        told={"url": database.url, "local": [], "details": False, "steps": steps} | told,
    )
    if told.get("details"):
        said["leaves"] = {name: by_revision(of) for name, of in said["leaves"].items()}
    return said


def many(prefix: str) -> list[Branch]:
    return [Branch(f"{prefix} {n:04}", (f"1-{n:032x}",), deleted=False) for n in range(MANY)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("order", [["sync"], ["push", "pull"], ["pull", "push"]])
def test_both_sides_have_every_leaf_of_both(
    database: Database, seed: int, order: list[str]
) -> None:
    here, there = random_world(seed, 40)
    database.plant(there)
    said = peer(
        database,
        *({"verb": verb} for verb in order),
        {"verb": "sync"},
        local=[branch.document() for branch in here],
        details=True,
    )
    both = expected(here + there)
    assert said["leaves"] == both
    assert database.leaves() == both
    assert all(of["doc_write_failures"] == 0 for of in said["results"][-1].values())
    assert all(of["docs_written"] == 0 for of in said["results"][-1].values())


def test_a_live_sync_brings_every_leaf_both_ways(database: Database) -> None:
    here, there = random_world(7, 12)
    said = peer(
        database,
        {
            "verb": "live",
            "here": [branch.document() for branch in here],
            "there": [branch.document() for branch in there],
            "leaves": sum(map(len, expected(here + there).values())),
        },
        details=True,
    )
    both = expected(here + there)
    assert said["leaves"] == both
    assert database.leaves() == both


def test_attachments_stay_with_their_leaf(database: Database) -> None:
    here, _ = random_world(11, 20, attachments=ATTACHED)
    _, there = random_world(12, 20, attachments=ATTACHED)
    there = [replace(b, document_id=f"there {b.document_id}") for b in there]
    database.plant(there)
    said = peer(
        database,
        {"verb": "sync"},
        {"verb": "sync"},
        local=[branch.document() for branch in here],
        details=True,
    )
    both = expected(here + there)
    assert any(leaf["attachments"] for of in both.values() for leaf in of.values())
    assert database.leaves() == both
    assert said["leaves"] == both


def test_attachments_of_leaves_that_both_sides_know_in_part(database: Database) -> None:
    here, there = random_world(17, 20, attachments=ATTACHED)
    database.plant(there)
    said = peer(
        database, {"verb": "push"}, {"verb": "pull"}, local=[branch.document() for branch in here]
    )
    both = expected(here + there)
    assert database.leaves() == both
    # A PouchDB that holds an ancestor of one leaf asks for the attachment without its revision and
    # so stores the winner's bytes (a defect of 9.0.0); its revisions are right.
    assert said["leaves"] == revisions(both)


@pytest.mark.parametrize("verb", ["pull", "push"])
def test_only_the_named_documents_travel(database: Database, verb: str) -> None:
    world, _ = random_world(13, 30)
    names = sorted({branch.document_id for branch in world})
    chosen = names[::3]
    local = [branch.document() for branch in world] if verb == "push" else []
    database.plant(world if verb == "pull" else [])
    said = peer(database, {"verb": verb, "options": {"doc_ids": chosen}}, local=local)
    arrived = said["leaves"] if verb == "pull" else database.revisions()
    every = revisions(expected(world))
    assert arrived == {name: every[name] for name in chosen}


@pytest.mark.parametrize("verb", ["pull", "push"])
def test_only_what_the_selector_takes_travels(database: Database, verb: str) -> None:
    world = [
        Branch(f"{kind} {n}", (f"1-{n:032x}",), deleted=False)
        for kind in ("log", "plan")
        for n in range(20)
    ]
    local = [branch.document() for branch in world] if verb == "push" else []
    database.plant(world if verb == "pull" else [])
    selector = {"_id": {"$gte": "plan 1", "$lt": "plan 2"}, "$not": {"_id": "plan 1"}}
    said = peer(database, {"verb": verb, "options": {"selector": selector}}, local=local)
    arrived = said["leaves"] if verb == "pull" else database.revisions()
    assert sorted(arrived) == [f"plan {n}" for n in range(10, 20)]


def test_two_thousand_documents_each_way(database: Database) -> None:
    here, there = many("here"), many("there")
    database.plant(there)
    said = peer(
        database, {"verb": "push"}, {"verb": "pull"}, local=[branch.document() for branch in here]
    )
    assert said["results"][0]["docs_written"] == MANY
    assert said["results"][1]["docs_written"] == MANY
    both = revisions(expected(here + there))
    assert said["leaves"] == both
    assert database.revisions() == both
