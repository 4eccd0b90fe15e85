"""Each option, member and header that docs/protocol.md lists changes the answer as it says.

One row of `CASES` is one of them on one route: with it the answer is as expected, without it the
answer is another, so a server that ignores it fails. A row without an option on the page, or an
option on the page without a row, fails too.
"""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rejoint_server.db.routes import ROUTES
from rejoint_sync.stores.memory import MemoryStore
from server.option_case import Case
from server.option_cases import CASES, LOGIN
from server.protocol_world import fill
from server.scene import Scene, open_scene

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()


@pytest.fixture
async def worlds(
    tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Scene, Scene]]:
    """A server to ask with the option and one alike to ask without: for a GET it is the same."""
    case: Case = request.param
    settings: dict[str, Any] = {"policy": "open", "longpoll_s_max": 0.35}
    async with AsyncExitStack() as stack:
        scenes: list[Scene] = []
        for _ in range(1 if case.method == "GET" else 2):
            store = MemoryStore(history=True)
            opening = open_scene(tmp_path, store, admin=None if case.is_open else LOGIN, **settings)
            scene = await stack.enter_async_context(opening)
            if case.is_open:
                await scene.ask("PUT", "/db/db1")
                await fill(scene)
            scenes.append(scene)
        yield scenes[0], scenes[-1]


async def settled(case: Case, scene: Scene) -> Case:
    """The case with what only this server knows put in."""
    if case.value == "SEQ":
        rows = (await scene.json("GET", case.path))["results"]
        return replace(case, value=rows[-2]["seq"])
    if case.value == "COOKIE":
        answer = await scene.ask("POST", "/db/_session", json=LOGIN)
        scene.client.cookies.clear()
        return replace(case, value=answer.headers["set-cookie"].partition(";")[0])
    return case


@pytest.mark.parametrize(
    ("case", "worlds"),
    [pytest.param(case, case, id=" ".join(case.key)) for case in CASES],
    indirect=["worlds"],
)
async def test_an_option_changes_the_answer(case: Case, worlds: tuple[Scene, Scene]) -> None:
    couch, plain = worlds
    case = await settled(case, couch)
    without = case.pick(await case.ask(plain, given=False))
    found = case.pick(await case.ask(couch, given=True))
    if callable(case.expected):
        assert case.expected(found), found
        assert not case.expected(without), without
    else:
        assert found == case.expected
        assert without != case.expected


def listed_on_the_page() -> set[tuple[str, str, str, str]]:
    """The table "Options of every route" of docs/protocol.md."""
    table = PAGE.partition("### Options of every route")[2].partition("\n#")[0]
    found = set()
    rows = re.findall(r"^\| `([A-Z]+) /db(/\S*)` \|(.*)\|(.*)\|(.*)\|$", table, re.MULTILINE)
    for method, template, *cells in rows:
        for kind, cell in zip(("options", "members", "headers"), cells, strict=True):
            found |= {(method, template, kind, name) for name in re.findall("`([^`]+)`", cell)}
    return found


def test_the_page_lists_what_the_route_table_reads() -> None:
    read = {
        (route.method, route.template, kind, name)
        for route in ROUTES
        for kind in ("options", "members", "headers")
        for name in getattr(route, kind)
    }
    assert listed_on_the_page() == read


def test_every_option_on_the_page_has_its_case() -> None:
    assert {case.key for case in CASES} == listed_on_the_page()
