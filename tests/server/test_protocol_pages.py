"""The pages say what the code does: routes, settings, codes and words."""

import inspect
import re
from pathlib import Path

from rejoint_server.app import ENDPOINTS
from rejoint_server.db import attachments, policy
from rejoint_server.db.routes import ROUTES
from rejoint_server.design import javascript
from rejoint_server.settings import Settings
from rejoint_server.web.edge import SECURITY_HEADERS
from rejoint_sync import document, errors
from rejoint_sync.errors import CODES, CircleError, SyncError

DOCS = Path(__file__).parents[2] / "docs"
PROTOCOL = (DOCS / "protocol.md").read_text()
ERRORS = (DOCS / "errors.md").read_text()
SETTINGS = (DOCS / "settings.md").read_text()


def rows(page: str) -> dict[str, list[str]]:
    """The cells of each table row whose first cell is one code word."""
    found = re.findall(r"^\| `([\w-]+)` \| (.*) \|$", page, re.MULTILINE)
    return {name: rest.split(" | ") for name, rest in found}


def test_every_route_is_documented() -> None:
    tables = PROTOCOL.partition("### Options of every route")[0]
    for route in ROUTES:
        line = next(
            (
                line
                for line in tables.splitlines()
                if f"`{route.method} /db{route.template}`" in line
            ),
            None,
        )
        assert line is not None, f"{route.method} {route.template}"
        is_open = "circles" not in route.policies
        assert line.split("|")[2].strip().startswith("*open*") == is_open, line
        for name in route.circle_options:
            assert f"`{name}=true`" in PROTOCOL
    for first in ENDPOINTS:
        assert f"`/{first}" in PROTOCOL


def test_every_setting_is_documented_with_its_default() -> None:
    documented = rows(SETTINGS)
    assert documented.keys() == Settings.model_fields.keys()
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, str):
            assert field.default in documented[name][1]


def test_every_code_is_documented_with_its_status() -> None:
    documented = rows(ERRORS.partition("## By code")[2])
    assert documented.keys() == CODES
    for code in CODES:
        assert documented[code][0] == str(CircleError(code, "").status)


def test_every_word_is_documented_with_its_status() -> None:
    kinds = [
        kind
        for module in (attachments, errors, document, javascript, policy)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, SyncError) and kind is not CircleError
    ]
    documented = rows(ERRORS.partition("## By code")[0])
    assert documented.keys() == {kind.error for kind in kinds}
    for kind in kinds:
        assert documented[kind.error][0] == str(kind.status)


def test_the_headers_are_documented() -> None:
    page = PROTOCOL.lower()
    for name in (b"content-security-policy", b"permissions-policy", b"cross-origin-opener-policy"):
        assert name in dict(SECURITY_HEADERS)
        assert name.decode() in page
