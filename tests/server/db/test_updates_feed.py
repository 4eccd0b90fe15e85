"""What happened to the databases; who is told of which is in test_servers.py."""

import asyncio

import pytest

from rejoint_server.db import updates_feed
from server.scene import Scene

PATH = "/db/_db_updates"


async def test_names_the_newest_event_of_each_database(couch: Scene) -> None:
    await couch.ask("PUT", "/db/db2")
    await couch.ask("PUT", "/db/db1/doc", json={})
    await couch.ask("PUT", "/db/db3")
    await couch.ask("DELETE", "/db/db2")
    answer = await couch.json("GET", PATH)
    assert [(row["db_name"], row["type"]) for row in answer["results"]] == [
        ("db1", "updated"),
        ("db3", "created"),
        ("db2", "deleted"),
    ]
    since = answer["results"][0]["seq"]
    rest = await couch.json("GET", f"{PATH}?since={since}&limit=1")
    assert [row["db_name"] for row in rest["results"]] == ["db3"]
    assert rest["pending"] == 1
    assert (await couch.json("GET", f"{PATH}?since=now"))["results"] == []
    everything = await couch.json("GET", f"{PATH}?since=2-other")
    assert len(everything["results"]) == 3


async def test_waits_for_the_next_event(couch: Scene) -> None:
    waiting = asyncio.create_task(
        couch.ask("GET", f"{PATH}?feed=longpoll&since=now&heartbeat=10000")
    )
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await couch.ask("PUT", "/db/db2")
    answer = await asyncio.wait_for(waiting, 60)
    assert [row["db_name"] for row in answer.json()["results"]] == ["db2"]


async def test_reads_many_events_in_turns(couch: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updates_feed, "EVENTS_AT_ONCE", 2)
    for number in range(2, 7):
        await couch.ask("PUT", f"/db/db{number}")
    answer = await couch.json("GET", PATH)
    assert [row["db_name"] for row in answer["results"]] == [f"db{n}" for n in range(1, 7)]
