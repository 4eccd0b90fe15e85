"""The Python package couchdb 1.2: its objects, and its tools couchdb-dump and couchdb-load."""

import io
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

from conformance.served import BIN, NAME, PASSWORD, Database, run
from conformance.worlds import Document, Leaves, expected, random_world

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it imports `cgi`
    import couchdb


@pytest.fixture
def couch(server: str) -> Any:
    found = couchdb.Server(server)
    found.resource.credentials = (NAME, PASSWORD)
    return found


def test_the_server_object(couch: Any, second: Database) -> None:
    assert couch.version()
    assert second.name not in couch
    made = couch.create(second.name)
    assert second.name in couch
    assert second.name in list(couch)
    assert len(couch) >= 1
    assert couch[second.name].info()["doc_count"] == 0
    assert len(made) == 0
    with pytest.raises(couchdb.PreconditionFailed):
        couch.create(second.name)
    assert len(couch.uuids(3)) == 3
    couch.delete(second.name)
    with pytest.raises(couchdb.ResourceNotFound):
        couch.delete(second.name)
    with pytest.raises(couchdb.ResourceNotFound):
        couch[second.name]
    assert couch.login(NAME, PASSWORD)
    assert couch.tasks() == []


def test_documents(couch: Any, database: Database) -> None:
    db = couch[database.name]
    name, rev = db.save({"n": 1})
    assert re.fullmatch("[0-9a-f]{32}", name)
    doc = db[name]
    assert (doc.id, doc.rev, doc["n"]) == (name, rev, 1)
    doc["n"] = 2
    _, rev_2 = db.save(doc)
    assert next(r.rev for r in db.revisions(name)) == rev_2
    with pytest.raises(couchdb.ResourceConflict):
        db.save({"_id": name, "_rev": rev, "n": 3})
    db["a/b ü"] = {"words": "ünïcode"}
    assert "a/b ü" in db
    assert db["a/b ü"]["words"] == "ünïcode"
    assert db.copy("a/b ü", "copied").startswith("1-")
    assert db["copied"]["words"] == "ünïcode"
    assert sorted(db) == sorted([name, "a/b ü", "copied"])
    assert len(db) == 3
    del db["copied"]
    assert "copied" not in db
    assert db.get("copied") is None
    answers = db.update([{"_id": f"bulk {i}"} for i in range(10)])
    assert [ok for ok, _, _ in answers] == [True] * 10
    assert [ok for ok, _, _ in db.update([{"_id": "bulk 1"}])] == [False]
    rows = db.view("_all_docs", startkey="bulk 3", endkey="bulk 5", include_docs=True)
    assert [row.doc.id for row in rows] == ["bulk 3", "bulk 4", "bulk 5"]
    assert [row.id for row in db.iterview("_all_docs", 4)] == sorted([*db])
    assert db.commit()["ok"] is True
    assert db.compact() is True


def test_feeds(couch: Any, database: Database) -> None:
    db = couch[database.name]
    db.update([{"_id": f"n{i}"} for i in range(5)])
    rows = db.changes(since=0, include_docs=True)["results"]
    assert sorted(row["doc"]["_id"] for row in rows) == [f"n{i}" for i in range(5)]
    feed = db.changes(feed="continuous", since=0, heartbeat=1000, timeout=1000)
    assert sorted(next(feed)["id"] for _ in range(5)) == [f"n{i}" for i in range(5)]
    db["later"] = {}
    assert next(feed)["id"] == "later"


def test_attachments(couch: Any, database: Database) -> None:
    db = couch[database.name]
    db["held"] = {}
    db.put_attachment(db["held"], io.BytesIO(b"\x00\xff" * 5000), "a/b ü.bin", "image/png")
    db.put_attachment(db["held"], "text", "t.txt")
    doc = db["held"]
    assert doc["_attachments"]["t.txt"]["content_type"] == "text/plain"
    assert db.get_attachment(doc, "a/b ü.bin").read() == b"\x00\xff" * 5000
    db.delete_attachment(doc, "a/b ü.bin")
    assert db.get_attachment("held", "a/b ü.bin") is None
    assert db.get_attachment("held", "t.txt").read() == b"text"


def test_purge_and_security(couch: Any, database: Database) -> None:
    db = couch[database.name]
    db["x"] = {}
    db.security = {"members": {"names": ["a"], "roles": []}}
    assert db.security["members"]["names"] == ["a"]
    rev = db["x"].rev
    assert db.purge([{"_id": "x", "_rev": rev}])["purged"] == {"x": [rev]}
    assert len(db) == 0


@pytest.mark.parametrize("attached", [(), ("notes.txt", "x-ray.png")])
def test_what_was_dumped_is_loaded(
    database: Database, second: Database, tmp_path: Path, attached: tuple[str, ...]
) -> None:
    """A dump holds winners without history and without tombstones; bodies and files are kept."""
    here, there = random_world(31, 40, attachments=attached)
    database.plant(here + there)
    login = ["-u", NAME, "-p", PASSWORD]
    file = tmp_path / "dump"
    dump = ["sh", "-c", f'exec "$0" "$@" > {file}', str(BIN / "couchdb-dump"), *login]
    plain = f"{database.server}/{database.name}"
    run([*dump, plain], PYTHONWARNINGS="ignore")
    second.create()
    target = f"{second.server}/{second.name}"
    load = [str(BIN / "couchdb-load"), *login, "--input", str(file)]
    run([*load, target], PYTHONWARNINGS="ignore")
    loaded = {name: of for name, (of,) in ((n, [*v.values()]) for n, v in second.leaves().items())}
    kept = winners(expected(here + there))
    assert {n: (leaf["body"], leaf["attachments"]) for n, leaf in loaded.items()} == {
        n: (leaf["body"], leaf["attachments"]) for n, leaf in kept.items()
    }
    assert all(len(leaf["history"]) == 1 for leaf in loaded.values())


def winners(leaves: Leaves) -> dict[str, Document]:
    """Of each document that is not deleted, the leaf of the longest path, then the greatest."""
    found = {}
    for name, of in leaves.items():
        live = [(len(leaf["history"]), rev) for rev, leaf in of.items() if not leaf["deleted"]]
        if live:
            found[name] = of[max(live)[1]]
    return found
