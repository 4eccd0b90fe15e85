"""Every error in CouchDB's shape, and nothing of ours in the unexpected ones."""

import orjson
import pytest
from litestar.exceptions import (
    HTTPException,
    LitestarException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from rejoint_server.web.problems import UNEXPECTED, problem_of
from rejoint_sync import errors
from rejoint_sync.errors import CODES, CircleError, OtherVersion, SyncError


def told(error: Exception) -> tuple[int, dict[str, object]]:
    problem = problem_of(error, now_s=1_795_000_000, challenge=b"Bearer")
    return problem.status, orjson.loads(problem.body)


KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, SyncError) and kind.status != 500
]
KINDS.remove(OtherVersion)


@pytest.mark.parametrize("kind", KINDS)
def test_tells_an_error_of_ours(kind: type[SyncError]) -> None:
    assert told(kind("why")) == (kind.status, {"error": kind.error, "reason": "why"})


def test_tells_which_versions_are_understood() -> None:
    body = {"error": "other_version", "reason": "why", "versions": [1, 2]}
    assert told(OtherVersion("why", (1, 2))) == (400, body)


@pytest.mark.parametrize("code", sorted(CODES))
def test_tells_the_code_of_a_circles_rule(code: str) -> None:
    error = CircleError(code, "why")
    status, body = told(error)
    assert 400 <= status < 500
    assert body.pop("now", None) == (1_795_000_000 if code == "clock" else None)
    assert body == {"error": error.error, "reason": "why", "code": code}


def test_a_401_says_how_to_log_in() -> None:
    problem = problem_of(errors.Unauthorized("why"), now_s=0, challenge=b"Basic x")
    assert problem.headers == ((b"www-authenticate", b"Basic x"),)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NotFoundException("vorpal"), (404, "not_found")),
        (MethodNotAllowedException("vorpal"), (405, "method_not_allowed")),
        (ValidationException("vorpal"), (400, "bad_request")),
        (HTTPException("vorpal", status_code=413), (413, "too_large")),
        (HTTPException("vorpal", status_code=418), (400, "bad_request")),
        (HTTPException("vorpal", status_code=503), (500, "internal_server_error")),
        (SyncError("vorpal"), (500, "internal_server_error")),
        (KeyError("vorpal"), (500, "internal_server_error")),
    ],
)
def test_tells_nothing_of_what_the_framework_or_a_mistake_says(
    error: Exception, expected: tuple[int, str]
) -> None:
    status, body = told(error)
    assert (status, body["error"]) == expected
    assert "vorpal" not in str(body)


def test_looks_through_the_frameworks_wrapping() -> None:
    wrapped = LitestarException("Exception caught after response started")
    wrapped.__cause__ = ZeroDivisionError()
    assert problem_of(wrapped, now_s=0, challenge=b"").unexpected == "ZeroDivisionError"


def test_names_the_type_of_a_mistake_for_the_log() -> None:
    problem = problem_of(ZeroDivisionError("vorpal"), now_s=0, challenge=b"")
    assert problem.unexpected == "ZeroDivisionError"
    assert orjson.loads(problem.body)["reason"] == UNEXPECTED
