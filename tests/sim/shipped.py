"""A phone of a world that runs the shipped client: TypeScript, in a process of Node beside it.

Node is told one thing at a time and says all that comes of it until it waits for the world again:
requests, timers, what an act came to. Meanwhile virtual time stands still. See
`pwa/test/sim/host.ts`.
"""

import asyncio
import base64
import contextlib
import itertools
import os
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from rejoint_sync.circle.document import KINDS
from rejoint_sync.errors import SyncError
from sim.headless import Killed
from sim.held import Held, Shown
from sim.hosting import EPOCH_S, Asked
from sim.network import Link, Network, NetworkDown

NODE: Final = Path(sys.executable).parent / "node"
ACT_S_MAX: Final = 1_800.0
"""An act that takes longer hangs."""

Message = dict[str, Any]


class Refused(SyncError):
    """An act of the client failed; `error` is the name of its error."""


class NodeHost:
    """The process of Node, shared by all worlds of this one.

    Args:
        folder: Where the client is built into.
        sources: The `pwa` directory.
    """

    def __init__(self, folder: Path, sources: Path) -> None:
        client = folder / "client.cjs"
        test = sources / "test" / "sim"
        subprocess.run(
            [NODE, "--preserve-symlinks-main", test / "build.ts", client], check=True, cwd=sources
        )
        self._process = subprocess.Popen(
            [NODE, "--no-warnings", test / "host.ts", client],
            cwd=sources,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Promises that nobody caught are weather here; what matters is seen by the laws.
            stderr=subprocess.DEVNULL if "SIM_STDERR" not in os.environ else None,
        )
        self._phones: dict[str, ShippedPhone] = {}
        self._told = itertools.count(1)
        self._said: deque[Message] = deque()

    def begin(self, seed: int) -> None:
        """Forget the world before."""
        self._phones.clear()
        self.tell({"op": "world", "id": seed, "now": 0})

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def tell(self, message: Message) -> None:
        """Say one thing, and pass on what comes of it."""
        sender, hearer = self._process.stdin, self._process.stdout
        assert sender is not None
        assert hearer is not None
        number = next(self._told)
        sender.write(orjson.dumps(message | {"n": number}) + b"\n")
        sender.flush()
        for line in iter(hearer.readline, b""):
            said = orjson.loads(line)
            if "idle" in said:
                assert said["idle"] == number, "what was said belongs to something else"
                break
            self._said.append(said)
        else:
            raise RuntimeError("the process of the phones ended")
        while self._said:
            said = self._said.popleft()
            phone = self._phones.get(str(said.get("life", said.get("killed"))))
            if phone is not None:
                phone.hear(said)

    def know(self, life: str, phone: "ShippedPhone") -> None:
        """Pass on to `phone` what `life` says."""
        self._phones[life] = phone


class ShippedPhone:
    """One person's phone, or one of its tabs.

    Args:
        name: In the trace.
        storage: Tabs of one phone have the same.
        network: Of the world.
        host: Where it runs.

    Attributes:
        ahead_s: How wrong its clock is.
        kill_in: Gates until its page ends; None for not at all.
        kill_taking: Nothing to it: such worlds have headless phones alone.
        full: How many of its next writes find no room.
        id: Its device's name once it has one.
    """

    def __init__(self, name: str, storage: str, network: Network, host: NodeHost) -> None:
        self.name = name
        self.network = network
        self.link = Link(name)
        self.rests = True
        self.ahead_s = 0.0
        self.kill_in: int | None = None
        self.kill_taking: int | None = None
        self.full = 0
        self.id = ""
        self._storage = storage
        self._host = host
        self._life = ""
        self._lives = itertools.count(1)
        self._numbers = itertools.count(1)
        self._acts: dict[int, asyncio.Future[Any]] = {}
        self._asked: dict[int, asyncio.Task[None]] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}

    # -- what the world does with it ------------------------------------------------------------

    async def do(self, act: str, *arguments: Any, **_: Any) -> Any:
        """One act; the page is opened for it where it is not open.

        Raises:
            Killed: The page ended.
            Refused: The client says that it failed.
        """
        if not self._life:
            self._open()
        if self.kill_in is not None:
            self._tell("doom", id=self.kill_in)
            self.kill_in = None
        if self.full:
            self._tell("full", id=self.full)
            self.full = 0
        self._tell("clock", id=int(self.ahead_s * 1000))
        answer = await self._act(act, arguments)
        if self.rests:
            await self.rest()
        if act == "join":
            self.id = str(answer["device"])
        return _as_report(answer) if act == "sync" else answer

    async def look(self, _: str) -> list[Shown]:
        """What it shows of its circle."""
        return [_shown(row) for row in await self.do("show")]

    async def held(self, _: str) -> Held:
        """What it has of its circle, for who checks it."""
        found = await self.do("held")
        sealed = {name for name in found["leaves"] if name.partition(":")[0] in KINDS}
        return Held(
            leaves={name: tuple(found["leaves"][name]) for name in sealed},
            shown=tuple(_shown(row) for row in found["rows"]),
            unsent=found["unsent"],
            refused=tuple(found["refused"]),
            aside=tuple(found["closed"]),
            alarms=((found["alarm"], True),) if found["alarm"] else (),
            head=found["head"],
            lacks_key=found["lacksKey"],
        )

    async def epochs(self, _: str) -> dict[str, set[int]]:
        """The epochs of its circle whose keys it holds, by stream."""
        found = await self.do("epochs")
        return {stream: set(epochs) for stream, epochs in found.items()}

    async def rest(self) -> None:
        """Close the page."""
        if self._life:
            with contextlib.suppress(Refused, Killed):
                await self._act("close", ())
            self.end()

    def end(self) -> None:
        """End the page at once."""
        if self._life:
            self._tell("kill")
            self._over()

    async def _act(self, act: str, arguments: tuple[Any, ...]) -> Any:
        number = next(self._numbers)
        done = self._acts[number] = asyncio.get_running_loop().create_future()
        self._tell("act", id=number, act=act, **{"with": list(arguments)})
        try:
            return await asyncio.wait_for(done, ACT_S_MAX)
        except TimeoutError:
            self.end()
            raise Refused("an act that never ends") from None

    def _open(self) -> None:
        self._life = f"{self.name}/{next(self._lives)}"
        self._host.know(self._life, self)
        self._tell("start", phone=self._storage)

    def _tell(self, op: str, **more: Any) -> None:
        now = (EPOCH_S + asyncio.get_running_loop().time()) * 1000
        told = {"op": op, "now": now, "life": self._life, "phone": self._storage, "id": 0}
        self._host.tell(told | more)

    def _over(self) -> None:
        self._life = ""
        for timer in self._timers.values():
            timer.cancel()
        for task in self._asked.values():
            task.cancel()
        acts, self._acts = self._acts, {}
        self._timers, self._asked = {}, {}
        for act in acts.values():
            if not act.done():
                act.set_exception(Killed())

    # -- what it wants of the world --------------------------------------------------------------

    def hear(self, said: Message) -> None:
        """Something that its page said."""
        loop = asyncio.get_running_loop()
        if "killed" in said:
            if said["killed"] == self._life:
                self._over()
        elif said["life"] != self._life:
            return
        elif "fetch" in said:
            self._asked[said["fetch"]] = loop.create_task(self._carry(said))
        elif "abort" in said:
            task = self._asked.pop(said["abort"], None)
            if task is not None:
                task.cancel()
        elif "after" in said:
            number = said["after"]
            due = loop.call_later(said["ms"] / 1000, self._due, number)
            self._timers[number] = due
        elif "cancel" in said:
            timer = self._timers.pop(said["cancel"], None)
            if timer is not None:
                timer.cancel()
        else:
            self._settle(said)

    def _settle(self, said: Message) -> None:
        act = self._acts.pop(said["id"], None)
        if act is None or act.done():
            return
        if "done" in said:
            act.set_result(said["done"])
        else:
            error = Refused(said["stack"])
            error.error = said["failed"]
            act.set_exception(error)

    def _due(self, number: int) -> None:
        self._timers.pop(number, None)
        self._tell("due", id=number)

    async def _carry(self, said: Message) -> None:
        """One request of the page: through the network and back, part by part."""
        number, life = said["fetch"], self._life
        parts = urlsplit(said["url"])
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = tuple((name.encode(), value.encode()) for name, value in said["headers"])
        body = base64.b64decode(said["body"])
        asked = Asked(said["method"], target, (*headers, (b"host", parts.netloc.encode())), body)
        try:
            found = await self.network.carry(self.link, asked)
            given = [(name.decode(), value.decode()) for name, value in found.headers]
            self._answer(life, "head", number, status=found.status, headers=given)
            async for part in found.body:
                if part:
                    self._answer(life, "part", number, body=base64.b64encode(part).decode())
        except NetworkDown:
            self._answer(life, "break", number)
        else:
            self._answer(life, "end", number)

    def _answer(self, life: str, op: str, number: int, **more: Any) -> None:
        if life == self._life:
            self._tell(op, id=number, **more)


def _shown(row: Message) -> Shown:
    mark = int(row["mark"])
    return Shown(row["id"], mark - EPOCH_S if mark >= EPOCH_S else mark, row["place"])


def _as_report(answer: Message) -> Message:
    """What the status of the client says, in the words of the headless device."""
    trouble = [] if answer["state"] == "idle" else [{"code": answer["state"]}]
    numbers = dict.fromkeys(("pushed", "pulled", "resealed", "rekeyed", "quarantined", "alarms"), 0)
    return {**numbers, "refused": [{"code": "shown"}] * answer["refused"], "trouble": trouble}
