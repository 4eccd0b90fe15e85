"""What went wrong at CouchDB, as our own errors."""

from typing import Any

import httpx
import pytest

from rejoint_sync.errors import (
    BadRequest,
    Forbidden,
    NotFound,
    StoreUnavailable,
    SyncError,
    TooLarge,
)
from rejoint_sync.stores.couch import CouchStore
from rejoint_sync.stores.couch_address import CouchAddress
from rejoint_sync.stores.couch_http import CouchHttp
from sync.stores.couch_cluster import ADDRESS


def answering(answer: Any) -> CouchHttp:
    return CouchHttp(ADDRESS, httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, StoreUnavailable),
        (403, Forbidden),
        (404, NotFound),
        (412, BadRequest),
        (413, TooLarge),
        (429, StoreUnavailable),
        (500, StoreUnavailable),
        (503, StoreUnavailable),
    ],
)
async def test_statuses(status: int, kind: type[SyncError]) -> None:
    http = answering(lambda _: httpx.Response(status, json={"error": "e", "reason": "why"}))
    with pytest.raises(kind) as error:
        await http.get("x")
    assert type(error.value) is kind
    assert (await http.get("x", fine=(status,))).status == status
    await http.close()


async def test_an_error_page_is_an_error_and_half_an_answer_too() -> None:
    for response in (httpx.Response(502, text="<html>"), httpx.Response(200, text='{"half":')):
        http = answering(lambda _, response=response: response)
        with pytest.raises(StoreUnavailable):
            await http.get("x")
        await http.close()


async def test_no_network_is_unavailable_without_naming_the_password() -> None:
    address = CouchAddress("http://127.0.0.1:1", "ada", "secret")
    with pytest.raises(StoreUnavailable) as error:
        await CouchStore.open(address)
    assert "secret" not in str(error.value)


async def test_names_are_encoded_once() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return httpx.Response(200, json={})

    http = answering(answer)
    await http.get("p-x$2f", "a/b c%?#é\x00", query={"q": "ü&"})
    assert asked == ["/p-x%242f/a%2Fb%20c%25%3F%23%C3%A9%00?q=%C3%BC%26"]
    await http.close()
    with pytest.raises(StoreUnavailable):
        await http.get("x")
