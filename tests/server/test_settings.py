"""What an operator may decide."""

from pathlib import Path

import pytest
from py_vapid import _check_sub
from pydantic import ValidationError

from rejoint_server.settings import Admin, Settings

DATA = Path("data")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"policy": "open", "host": "0.0.0.0"}, "loopback"),
        ({"policy": "open", "host": "example.org"}, "loopback"),
        ({"store": "couchdb://user@host"}, "sqlite, or expected couchdb://user"),
        ({"public_url": "example.org"}, "without a path"),
        ({"public_url": "https://example.org/path"}, "without a path"),
        ({"public_url": "ftp://example.org"}, "without a path"),
        ({"public_url": "https://user:pw@example.org"}, "without a path"),
        ({"admin": Admin.parse("ada:secret")}, "belongs to"),
        ({"port": 65536}, "less than or equal"),
        ({"port": "80"}, "valid integer"),
        ({"request_bytes_max": 100}, "greater than"),
        ({"unknown": 1}, "not permitted"),
        ({"push_hosts": ("*",)}, "pattern"),
        ({"push_hosts": ("*.com*",)}, "pattern"),
        ({"push_hosts": ("com",)}, "pattern"),
        ({"push_hosts": ("10.0.0.1",)}, "pattern"),
        ({"push_hosts": ("push.example:80",)}, "pattern"),
        ({"push_hosts": ("-a.example",)}, "pattern"),
        ({"push_contact": "ops@clinic.example"}, "pattern"),
        ({"push_contact": "http://clinic.example"}, "pattern"),
        ({"push_loopback": True, "host": "0.0.0.0"}, "for tests"),
    ],
)
def test_refuses(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Settings(data=DATA, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
def test_open_is_for_this_machine(host: str) -> None:
    assert Settings(data=DATA, policy="open", host=host).on_loopback


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Example.org/", "https://example.org"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_public_url_is_an_origin(url: str, expected: str) -> None:
    assert Settings(data=DATA, public_url=url).public_url == expected


def test_the_password_is_not_shown() -> None:
    settings = Settings(data=DATA, policy="open", admin=Admin.parse("ada:vorpal:secret"))
    assert settings.admin is not None
    assert settings.admin.password.get_secret_value() == "vorpal:secret"
    assert "vorpal" not in repr(settings)


@pytest.mark.parametrize("text", ["", "ada", "ada:", ":vorpal"])
def test_an_admin_has_a_name_and_a_password(text: str) -> None:
    with pytest.raises(ValueError, match="NAME:PASSWORD") as caught:
        Admin.parse(text)
    assert "vorpal" not in str(caught.value)


def test_push_hosts_are_names_or_ends_of_names() -> None:
    hosts = ("push.example", "*.push.example", "a-b.c1.example")
    assert Settings(data=DATA, push_hosts=hosts).push_hosts == hosts


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"push_contact": "mailto:ops@clinic.example"}, "mailto:ops@clinic.example"),
        ({"push_contact": "https://clinic.example"}, "https://clinic.example"),
        ({"public_url": "https://clinic.example"}, "https://clinic.example"),
        ({"public_url": "http://clinic.example"}, "mailto:operator@localhost.localdomain"),
        ({"public_url": "https://clinic.example:8443"}, "mailto:operator@localhost.localdomain"),
        ({"public_url": "https://clinic"}, "mailto:operator@localhost.localdomain"),
        ({}, "mailto:operator@localhost.localdomain"),
    ],
)
def test_a_push_service_has_somebody_to_ask(values: dict[str, str], expected: str) -> None:
    contact = Settings(data=DATA, **values).contact  # type: ignore[arg-type]
    assert contact == expected
    assert _check_sub(contact)
