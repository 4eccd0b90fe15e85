"""Answers of `/sync` that are none: a typed refusal, nothing lost, and the device goes on alone.

What a network does, what another version says, what a restored server says.
"""

import gzip
import shutil
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from rejoint_sync.device.line import Line, NotUnderstood
from rejoint_sync.drive import Unreachable
from rejoint_sync.exchange.frames import MEDIA_TYPE, Item, read, write
from sync.device.clinic import PAIN, Clinic, settled

pytestmark = pytest.mark.parametrize("road", ["one request"])

Spoil = Callable[[bytes], httpx.Response]


def binary(body: bytes, **headers: str) -> httpx.Response:
    return httpx.Response(200, content=body, headers={"content-type": MEDIA_TYPE, **headers})


def tell(clinic: Clinic, spoil: Spoil) -> Callable[[], None]:
    """Spoil all answers of `/sync`; what is returned ends it."""
    inner = clinic.network.handle_async_request

    async def spoiled(request: httpx.Request) -> httpx.Response:
        if request.url.path != "/sync":
            return await inner(request)
        answer = await inner(request)
        changed = spoil(await answer.aread())
        changed.headers["date"] = answer.headers["date"]
        return changed

    clinic.network.handle_async_request = spoiled  # type: ignore[method-assign]

    def end() -> None:
        clinic.network.handle_async_request = inner  # type: ignore[method-assign]

    return end


def cut_in_gzip(body: bytes) -> httpx.Response:
    packed = gzip.compress(body)
    return binary(packed[: len(packed) // 2], **{"content-encoding": "gzip"})


WEATHER: dict[str, Spoil] = {
    "nothing": lambda _: binary(b""),
    "cut before its end": lambda body: binary(body[:-3]),
    "cut within an item": lambda body: binary(body[:-4]),
    "cut in gzip": cut_in_gzip,
    "no gzip": lambda body: binary(body, **{"content-encoding": "gzip"}),
    "a portal": lambda _: httpx.Response(200, html="<html>log in</html>"),
    "another page": lambda _: httpx.Response(302, headers={"location": "http://elsewhere"}),
    "a proxy": lambda _: httpx.Response(502, html="<html>bad gateway</html>"),
    "busy": lambda _: httpx.Response(
        503, json={"error": "service_unavailable", "reason": "stopping"}
    ),
}


@pytest.mark.parametrize("name", WEATHER)
async def test_weather_loses_nothing(clinic: Clinic, name: str) -> None:
    circle = await settled(clinic)
    await clinic.put("patient", circle, PAIN)
    end = tell(clinic, WEATHER[name])
    with pytest.raises(Unreachable):
        await clinic.do("patient", "sync")
    with pytest.raises(Unreachable):
        await clinic.do("therapist", "sync")
    end()
    await clinic.do("patient", "sync")
    report = await clinic.do("therapist", "sync")
    assert (report["trouble"], report["alarms"]) == ([], 0)
    assert await clinic.scores("therapist", circle) == [1, 0]
    assert (await clinic.do("patient", "sync"))["pushed"] == 0


OTHER: dict[str, Spoil] = {
    "garbage": lambda _: binary(b"\xff\xfe\xfd" * 50),
    "an item that is another one": lambda _: binary(write([[2, "not a circle", []], [9, 0]])),
    "refused as a whole": lambda _: httpx.Response(
        400, json={"error": "bad_request", "reason": "Expected version 2 of one-request sync."}
    ),
    "too large": lambda _: httpx.Response(413, json={"error": "too_large", "reason": "too large"}),
}


@pytest.mark.parametrize("name", OTHER)
async def test_what_is_not_understood_is_replicated(clinic: Clinic, name: str) -> None:
    """Also for ever: a server of another time keeps its devices."""
    circle = await settled(clinic)
    tell(clinic, OTHER[name])
    for score in (4, 5):
        await clinic.put("patient", circle, PAIN | {"score": score})
        report = await clinic.do("patient", "sync")
        assert report["trouble"] == []
        assert (await clinic.do("therapist", "sync"))["trouble"] == []
    assert await clinic.scores("therapist", circle) == [1, 4, 5]


async def test_a_server_six_months_newer(clinic: Clinic) -> None:
    """Items that are not known, codes, notices, and a member more of the end."""
    circle = await settled(clinic)
    raw = bytes.fromhex(circle[1:])

    def newer(body: bytes) -> httpx.Response:
        items = [[77, "a later thing", b"x"], *read(body)]
        return binary(write([*items[:-1], [4, raw, "of-later"], [55], items[-1]]))

    tell(clinic, newer)
    for score in (4, 5):
        await clinic.put("patient", circle, PAIN | {"score": score})
        assert (await clinic.do("patient", "sync"))["trouble"] == []
        assert (await clinic.do("therapist", "sync"))["trouble"] == []
    assert await clinic.scores("therapist", circle) == [1, 4, 5]
    assert await clinic.do("therapist", "alarms") == []


@pytest.mark.parametrize("cursor", ["AAAA", "g2JrMGNBQUFBABo7msoA", "//8"])
async def test_a_cursor_of_somebody_else_is_replaced(clinic: Clinic, cursor: str) -> None:
    circle = await settled(clinic)
    await clinic.put("patient", circle, PAIN)
    await clinic.do("patient", "sync")
    async with await clinic.device("therapist") as device:
        device._state.cursor = cursor.replace("/", "_")
        await device._state.write(device._home.store)
    report = await clinic.do("therapist", "sync")
    assert (report["trouble"], report["pulled"], report["pushed"]) == ([], 1, 0)
    clinic.network.asked.clear()
    assert (await clinic.do("therapist", "sync"))["pulled"] == 0
    assert clinic.network.asked == [("POST", "/sync")]
    assert await clinic.scores("therapist", circle) == [1, 0]


async def test_two_devices_with_one_key_lose_nothing(clinic: Clinic) -> None:
    circle = await settled(clinic)
    shutil.copytree(clinic.folder / "patient", clinic.folder / "twin")
    for score in (2, 4):
        await clinic.put("patient", circle, PAIN | {"score": score})
        await clinic.put("twin", circle, PAIN | {"score": score + 1})
        for name in ("patient", "twin", "patient"):
            assert (await clinic.do(name, "sync"))["trouble"] == []
    for name in ("patient", "twin", "therapist"):
        await clinic.do(name, "sync")
        assert sorted(await clinic.scores(name, circle)) == [1, 2, 3, 4, 5]
    report: dict[str, Any] = await clinic.do("twin", "sync")
    assert (report["pushed"], report["refused"]) == (0, [])
    assert await clinic.do("therapist", "alarms") == []


async def test_what_came_before_garbage_is_good(clinic: Clinic) -> None:
    await settled(clinic)
    async with await clinic.device("therapist") as device:
        tell(clinic, lambda body: binary(body + b"\xff"))
        heard: list[Item] = []

        async def listen() -> None:
            async with Line(device._identity, device._state, device._clock) as line:
                async for items in line.exchange(write([[0, 1, b"", 0, 1]])):
                    heard.extend(items)

        with pytest.raises(NotUnderstood):
            await listen()
    assert heard[-1] == [9, 0]
