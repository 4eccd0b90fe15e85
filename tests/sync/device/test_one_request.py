"""All circles in one request: what it costs, what is kept of a cut, what goes the longer way."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from rejoint_sync.device import one_request
from rejoint_sync.drive import Unreachable
from rejoint_sync.exchange import pace
from sync.device.clinic import PAIN, Clinic, Killed, settled

pytestmark = pytest.mark.parametrize("road", ["one request"])


async def test_a_record_each_way_costs_one_request(clinic: Clinic) -> None:
    circle = await settled(clinic)
    [name] = await clinic.put("patient", circle, PAIN)
    report = await clinic.do("patient", "sync")
    assert (report["pushed"], report["requests"]) == (1, 1)
    report = await clinic.do("therapist", "sync")
    assert (report["pulled"], report["requests"]) == (1, 1)
    assert clinic.network.asked == [("POST", "/sync")] * 2
    shown = await clinic.do("therapist", "show", circle)
    assert name in [record["id"] for record in shown["records"]]
    report = await clinic.do("patient", "sync")
    assert (report["pulled"], report["pushed"], report["requests"]) == (0, 0, 1)


async def test_many_circles_cost_one_request(clinic: Clinic) -> None:
    patients = [f"patient{number}" for number in range(5)]
    await clinic.care(patients)
    for _ in range(2):
        for name in patients:
            for one in await clinic.do(name, "circles"):
                await clinic.put(name, one["circle"], PAIN)
            await clinic.do(name, "sync")
        report = await clinic.do("therapist", "sync")
    assert (report["pulled"], report["requests"]) == (5, 1)


async def test_a_circle_that_is_new_comes_with_the_same_request(clinic: Clinic) -> None:
    """Somebody else let this device in; nothing had to be asked first."""
    circle = await settled(clinic)
    await clinic.put("patient", circle, PAIN | {"score": 8})
    await clinic.do("patient", "sync")
    [house] = [
        one["circle"]
        for one in await clinic.do("therapist", "circles")
        if one["purpose"] == "clinic"
    ]
    link = (await clinic.do("therapist", "invite_own", house))["link"]
    await clinic.do("laptop", "join", link)
    await clinic.do("laptop", "sync")
    await clinic.do("therapist", "sync")
    clinic.network.asked.clear()
    assert (await clinic.do("laptop", "sync"))["trouble"] == []
    assert ("POST", f"/db/{circle}/_bulk_get") not in clinic.network.asked
    assert await clinic.scores("laptop", circle) == [1, 8]


@pytest.mark.parametrize("fault", ["lost request", "lost answer", "killed"])
async def test_what_was_not_heard_is_sent_again_and_is_there_once(
    clinic: Clinic, fault: str
) -> None:
    circle = await settled(clinic)
    await clinic.put("patient", circle, PAIN)
    clinic.network.faults = [fault]
    with pytest.raises((Unreachable, Killed)):
        await clinic.do("patient", "sync")
    await clinic.do("patient", "sync")
    assert (await clinic.do("therapist", "sync"))["pulled"] == 1
    assert (await clinic.do("patient", "sync"))["pushed"] == 0


class Cut(httpx.AsyncByteStream):
    """A body that ends after so many bytes, and the connection with it."""

    def __init__(self, body: bytes, length: int) -> None:
        self._body = body[:length]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        # As a slow network gives it.
        for start in range(0, len(self._body), 500):
            yield self._body[start : start + 500]
        raise httpx.ReadError("reset")


async def test_what_came_before_a_cut_is_kept_and_not_asked_again(clinic: Clinic) -> None:
    circle = await settled(clinic)
    count = 60
    await clinic.put("patient", circle, *[PAIN] * count)
    await clinic.do("patient", "sync")
    inner = clinic.network.handle_async_request
    lengths: list[int] = []
    is_cut = True

    async def cuts(request: httpx.Request) -> httpx.Response:
        response = await inner(request)
        body = await response.aread()
        lengths.append(len(body))
        if not is_cut:
            return response
        kept = {name: response.headers[name] for name in ("date", "content-type")}
        return httpx.Response(200, headers=kept, stream=Cut(body, 6000))

    clinic.network.handle_async_request = cuts  # type: ignore[method-assign]
    with pytest.raises(Unreachable):
        await clinic.do("therapist", "sync")
    assert 1 < len(await clinic.scores("therapist", circle)) <= count
    is_cut = False
    await clinic.do("therapist", "sync")
    clinic.network.handle_async_request = inner  # type: ignore[method-assign]
    assert lengths[0] > 6000
    assert sum(lengths[1:]) < lengths[0] - 3000
    assert len(await clinic.scores("therapist", circle)) == count + 1
    report = await clinic.do("therapist", "sync")
    assert (report["pulled"], report["alarms"], report["refused"]) == (0, 0, [])


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_server_without_the_route_is_replicated_with(clinic: Clinic, status: int) -> None:
    circle = await settled(clinic)
    inner = clinic.network.handle_async_request

    async def without(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/sync":
            clinic.network.asked.append((request.method, request.url.path))
            return httpx.Response(status, text="There is no such page.")
        return await inner(request)

    clinic.network.handle_async_request = without  # type: ignore[method-assign]
    await clinic.put("patient", circle, PAIN)
    assert (await clinic.do("patient", "sync"))["pushed"] == 1
    assert (await clinic.do("therapist", "sync"))["pulled"] == 1
    # It is not asked at each sync whether it has the route now, but it is asked.
    clinic.network.asked.clear()
    await clinic.do("patient", "sync")
    assert ("POST", "/sync") not in clinic.network.asked
    clinic.network.handle_async_request = inner  # type: ignore[method-assign]
    clinic.clock.now += 3601
    clinic.phone_clock.now += 3601
    assert (await clinic.do("patient", "sync"))["pushed"] == 0
    assert ("POST", "/sync") in clinic.network.asked


async def test_more_than_fits_into_one_request_goes_in_several(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle = await settled(clinic)
    monkeypatch.setattr(one_request, "RECORDS_AT_ONCE", 4)
    await clinic.put("patient", circle, *[PAIN] * 10)
    report = await clinic.do("patient", "sync")
    assert (report["pushed"], report["requests"]) == (10, 3)


class Narrow:
    """A link on which no request gets through that is larger than so many bytes."""

    def __init__(self, clinic: Clinic, most: int) -> None:
        self.most = most
        self.sent: list[int] = []
        self._inner = clinic.network.handle_async_request
        clinic.network.handle_async_request = self.handle  # type: ignore[method-assign]

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """Pass it on, or be cut."""
        self.sent.append(len(request.content))
        if len(request.content) > self.most:
            raise httpx.WriteError("reset", request=request)
        return await self._inner(request)


async def test_what_a_link_does_not_carry_at_once_goes_in_portions(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Here a cut comes at once; elsewhere that would be no link at all.
    monkeypatch.setattr(pace, "_LIFE_MIN_MS", 0)
    circle = await settled(clinic)
    await clinic.put("patient", circle, *[PAIN] * 80)
    link = Narrow(clinic, 1500)
    for _ in range(30):
        try:
            await clinic.do("patient", "sync")
            break
        except Unreachable:
            continue
    assert (await clinic.do("therapist", "sync"))["pulled"] == 80
    vain = sum(size for size in link.sent if size > link.most)
    assert 0 < vain < sum(link.sent) / 2


async def test_a_request_is_not_larger_than_allowed(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle = await settled(clinic)
    await clinic.put("patient", circle, *[PAIN] * 20)
    link = Narrow(clinic, 10**9)
    monkeypatch.setattr(pace, "allow", lambda *_: pace.Turn(1_000))
    assert (await clinic.do("patient", "sync"))["pushed"] == 20
    assert 700 < max(link.sent) <= 1_000


async def test_nothing_later_is_sent_where_something_waits(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server whose disk has room again would take it, and others would see a gap."""
    circle = await settled(clinic)
    first, *_ = await clinic.put("patient", circle, *[PAIN] * 12)
    monkeypatch.setattr(pace, "allow", lambda *_: pace.Turn(1_000))
    clinic.network.refuses[first] = "insufficient_storage"
    report = await clinic.do("patient", "sync")
    assert 0 < report["pushed"] < 8
    assert report["requests"] == 1
    assert (await clinic.do("patient", "sync"))["pushed"] == 12 - report["pushed"]


async def test_a_server_that_does_not_answer_is_given_up(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle = await settled(clinic)
    await clinic.put("patient", circle, PAIN)
    inner = clinic.network.handle_async_request

    async def hangs(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return await inner(request)

    clinic.network.handle_async_request = hangs  # type: ignore[method-assign]
    with monkeypatch.context() as hasty:
        hasty.setattr(pace, "patience_ms", lambda *_: 50)
        with pytest.raises(one_request.Silent):
            await clinic.do("patient", "sync")
    clinic.network.handle_async_request = inner  # type: ignore[method-assign]
    assert (await clinic.do("patient", "sync"))["pushed"] == 1
