"""schemathesis makes requests from the OpenAPI document; answers must fit what it says."""

import os
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter, HTTPAdapter
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from urllib3 import HTTPResponse

from fuzz.target import Asked, Target, target
from rejoint_server.openapi import openapi

LONG = os.environ.get("REJOINT_LONG") == "1"
CASES = 600 if LONG else 80
HOST = "http://rejoint.test"
CHECKS: list[Any] = [
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
SCHEMAS = {
    policy: schemathesis.openapi.from_dict(openapi(policy)) for policy in ("open", "circles")
}


class InProcess(BaseAdapter):
    """Takes what `requests` would send to a host to a server in this process.

    Args:
        served: The server.
    """

    def __init__(self, served: Target) -> None:
        super().__init__()
        self._served = served

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """One request."""
        url = urlsplit(request.url or "")
        raw: Any = request.body or b""
        answered = self._served.ask(
            Asked(
                request.method or "",
                url.path.encode(),
                url.query.encode(),
                tuple(_headers(request.headers)),
                (raw.encode() if isinstance(raw, str) else raw,),
            )
        )
        raw_response = HTTPResponse(
            body=BytesIO(answered.body),
            headers={n.decode(): v.decode() for n, v in answered.headers.items()},
            # A client that went before the end of a feed was answered all the same.
            status=answered.status or 200,
            preload_content=False,
            request_method=request.method,
        )
        return HTTPAdapter().build_response(request, raw_response)

    def close(self) -> None:
        """Nothing is open."""


def _headers(headers: Mapping[str, str | bytes]) -> Iterator[tuple[bytes, bytes]]:
    for name, value in headers.items():
        yield (
            name.lower().encode("latin-1"),
            value if isinstance(value, bytes) else value.encode("latin-1"),
        )


@pytest.fixture(scope="module", params=["open", "circles"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("openapi"), request.param) as opened:
        yield opened


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_fits_the_document(served: Target, mode: GenerationMode) -> None:
    session = requests.Session()
    session.mount(HOST, InProcess(served))
    cases = SCHEMAS[served.policy].as_strategy(generation_mode=mode)

    @given(case=cases, known=st.booleans(), document=st.sampled_from(["a", "a/b", "none"]))
    @settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def one(case: Any, known: bool, document: str) -> None:  # noqa: FBT001 - drawn by name
        if known and "db" in (case.path_parameters or {}):
            case.path_parameters["db"] = "db1"
            if "id" in case.path_parameters:
                case.path_parameters["id"] = document
        response = case.call(base_url=HOST, session=session)
        case.validate_response(response, checks=CHECKS)

    one()
