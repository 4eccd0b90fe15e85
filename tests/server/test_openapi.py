"""The OpenAPI document says what the route table says."""

import json

import pytest
import schemathesis
from schemathesis.core.result import Ok

from rejoint_server.db.routes import ROUTES
from rejoint_server.openapi import JSON_OPTIONS, MEMBERS, OPTIONS, openapi


@pytest.mark.parametrize("policy", ["open", "circles"])
def test_every_route_of_the_policy_is_in_the_document(policy: str) -> None:
    paths = openapi(policy)["paths"]
    offered = {(route.template, route.method) for route in ROUTES if policy in route.policies}
    written = {
        (path.removeprefix("/db"), method.removeprefix("x-").upper())
        for path, item in paths.items()
        for method in item
        if path.startswith("/db") and method != "head"
    }
    assert written == offered
    assert [path for path, item in paths.items() if "get" in item and "head" not in item] == (
        [
            *("/circles", "/circles/{circle}/invitations/{iid}"),
            *("/circles/{circle}/wraps/missing", "/circles/{circle}/quarantine"),
            *("/recovery/{rid}", "/clinics/{circle}/suspensions", "/clinics/{circle}/audit"),
            *("/relay", "/reminders", "/push/key"),
            *("/healthz", "/readyz", "/metrics"),
        ]
        if policy == "circles"
        else []
    )


def test_every_option_has_one_schema_and_none_is_left_over() -> None:
    read = {name for route in ROUTES for name in route.options}
    assert set(OPTIONS) | set(JSON_OPTIONS) == read
    assert not set(OPTIONS) & set(JSON_OPTIONS)
    bodies = {name for route in ROUTES for name in route.members}
    assert bodies - read == set(MEMBERS)


@pytest.mark.parametrize(("policy", "count"), [("open", 0), ("circles", 1)])
def test_options_of_circles_are_in_their_document_alone(policy: str, count: int) -> None:
    parameters = openapi(policy)["paths"]["/db/{db}/_bulk_docs"]["post"]["parameters"]
    assert [one["name"] for one in parameters].count("again") == count


@pytest.mark.parametrize("policy", ["open", "circles"])
def test_it_is_an_openapi_document(policy: str) -> None:
    document = json.loads(json.dumps(openapi(policy)))
    schema = schemathesis.openapi.from_dict(document)
    operations = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    named = [operation.definition.raw["operationId"] for operation in operations]
    assert len(named) == len(set(named)) > 30
    assert len(operations) == schema.statistic.operations.total
