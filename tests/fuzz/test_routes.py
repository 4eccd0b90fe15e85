"""Any request to any route gets an answer of CouchDB's shape; afterwards the data is whole."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from fuzz.storm import requests
from fuzz.target import Asked, Target, target

LONG = os.environ.get("REJOINT_LONG") == "1"
REQUESTS = 4_000 if LONG else 400


@pytest.fixture(scope="module", params=["open", "circles"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("storm")
    with target(folder, request.param) as opened:
        yield opened
        assert opened.ask(Asked("GET", b"/db/_up")).json() == {"status": "ok"}
        if request.param == "open":
            opened.ask(Asked("PUT", b"/db/db1"))
            rows = opened.ask(Asked("GET", b"/db/db1/_all_docs")).json()["rows"]
            feed = opened.ask(Asked("GET", b"/db/db1/_changes")).json()["results"]
            listed = {row["id"] for row in feed if not row.get("deleted")}
            assert listed == {row["id"] for row in rows}
        else:
            rows = opened.ask(Asked("GET", b"/db/db1/_all_docs")).json()["rows"]
            kinds = sorted(row["id"].partition(":")[0] for row in rows)
            assert kinds == ["ev", "log", "wrap"]
    assert integrity(folder / "rejoint.sqlite3") == "ok"


def integrity(file: Path) -> str:
    with sqlite3.connect(file) as connection:
        (found,) = connection.execute("PRAGMA integrity_check").fetchone()
    return str(found)


@given(asked=requests())
@settings(
    max_examples=REQUESTS,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.large_base_example,
        HealthCheck.data_too_large,
    ],
)
def test_any_request_is_answered(served: Target, asked: Asked) -> None:
    answered = served.ask(asked)
    if served.policy == "open" and asked.method == "DELETE" and answered.status == 200:
        served.seed()
