"""What a link and an address must look like, before anything is done."""

import pytest

from rejoint_sync.device.desk import link_of, origin_of
from rejoint_sync.errors import BadRequest, CircleError

SECRET = "A" * 22


def test_a_link_of_another_kind_is_told() -> None:
    with pytest.raises(CircleError, match="expected a setup link"):
        link_of(f"https://example.org/#j1.c{'0' * 40}.{SECRET}", "s1")
    with pytest.raises(CircleError, match="expected an invitation"):
        link_of(f"https://example.org/#s1.{SECRET}", "j1")


def test_a_link_without_its_server_is_incomplete() -> None:
    with pytest.raises(CircleError, match="does not name the server"):
        link_of(f"#s1.{SECRET}", "s1")


@pytest.mark.parametrize(
    "text", ["example.org", "ftp://example.org", "http://a/b", "http://a:0", ""]
)
def test_an_address_is_an_origin(text: str) -> None:
    with pytest.raises(BadRequest):
        origin_of(text)


def test_a_final_slash_is_no_path() -> None:
    assert origin_of("https://example.org/") == "https://example.org"
