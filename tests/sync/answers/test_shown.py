"""One document as it is shown."""

import gzip
import json
from typing import Any

from rejoint_sync.answers.shown import document_text, leaves_for, names_with_bytes, path_of
from rejoint_sync.attachment import read_attachments, resolve
from rejoint_sync.stores import Leaf, Stored
from rejoint_sync.wire.show import DocumentOptions

LEAF = Leaf("3-d", ("c", "a"), deleted=False, tail=b',"n":0}')
LOSER = Leaf("2-b", ("a",), deleted=False, tail=b"}")
GONE = Leaf("2-e", (), deleted=True, tail=b',"_deleted":true}')
STORED = Stored('i"d', 7, (LEAF, LOSER, GONE))
PACKED = gzip.compress(b"hello", mtime=0)
SENT = read_attachments(
    {
        "a": {"data": "AAEC", "content_type": "image/png", "revpos": 1},
        "b": {"follows": True, "encoding": "gzip", "content_type": "text/plain", "revpos": 3},
    },
    {"b": PACKED},
)
WITH = Leaf("3-d", ("c", "a"), deleted=False, tail=b"}", attachments=resolve(SENT, (), revpos=None))
DATA = {"a": b"\0\1\2", "b": PACKED}


def shown(leaf: Leaf, **options: Any) -> Any:
    return json.loads(document_text(STORED, leaf, DocumentOptions(**options)))


def test_pastes_a_body_as_it_is_stored() -> None:
    assert document_text(STORED, LEAF) == b'{"_id":"i\\"d","_rev":"3-d","n":0}'
    assert document_text(STORED, LOSER) == b'{"_id":"i\\"d","_rev":"2-b"}'


def test_adds_what_is_asked_for() -> None:
    assert shown(LEAF, revs=True)["_revisions"] == {"start": 3, "ids": ["d", "c", "a"]}
    assert shown(LEAF, conflicts=True)["_conflicts"] == ["2-b"]
    assert shown(LEAF, deleted_conflicts=True)["_deleted_conflicts"] == ["2-e"]
    assert shown(LEAF, local_seq=True)["_local_seq"] == 7
    assert shown(LEAF, revs_info=True)["_revs_info"] == [
        {"rev": "3-d", "status": "available"},
        {"rev": "2-c", "status": "missing"},
        {"rev": "1-a", "status": "missing"},
    ]
    assert shown(GONE, revs_info=True)["_revs_info"] == [{"rev": "2-e", "status": "deleted"}]
    assert "_conflicts" not in shown(LOSER, conflicts=True)


def test_tells_which_earlier_bodies_are_kept() -> None:
    earlier = {
        "2-c": Leaf("2-c", ("a",), deleted=True, tail=b"}"),
        "1-a": Leaf("1-a", (), deleted=False, tail=b"}"),
    }
    text = document_text(STORED, LEAF, DocumentOptions(revs_info=True), earlier=earlier)
    statuses = [row["status"] for row in json.loads(text)["_revs_info"]]
    assert statuses == ["available", "deleted", "available"]


def test_finds_a_leaf_and_what_grew_out_of_a_revision() -> None:
    assert leaves_for(STORED, "2-b", latest=False) == [LOSER]
    assert leaves_for(STORED, "1-a", latest=False) == []
    assert leaves_for(STORED, "1-a", latest=True) == [LEAF, LOSER]
    assert leaves_for(STORED, "9-x", latest=True) == []


def attachments(**options: Any) -> Any:
    return shown(WITH, **options)["_attachments"]


def with_bytes(**options: Any) -> Any:
    text = document_text(STORED, WITH, DocumentOptions(**options), data=DATA)
    return json.loads(text)["_attachments"]


def test_an_attachment_is_a_stub_with_its_bytes_or_followed_by_them() -> None:
    stub = attachments()["a"]
    assert stub == {
        "content_type": "image/png",
        "revpos": 1,
        "digest": WITH.attachments[0].digest,
        "length": 3,
        "stub": True,
    }
    inline = with_bytes(attachments=True)
    assert inline["a"]["data"] == "AAEC"
    assert inline["b"]["data"] == "aGVsbG8="
    follows = with_bytes(attachments=True, follows=True)["b"]
    assert (follows["follows"], follows["length"], "data" in follows) == (True, 5, False)


def test_tells_an_encoding_when_asked() -> None:
    assert "encoding" not in attachments()["b"]
    packed = attachments(encoding_info=True)["b"]
    assert (packed["encoding"], packed["encoded_length"]) == ("gzip", len(PACKED))
    assert "encoding" not in attachments(encoding_info=True)["a"]


def test_sends_bytes_of_what_is_newer_than_a_known_ancestor() -> None:
    def names(*since: str) -> list[str]:
        return names_with_bytes(WITH, DocumentOptions(attachments=True, since=since))

    assert names() == names("7-x") == ["a", "b"]
    assert names("1-a") == names("2-c", "1-a") == ["b"]
    assert names("3-d") == []
    assert names_with_bytes(WITH, DocumentOptions()) == []


def test_a_path_leads_from_a_revision_to_the_oldest_known() -> None:
    assert path_of(LEAF) == ["3-d", "2-c", "1-a"]
