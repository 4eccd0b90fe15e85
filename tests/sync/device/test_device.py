"""The device as a whole: what the command line relies on."""

import httpx
import pytest

from rejoint_sync.device.home import HomeUnusable
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import BadRequest, NotFound
from rejoint_sync.exchange.frames import read
from rejoint_sync.exchange.messages import DONE_TODAY, read_request
from sync.device.clinic import ORIGIN, PAIN, Clinic


async def test_a_new_device_has_no_circles(clinic: Clinic) -> None:
    assert await clinic.do("fresh", "circles") == []


async def test_a_directory_without_a_device_cannot_sync(clinic: Clinic) -> None:
    with pytest.raises(HomeUnusable, match="no device lives in"):
        await clinic.do("fresh", "sync")


@pytest.mark.parametrize("circle", ["", "device", "../..", "c" + "0" * 40])
async def test_a_circle_that_is_not_there_is_said_so(clinic: Clinic, circle: str) -> None:
    await clinic.care()
    with pytest.raises(NotFound, match="no such circle"):
        await clinic.do("patient", "show", circle)


async def test_keys_stay_the_same_from_command_to_command(clinic: Clinic) -> None:
    await clinic.care()
    async with await clinic.device("patient") as device:
        first = device.id
    async with await clinic.device("patient") as device:
        assert device.id == first


async def test_the_corrected_clock_is_remembered_offline(clinic: Clinic) -> None:
    circle = await clinic.care()
    clinic.phone_clock.now -= 7200
    await clinic.do("patient", "sync")
    clinic.network.down = True
    await clinic.put("patient", circle, PAIN)
    record = (await clinic.do("patient", "show", circle))["records"][0]
    assert record["value"]["at"] == clinic.clock.now_s()


async def test_a_server_that_moved_is_followed(clinic: Clinic) -> None:
    circle = await clinic.care()
    await clinic.put("patient", circle, PAIN)
    async with await clinic.device("patient") as device:
        moved = await device.move("https://new.example/", connect=ORIGIN)
        assert (moved["server"], moved["connect"]) == ("https://new.example", ORIGIN)
    async with await clinic.device("patient") as device:
        await device.move(ORIGIN)
    assert (await clinic.do("patient", "sync"))["pushed"] == 1


async def test_a_device_in_no_circle_may_try_another_server(clinic: Clinic) -> None:
    """The first link had a typing error: the directory is not spoilt."""
    setup = await clinic.start()
    clinic.network.down = True
    with pytest.raises(Unreachable):
        await clinic.do("fresh", "new", setup.replace("server.example", "sever.example"))
    clinic.network.down = False
    assert (await clinic.do("fresh", "new", setup))["role"] == "admin"


@pytest.mark.parametrize(
    "address",
    ["", "new.example", "https://", "https://x/path", "ftp://x", "http://[::", "http://x:99999"],
)
async def test_an_address_that_is_none_is_refused(clinic: Clinic, address: str) -> None:
    await clinic.care()
    async with await clinic.device("patient") as device:
        with pytest.raises(BadRequest, match="expected an address"):
            await device.move(address)


@pytest.mark.parametrize("road", ["one request"])
async def test_that_todays_session_is_done_is_all_that_the_server_is_told(clinic: Clinic) -> None:
    await clinic.care()
    flags: list[int] = []
    inner = clinic.network.handle_async_request

    async def watched(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/sync":
            flags.append(read_request(read(await request.aread()))[0].flags & DONE_TODAY)
        return await inner(request)

    clinic.network.handle_async_request = watched  # type: ignore[method-assign]
    await clinic.do("patient", "sync", done_today=True)
    assert set(flags) == {DONE_TODAY}
    flags.clear()
    await clinic.do("patient", "sync")
    assert set(flags) == {0}
