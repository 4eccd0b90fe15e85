"""How a document is to be shown."""

import pytest

from rejoint_sync.errors import BadRequest
from rejoint_sync.wire.query import Query
from rejoint_sync.wire.show import DocumentOptions


def options(raw: bytes) -> DocumentOptions:
    return DocumentOptions.parse(Query(raw))


def test_meta_stands_for_three_options() -> None:
    assert options(b"meta=true") == DocumentOptions(
        revs_info=True, conflicts=True, deleted_conflicts=True
    )


def test_who_says_what_is_there_asks_for_the_rest() -> None:
    assert options(b'atts_since=["1-a"]') == DocumentOptions(attachments=True, since=("1-a",))
    assert options(b"atts_since=[]").attachments
    with pytest.raises(BadRequest):
        options(b"atts_since=x")


@pytest.mark.parametrize("name", [b"revs_info", b"conflicts", b"deleted_conflicts", b"local_seq"])
def test_what_others_change_has_no_etag(name: bytes) -> None:
    assert options(b"revs=true&attachments=true").is_plain
    assert not options(name + b"=true").is_plain
