"""What a device must not forget, beside the documents themselves.

One note per circle and one for the device, each a `_local` document of the local store: written
durably, whole or not at all. Everything that must change together stands in one note.

A sealed document is first kept in its circle's note together with its counter, then written among
the documents. Killed in between, the next command finds it there and writes it: no counter is used
twice and none is left out.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

import orjson

from rejoint_sync.device.home import HomeUnusable
from rejoint_sync.replicator import Refusal
from rejoint_sync.stores import Store

DEVICE_DATABASE: Final = "device"
_NOTE: Final = "state"
_VERSION: Final = 1


@dataclass(slots=True)
class Pending:
    """A bundle that was made and is not known to be accepted or refused.

    Attributes:
        op: "genesis", "invite", "join" or "add".
        body: The request's body: sent again byte for byte until it is answered.
        answer: What the command prints when it is accepted.
    """

    op: str
    body: dict[str, Any]
    answer: dict[str, Any]


@dataclass(slots=True)
class Own:
    """An invitation that this device made for another device of the same person.

    Attributes:
        circle: Where it was made.
        iid: Its name. Who joins by it is added to every other circle of this device.
    """

    circle: str
    iid: str


@dataclass(slots=True)
class DeviceState:
    """What spans the circles.

    Attributes:
        offset_s: The server's clock minus this machine's, when it last answered.
        own: Invitations of one's own further devices.
    """

    offset_s: int = 0
    own: list[Own] = field(default_factory=list)

    @classmethod
    async def read(cls, store: Store) -> Self:
        """Read the note; the default when there is none."""
        if DEVICE_DATABASE not in await store.databases():
            await store.create(DEVICE_DATABASE)
        note = await _read(store, DEVICE_DATABASE)
        if note is None:
            return cls()
        return cls(int(note["offset_s"]), [Own(**own) for own in note["own"]])

    async def write(self, store: Store) -> None:
        """Write the note durably."""
        await _write(store, DEVICE_DATABASE, asdict(self))


@dataclass(slots=True)
class CircleState:
    """What this device knows about one circle.

    Attributes:
        pin: Number and hash of the newest entry ever seen; None before the first.
        n: Counter of this device's newest document of the stream c.
        fresh: Documents that are counted and perhaps not yet among the others.
        unsent: Ids of documents for which the server has not answered yet.
        lam: Largest count of any operation seen.
        seen: Local sequence up to which `lam` is right.
        refused: Documents that were refused, newest refusal of each.
        pending: A bundle on its way.
        alarm: Why nothing is written here any more; empty when all is well.
    """

    pin: tuple[int, str] | None = None
    n: int = 0
    fresh: list[dict[str, Any]] = field(default_factory=list)
    unsent: list[str] = field(default_factory=list)
    lam: int = 0
    seen: int = 0
    refused: list[Refusal] = field(default_factory=list)
    pending: Pending | None = None
    alarm: str = ""

    @classmethod
    async def read(cls, store: Store, circle: str) -> Self:
        """Read the note of a circle; the default when there is none."""
        note = await _read(store, circle)
        if note is None:
            return cls()
        try:
            pin, pending = note.pop("pin"), note.pop("pending")
            refused = [Refusal(**one) for one in note.pop("refused")]
            return cls(
                pin=(int(pin[0]), str(pin[1])) if pin else None,
                pending=Pending(**pending) if pending else None,
                refused=refused,
                **note,
            )
        except (TypeError, KeyError, ValueError, AttributeError):
            raise HomeUnusable("the notes of a circle were changed by something else") from None

    async def write(self, store: Store, circle: str) -> None:
        """Write the note durably."""
        await _write(store, circle, asdict(self))

    def set_aside(self, refusals: list[Refusal]) -> None:
        """Keep refusals; a later one about the same document replaces the earlier."""
        named = {refusal.id for refusal in refusals}
        self.refused = [one for one in self.refused if one.id not in named] + refusals


async def _read(store: Store, database: str) -> dict[str, Any] | None:
    found = await store.local_get(database, _NOTE)
    if found is None:
        return None
    note = orjson.loads(found[1])
    if not isinstance(note, dict) or note.pop("v", None) != _VERSION:
        raise HomeUnusable("this directory was written by another version")
    return note


async def _write(store: Store, database: str, note: dict[str, Any]) -> None:
    await store.local_put(database, _NOTE, orjson.dumps({"v": _VERSION} | note))
