"""Backup, hundreds more writes (a thousand in the long run), restore: a sync brings all of it back.

Real servers, real HTTP, real clients: our headless devices with sealed records, and stock PouchDB.
Compared are all leaves, never winners alone.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from durability.restorable import Leaves, Restorable, command, leaves_of
from rejoint_sync import replicator
from rejoint_sync.device import exchange, sync
from rejoint_sync.device.device import Device
from rejoint_sync.device.one_request import OneRequest, Owed, Said
from rejoint_sync.drive import RemotePeer
from rejoint_sync.errors import NotOffered
from rejoint_sync.exchange.messages import Begin
from rejoint_sync.replicator import BulkDocs, Request

ROOT = Path(__file__).parents[2]
SEALED = ("ev:", "nt:", "pl:", "pr:")
BEFORE = 40
AFTER = 500 if os.environ.get("REJOINT_LONG") == "1" else 150


# --------------------------------------------------------------------------- headless devices


class People:
    """Devices of one clinic, each in its directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.circle = ""

    async def do(self, name: str, act: str, *arguments: Any, **options: Any) -> Any:
        """Run one method of a device, as one command would."""
        opening = Device.open(self.folder / name, time.time, make=True)
        async with await opening as device:
            return await getattr(device, act)(*arguments, **options)

    async def id(self, name: str) -> str:
        """The name of a device."""
        async with await Device.open(self.folder / name, time.time) as device:
            return device.id

    async def meet(self, setup: str) -> None:
        """A therapist, a patient and a caregiver in one circle."""
        await self.do("therapist", "new", setup)
        self.circle = (await self.do("therapist", "circle_new"))["circle"]
        for name in ("patient", "caregiver"):
            link = (await self.do("therapist", "invite", self.circle, name))["link"]
            await self.do(name, "join", link)
        for name in ("therapist", "patient", "caregiver"):
            await self.do(name, "sync")

    async def write(self, name: str, count: int) -> None:
        """Seal some records."""
        kind = "nt" if name == "therapist" else "ev"
        records = [{"type": "pain", "context": "now", "score": n % 11} for n in range(count)]
        await self.do(name, "put", self.circle, kind, records, tz_min=0)

    async def leaves(self, name: str) -> Leaves:
        """The sealed documents that a device has."""
        return await leaves_of(self.folder / name / "circles", self.circle, prefixes=SEALED)


async def test_devices_bring_back_what_a_restore_lost(tmp_path: Path) -> None:
    people = People(tmp_path)
    with Restorable(tmp_path) as clinic:
        await people.meet(clinic.server.setup_link())
        for name in ("patient", "caregiver"):
            await people.write(name, BEFORE)
            await people.do(name, "sync")
        backed_up = await asyncio.to_thread(clinic.back_up)
        for name in ("patient", "caregiver"):
            await people.write(name, AFTER)
            assert (await people.do(name, "sync"))["pushed"] == AFTER
        await people.do("therapist", "sync")
        assert len(await people.leaves("therapist")) == 2 * (BEFORE + AFTER)
        restored = await asyncio.to_thread(clinic.restore)
        assert restored["documents"] == backed_up["documents"]
        # Whose turn comes first must not matter: the one who wrote nothing goes first.
        for name in ("therapist", "patient", "caregiver"):
            report = await people.do(name, "sync")
            assert (report["refused"], report["trouble"]) == ([], [])
        for name in ("therapist", "patient", "caregiver"):
            await people.do(name, "sync")
        verified = await asyncio.to_thread(command, "verify", "--data", clinic.data)
    server = await leaves_of(clinic.data, people.circle, prefixes=SEALED)
    assert len(server) == 2 * (BEFORE + AFTER)
    for name in ("therapist", "patient", "caregiver"):
        assert await people.leaves(name) == server
    points = await leaves_of(clinic.data, people.circle, prefixes=("cp:",))
    assert (verified["signatures"], verified["faults"]) == (len(server) + len(points), 0)


@pytest.mark.parametrize("journal", ["there", "lost"])
async def test_a_restore_brings_back_memberships(tmp_path: Path, journal: str) -> None:
    """Who was let in after the backup is in, who was removed is out, and nobody is alarmed."""
    people = People(tmp_path)
    with Restorable(tmp_path) as clinic:
        await people.meet(clinic.server.setup_link())
        await asyncio.to_thread(clinic.back_up)
        link = (await people.do("therapist", "invite", people.circle, "caregiver"))["link"]
        await people.do("late caregiver", "join", link)
        await people.write("late caregiver", 3)
        await people.do("late caregiver", "sync")
        await people.do("therapist", "sync")
        await people.do("therapist", "remove", people.circle, [await people.id("caregiver")])
        await people.do("late caregiver", "sync")
        if journal == "lost":
            shutil.rmtree(tmp_path / "data-journal")
        restored = await asyncio.to_thread(clinic.restore)
        assert restored["waiting"] is (journal == "lost")
        assert restored["journal"]["entries"] == (3 if journal == "there" else 0)
        # First the one whom a server that lost the journal does not know at all.
        for _ in range(2):
            for name in ("late caregiver", "therapist", "patient"):
                report = await people.do(name, "sync")
                assert report["trouble"] == []
        seen = {
            name: {one["circle"]: one for one in await people.do(name, "circles")}[people.circle]
            for name in ("therapist", "patient", "late caregiver")
        }
        assert {one["seq"] for one in seen.values()} == {7}
        assert {one["alarm"] for one in seen.values()} == {""}
        assert await people.leaves("late caregiver") == await people.leaves("therapist")
        # All three were heard, so the circle takes new entries again.
        await people.do("therapist", "invite", people.circle, "caregiver")
        verified = await asyncio.to_thread(command, "verify", "--data", clinic.data)
    assert verified["faults"] == 0


@pytest.mark.parametrize("road", ["one request", "replication"])
async def test_a_devices_run_across_a_restore_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, road: str
) -> None:
    """The first batches are acknowledged and lost, the last ones and the note arrive."""
    people = People(tmp_path)
    with Restorable(tmp_path) as clinic:
        await people.meet(clinic.server.setup_link())
        await people.do("patient", "sync")
        await asyncio.to_thread(clinic.back_up)
        await people.write("patient", 300)
        written = 0

        async def writes() -> None:
            nonlocal written
            written += 1
            if written == 3:
                await asyncio.to_thread(clinic.restore)

        class Pausing(RemotePeer):
            async def answer(self, request: Request[Any]) -> Any:
                if isinstance(request, BulkDocs):
                    await writes()
                return await super().answer(request)

        class PausingRequest(OneRequest):
            async def ask(self, begin: Begin, owed: Owed) -> Said:
                if road == "replication":
                    raise NotOffered("this server does not have this route")
                if owed.names:
                    await writes()
                return await super().ask(begin, owed)

        monkeypatch.setattr(exchange, "RemotePeer", Pausing)
        monkeypatch.setattr(sync, "OneRequest", PausingRequest)
        monkeypatch.setattr(replicator, "WRITE_BYTES_MAX", 40_000)
        pushed = (await people.do("patient", "sync"))["pushed"]
        # A cursor that the server does not know any more is noticed at once, and what was lost goes
        # again in the same run; a replication notices in its next one.
        assert pushed == 300 if road == "replication" else pushed > 300
        monkeypatch.undo()
        assert written >= 3
        report = await people.do("patient", "sync")
        assert report["refused"] == []
    server = await leaves_of(clinic.data, people.circle, prefixes=SEALED)
    assert server == await people.leaves("patient")
    assert len(server) == 300


# --------------------------------------------------------------------------- stock PouchDB


class Pouches:
    """PouchDBs in one Node process, told what to do line by line."""

    def __init__(self, url: str) -> None:
        node = Path(sys.executable).parent / "node"
        script = Path(__file__).with_name("restore_drill.mjs")
        self._process = subprocess.Popen(
            [node, script, ROOT / "pwa" / "node_modules", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, act: str, **more: Any) -> Any:
        """One act; what it answered."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"act": act, **more}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def end(self) -> None:
        """Let Node go."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait(10)


@contextmanager
def pouches(url: str) -> Iterator[Pouches]:
    opened = Pouches(url)
    try:
        yield opened
    finally:
        opened.end()


@pytest.mark.long
async def test_stock_pouchdbs_bring_back_what_a_restore_lost(tmp_path: Path) -> None:
    with (
        Restorable(tmp_path, "--policy", "open") as clinic,
        pouches(f"{clinic.url}/db/drill") as clients,
    ):
        for client in range(3):
            clients.ask("write", client=client, prefix=f"before-{client}", count=50)
            clients.ask("sync", client=client)
        clinic.back_up()
        for client in range(3):
            clients.ask("write", client=client, prefix=f"after-{client}", count=200)
            clients.ask("edit", client=client, prefix="before-0", word=f"{client}")
            clients.ask("sync", client=client)
        clients.ask("remove", client=1, prefix="before-1")
        clients.ask("sync", client=1)
        clients.ask("write", client=2, prefix="last", count=200)
        clients.ask("sync", client=2)
        before = clients.ask("leaves", client=2)
        clinic.restore()
        for client in (0, 1, 2, 0, 1, 2):
            result = clients.ask("sync", client=client)
            assert result["failures"] == 0
        there = clients.ask("leaves", client=None)
        assert len(there) == 3 * 50 + 3 * 200 + 200
        for client in range(3):
            assert clients.ask("leaves", client=client) == there
        assert before.keys() <= there.keys()
        for name, leaves in before.items():
            assert set(leaves) <= set(there[name])
        assert max(len(leaves) for leaves in there.values()) > 1


async def test_a_stock_pouchdbs_run_across_a_restore_is_not_believed(tmp_path: Path) -> None:
    with (
        Restorable(tmp_path, "--policy", "open") as clinic,
        pouches(f"{clinic.url}/db/drill") as clients,
    ):
        clients.ask("write", client=0, prefix="first", count=5)
        clients.ask("sync", client=0)
        clinic.back_up()
        clients.ask("write", client=0, prefix="more", count=100)
        assert clients.ask("begin", client=0, batch=10, hold=6) == "held"
        clinic.restore()
        assert clients.ask("release", client=0) == 100
        missing = set(clients.ask("leaves", client=0)) - set(clients.ask("leaves", client=None))
        assert len(missing) >= 50
        clients.ask("sync", client=0)
        assert clients.ask("leaves", client=0) == clients.ask("leaves", client=None)
