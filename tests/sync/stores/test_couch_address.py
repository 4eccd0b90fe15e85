import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejoint_sync.errors import BadRequest
from rejoint_sync.stores.couch_address import CouchAddress

ADDRESS = CouchAddress("http://host:5984", "ada", "secret")
CIRCLE = "c" + "0123456789" * 4


def test_reads_an_address() -> None:
    assert CouchAddress.parse("couchdb://ada:secret@host") == ADDRESS
    found = CouchAddress.parse("couchdbs://a%40b:s%2Fc%3A@[::1]:6984/clinic-")
    assert found == CouchAddress("https://[::1]:6984", "a@b", "s/c:", "clinic-")
    assert CouchAddress.parse("couchdb://host:1").user == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "couchdb:",
        "couchdb://",
        "couchdb://ada@host",
        "couchdb://:secret@host",
        "http://ada:secret@host",
        "couchdb://ada:secret@host:port",
        "couchdb://ada:secret@host/Prefix",
        "couchdb://ada:secret@host/a/b",
        "couchdb://ada:secret@host/_users",
        "couchdb://ada:secret@host/?q=1",
    ],
)
def test_refuses_what_is_none_and_never_repeats_the_password(text: str) -> None:
    with pytest.raises(ValueError, match=r"couchdb://user|prefix") as refusal:
        CouchAddress.parse(text)
    assert "secret" not in str(refusal.value)
    assert "secret" not in repr(ADDRESS)


def test_a_circle_keeps_its_name() -> None:
    assert ADDRESS.written(CIRCLE) == f"rejoint-{CIRCLE}"


@given(st.text(max_size=60))
def test_every_name_is_legal_in_couchdb_and_comes_back(name: str) -> None:
    try:
        written = ADDRESS.written(name)
    except BadRequest:
        assert not name.isascii()
        return
    assert set(written) <= set("abcdefghijklmnopqrstuvwxyz0123456789_$()+-/")
    assert ADDRESS.read(written) == name
    assert written != ADDRESS.register


@pytest.mark.parametrize(
    "written", ["other-x", "rejoint-$register", "rejoint-$4", "rejoint-$ff", "rejoint-A"]
)
def test_other_databases_are_not_ours(written: str) -> None:
    assert ADDRESS.read(written) is None


def test_a_name_too_long_for_a_file_is_refused() -> None:
    ADDRESS.written("a" * 230)
    with pytest.raises(BadRequest):
        ADDRESS.written("a" * 231)
