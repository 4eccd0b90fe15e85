"""The server's time, and a login by it."""

from pathlib import Path

import pytest

from rejoint_sync.circle.jws import parse_jws
from rejoint_sync.circle.keys import LOGIN_TYP, DeviceKeys
from rejoint_sync.device.home import Identity
from rejoint_sync.device.line import Line
from rejoint_sync.device.state import DeviceState
from rejoint_sync.drive import Unreachable
from sync.device.clinic import NOW_S, ORIGIN, Clinic


def line(state: DeviceState, *, connect: str = ORIGIN) -> Line:
    return Line(Identity(ORIGIN, connect, DeviceKeys.generate()), state, lambda: 1000.9)


async def test_the_servers_time_is_taken_over(clinic: Clinic) -> None:
    await clinic.start()
    state = DeviceState()
    async with line(state) as opened:
        assert opened.now_s() == 1000
        await opened.open.call("GET", "/db/")
        assert opened.now_s() == NOW_S
    assert state.offset_s == NOW_S - 1000


async def test_time_that_a_login_page_tells_is_not_believed(clinic: Clinic) -> None:
    await clinic.start()
    clinic.network.faults = ["portal"]
    state = DeviceState()
    async with line(state) as opened:
        with pytest.raises(Unreachable):
            await opened.open.call("GET", "/db/")
    assert state.offset_s == 0


def test_a_login_names_the_server_and_not_where_it_is_connected_to() -> None:
    login = line(DeviceState(offset_s=60), connect="http://127.0.0.1:1")
    payload = parse_jws(login._token(), LOGIN_TYP).payload
    assert payload == {"aud": ORIGIN, "iat": 1060, "exp": 1360}


async def test_what_went_over_is_counted(clinic: Clinic, tmp_path: Path) -> None:
    await clinic.start()
    async with line(DeviceState()) as opened:
        await opened.open.call("GET", "/db/")
        assert opened.traffic.requests == 1
        assert opened.traffic.bytes_up > 50
        assert opened.traffic.bytes_down > 50
