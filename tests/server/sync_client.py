"""A device that speaks one-request sync, as docs/protocol.md has it; for tests of the server."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.exchange.frames import MEDIA_TYPE, read, write
from rejoint_sync.exchange.messages import (
    Asked,
    Begin,
    End,
    Given,
    Notice,
    Reached,
    Receipt,
    Records,
    Told,
    Welcome,
    read_answer_item,
    request_items,
)
from rejoint_sync.exchange.packing import pack, unpack
from server.scene import Person, Scene

TYPE = {"content-type": MEDIA_TYPE}


@dataclass(slots=True)
class Said:
    """An answer, taken apart."""

    status: int
    bytes_down: int
    told: list[Told]
    documents: dict[str, list[dict[str, Any]]]

    def of(self, kind: type) -> list[Any]:
        """The items of one kind."""
        return [one for one in self.told if isinstance(one, kind)]

    @property
    def names(self) -> list[str]:
        """What was given, of all circles."""
        return [one["_id"] for some in self.documents.values() for one in some]

    @property
    def refused(self) -> list[tuple[int, str]]:
        """What was refused, of the first item that has a receipt."""
        return list(self.of(Receipt)[0].refused)

    @property
    def notices(self) -> list[str]:
        """What the device was told."""
        return [one.what for one in self.of(Notice)]

    @property
    def more(self) -> bool:
        """Whether there is more."""
        [end] = self.of(End)
        return bool(end.more)


@dataclass(slots=True)
class Handset:
    """One device.

    Attributes:
        scene: The server.
        keys: Of the device.
        cursor: As it was last given.
        session: The header's value; empty before.
        bytes_up: Of the last body.
    """

    scene: Scene
    keys: DeviceKeys
    cursor: bytes = b""
    session: str = ""
    bytes_up: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    async def post(self, body: bytes, **headers: str) -> httpx.Response:
        """One request as it is."""
        login = {"authorization": self.session} if self.session else None
        login = login or Person(self.keys).login(self.scene)
        return await self.scene.ask(
            "POST", "/sync", content=body, headers=TYPE | login | self.headers | headers
        )

    async def sync(self, *asked: Asked, budget: int = 0, flags: int = 0) -> Said:
        """One request, understood; keeps cursor and session."""
        body = write(request_items(Begin(self.cursor, budget, flags), asked))
        self.bytes_up = len(body)
        answer = await self.post(body)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == MEDIA_TYPE
        return self.understood(answer.content)

    def understood(self, content: bytes) -> Said:
        """Take an answer."""
        said = Said(200, len(content), [], {})
        for item in read(content):
            told = read_answer_item(item)
            assert told is not None
            said.told.append(told)
            match told:
                case Welcome(session, _) if session:
                    self.session = f"Session {b64u_encode(session)}"
                case Reached(cursor):
                    self.cursor = cursor
                case Given(circle, packed):
                    found = unpack(packed, circle, self.keys.id)
                    assert all(isinstance(one, dict) for one in found), found
                    said.documents.setdefault(circle, []).extend(found)  # type: ignore[arg-type]
        return said

    def records(
        self, circle: str, documents: Sequence[dict[str, Any]], *, again: bool = False
    ) -> Records:
        """An item that brings these."""
        return Records(circle, pack(documents, self.keys.id), again)
