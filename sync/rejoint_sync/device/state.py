"""What a device must not forget, beside the documents themselves.

One note per circle and one for the device, each a `_local` document of the local store: written
durably, whole or not at all. Everything that must change together stands in one note.

A sealed document is first kept in its circle's note together with its counter, then written among
the documents. Killed in between, the next command finds it there and writes it: no counter is used
twice and none is left out.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Self

import orjson

from rejoint_sync.circle.grammar import Pub
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
        op: The operation of its entry, for example "invite".
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
class Wanted:
    """A device whose keys were seen, and that is still to be brought into a circle.

    Attributes:
        pub: Its public keys: `kem`, `kpk`, `spk`.
        role: What its member is or will be.
        member: Known or new.
        s: Its streams.
    """

    pub: Pub
    role: str
    member: str
    s: str = "c"


@dataclass(slots=True)
class PaperNote:
    """A printed card of this device's owner.

    Attributes:
        pub: Its public keys: what new circles need of it.
        device: Its name.
        rid: Under which name the server finds it.
        circle: Its home circle.
        unprinted: Its code and private keys until the command that makes it has come to its end;
            empty afterwards.
    """

    pub: Pub
    device: str
    rid: str
    circle: str
    unprinted: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class DeviceState:
    """What spans the circles.

    Attributes:
        offset_s: The server's clock minus this machine's, when it last answered.
        own: Invitations of one's own further devices.
        paper: The printed card, None without one.
        cursor: How far one-request sync has informed this device, base64url; empty at first.
        session: A login that the server gave, base64url; empty without one.
        looked_at: When the server was last asked in which circles this device is, and how long
            their logs are, unix seconds.
        compared_at: When all circles were last compared with the server's, unix seconds.
        version: Of this software, when it last synced.
        missed_at: When the server last said that it has no one-request sync, unix seconds.
        link: What is known of the connection, as `pace.Link` has it; empty at first.
        relay_key: What relay files are sealed to, as the server told it, base64url; empty before.
    """

    offset_s: int = 0
    own: list[Own] = field(default_factory=list)
    paper: PaperNote | None = None
    cursor: str = ""
    session: str = ""
    looked_at: int = 0
    compared_at: int = 0
    missed_at: int = 0
    version: str = ""
    link: dict[str, Any] = field(default_factory=dict)
    relay_key: str = ""

    @classmethod
    async def read(cls, store: Store) -> Self:
        """Read the note; the default when there is none."""
        if DEVICE_DATABASE not in await store.databases():
            await store.create(DEVICE_DATABASE)
        note = await _read(store, DEVICE_DATABASE)
        if note is None:
            return cls()
        try:
            paper = note.pop("paper", None)
            return cls(
                own=[Own(**own) for own in note.pop("own")],
                paper=PaperNote(**paper) if paper else None,
                **note,
            )
        except (TypeError, KeyError):
            raise HomeUnusable("the notes of this device were changed by something else") from None

    async def write(self, store: Store) -> None:
        """Write the note durably."""
        await _write(store, DEVICE_DATABASE, self)


@dataclass(slots=True)
class AlarmNote:
    """Something that an honest server and honest members never show.

    Attributes:
        code: `gap`, `replaced`, `taken`, `snapshot`, `back`, `wrap`, `newer-log`, `fork` or
            `rollback`; or the code of the rule that an entry or a record broke, such as `sig`.
        reason: What it means, for a person; without content.
        stream: The stream concerned, "" for the log.
        device: Whose feed, snapshot or link; "" for the log.
        n: The counter, epoch or number of an entry concerned.
        by: The device whose word is broken, "" where the documents alone show it.
        at: When it was seen, unix seconds.
        stops: Whether nothing is written to this circle any more.
    """

    code: str
    reason: str
    stream: str = ""
    device: str = ""
    n: int = 0
    by: str = ""
    at: int = 0
    stops: bool = False

    @property
    def about(self) -> tuple[str, str, str, int, str]:
        """What it is about: the same thing is noted once."""
        return self.code, self.stream, self.device, self.n, self.by


@dataclass(slots=True)
class FeedNote:
    """How far one feed goes, as far as its documents are held.

    Attributes:
        n: The last counter up to which none is missing.
        d: The chain up to it.
        beyond: Hash of the content of those that came before the missing ones, by counter.
    """

    n: int
    d: str
    beyond: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class CheckpointNote:
    """This device's last checkpoint of one stream.

    Attributes:
        i: Its number.
        rev: Its revision.
        at: When it was written, unix seconds.
        vec: What it says.
        owed: Whether the server has not answered for it yet.
    """

    i: int
    rev: str
    at: int
    vec: dict[str, list[Any]]
    owed: bool = False


@dataclass(slots=True)
class Unsealed:
    """A record that waits for a circle that cannot be written yet.

    Attributes:
        kind: As of a sealed document.
        stream: "c" or "k".
        record: The record.
    """

    kind: str
    stream: str
    record: dict[str, Any]


@dataclass(slots=True)
class Kept:
    """A record that the server refused for itself; its document is a `_local` one.

    Attributes:
        id: The name that it had.
        rev: Its revision.
        code: Why it was refused.
        reason: The same for a person.
    """

    id: str
    rev: str
    code: str
    reason: str


@dataclass(slots=True)
class CircleState:
    """What this device knows about one circle.

    Attributes:
        pin: Number and hash of the newest entry ever seen; None before the first.
        n: Counter of this device's newest document of the stream c.
        n_k: The same of the stream k.
        fresh: Documents that are counted and perhaps not yet among the others.
        dropped: Revisions that the fresh ones replace, by name.
        unsent: Ids of documents for which the server has not answered yet.
        lam: Largest count of any operation seen in the stream c.
        lam_k: The same in the stream k.
        seen: Local sequence up to which `lam` is right.
        refused: Documents that were refused, newest refusal of each.
        pending: A bundle on its way.
        alarm: Why nothing is written here any more; empty when all is well.
        alarms: Everything alarming that was ever seen here.
        kept: Records that were refused for themselves; something empty took their counters.
        quarantined: Ids of own documents that came too late: the server keeps them apart.
        feeds: How far each feed goes, by "device stream".
        fed: Local sequence up to which `feeds` is right.
        rechain: Streams of which own documents were sealed again since.
        compared: Marks of others that were compared, by "author stream device".
        checkpoints: This device's last checkpoint by stream.
        snapshots: Snapshots that were checked, by name.
        adding: Devices that are still to be brought in here.
        asked: The invitation by which this device asked to be let in; empty otherwise.
        waiting: Records that cannot be sealed yet.
        expected: Number and hash of an entry that the log must hold, from a phone side by side.
        begun: Whether all that the server had was here once.
        repaired_at: When it was last asked which keys others lack, unix seconds.
        ahead: Documents that were sealed under entries that are not here, with number and beginning
            of the hash of that entry, since the sync before.
        missing: Whether documents are known to be there that are not here.
        looked_at: When the server was last asked for everything because of that, unix seconds.
        behind: Whether one-request sync brought something that could not be taken: all of it is
            then read by replication.
    """

    pin: tuple[int, str] | None = None
    n: int = 0
    n_k: int = 0
    fresh: list[dict[str, Any]] = field(default_factory=list)
    dropped: dict[str, list[str]] = field(default_factory=dict)
    unsent: list[str] = field(default_factory=list)
    lam: int = 0
    lam_k: int = 0
    seen: int = 0
    refused: list[Refusal] = field(default_factory=list)
    pending: Pending | None = None
    alarm: str = ""
    alarms: list[AlarmNote] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    feeds: dict[str, FeedNote] = field(default_factory=dict)
    fed: int = 0
    rechain: list[str] = field(default_factory=list)
    compared: dict[str, int] = field(default_factory=dict)
    checkpoints: dict[str, CheckpointNote] = field(default_factory=dict)
    snapshots: list[str] = field(default_factory=list)
    adding: list[Wanted] = field(default_factory=list)
    asked: str = ""
    waiting: list[Unsealed] = field(default_factory=list)
    expected: tuple[int, str] | None = None
    begun: bool = False
    repaired_at: int = 0
    ahead: dict[str, list[Any]] = field(default_factory=dict)
    missing: bool = False
    looked_at: int = 0
    behind: bool = False

    @classmethod
    async def read(cls, store: Store, circle: str) -> Self:
        """Read the note of a circle; the default when there is none."""
        note = await _read(store, circle)
        if note is None:
            return cls()
        try:
            pin, pending = note.pop("pin"), note.pop("pending")
            expected = note.pop("expected", None)
            feeds, checkpoints = note.pop("feeds", {}), note.pop("checkpoints", {})
            return cls(
                pin=(int(pin[0]), str(pin[1])) if pin else None,
                pending=Pending(**pending) if pending else None,
                refused=[Refusal(**one) for one in note.pop("refused")],
                alarms=[AlarmNote(**one) for one in note.pop("alarms", ())],
                waiting=[Unsealed(**one) for one in note.pop("waiting", ())],
                expected=(int(expected[0]), str(expected[1])) if expected else None,
                adding=[Wanted(**one) for one in note.pop("adding", ())],
                kept=[Kept(**one) for one in note.pop("kept", ())],
                feeds={name: FeedNote(**one) for name, one in feeds.items()},
                checkpoints={x: CheckpointNote(**one) for x, one in checkpoints.items()},
                **note,
            )
        except (TypeError, KeyError, ValueError, AttributeError):
            raise HomeUnusable("the notes of a circle were changed by something else") from None

    async def write(self, store: Store, circle: str) -> None:
        """Write the note durably."""
        await _write(store, circle, self)

    def count(self, stream: str) -> int:
        """Counter of this device's newest document of a stream."""
        return self.n_k if stream == "k" else self.n

    def count_to(self, stream: str, n: int) -> None:
        """Move the counter of a stream forward."""
        if stream == "k":
            self.n_k = max(self.n_k, n)
        else:
            self.n = max(self.n, n)

    def lamport(self, stream: str) -> int:
        """Largest count of any operation seen in a stream."""
        return self.lam_k if stream == "k" else self.lam

    def lamport_to(self, stream: str, lam: int) -> None:
        """Move the count of operations of a stream forward."""
        if stream == "k":
            self.lam_k = max(self.lam_k, lam)
        else:
            self.lam = max(self.lam, lam)

    def note_alarm(self, alarm: AlarmNote) -> bool:
        """Keep an alarm; whether it is a new one."""
        if any(known.about == alarm.about for known in self.alarms):
            return False
        self.alarms.append(alarm)
        if alarm.stops and not self.alarm:
            self.alarm = f"{alarm.reason}; nothing is written to it any more"
        return True

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


async def _write(store: Store, database: str, note: "DeviceState | CircleState") -> None:
    members = b'{"v":%d,' % _VERSION + orjson.dumps(note)[1:]
    await store.local_put(database, _NOTE, members)
