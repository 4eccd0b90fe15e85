"""A circle on a server, and every act on it: for tests of what the server decides."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from rejoint_sync.circle import entries
from rejoint_sync.circle.document import seal
from rejoint_sync.circle.entries import Bundle, member_id
from rejoint_sync.circle.envelope import generate_scalar
from rejoint_sync.circle.epochs import make_wraps, required_wraps
from rejoint_sync.circle.invitation import invitation_id, open_inv, request, seal_inv
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.log import Mark, Membership
from server.scene import Person, Scene


@dataclass(slots=True)
class Ring:
    """One circle, seen by someone who holds every key of it.

    Attributes:
        scene: The server.
        founder: The device that founded it.
        membership: The circle now.
        es: The epoch secrets by stream and number.
        counters: The last counter by device and stream.
    """

    scene: Scene
    founder: DeviceKeys
    membership: Membership
    es: dict[str, dict[int, bytes]]
    counters: dict[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    async def clinic(cls, scene: Scene) -> Self:
        """The clinic, founded with the setup link."""
        return cls._of(scene, await Person.founder(scene))

    async def patient(self, keys: DeviceKeys | None = None) -> Self:
        """A patient's circle founded by a clinician of this clinic, this clinic's founder."""
        keys = keys or self.founder
        person = await Person(keys, membership=self.membership).new_patient_circle(self.scene)
        return self._of(self.scene, person)

    @classmethod
    def _of(cls, scene: Scene, person: Person) -> Self:
        assert person.membership is not None
        return cls(scene, person.keys, person.membership, {"c": {1: person.es}})

    @property
    def circle(self) -> str:
        """The circle's name."""
        return self.membership.circle

    @property
    def now_s(self) -> int:
        """The server's time."""
        return self.scene.clock.now_s()

    def headers(self, keys: DeviceKeys) -> dict[str, str]:
        """What logs a device in."""
        return Person(keys).login(self.scene)

    def bundle(self, entry: dict[str, Any], inv: dict[str, Any] | None = None) -> Bundle:
        """An entry with the wraps that it requires."""
        after = self.membership.append(entry)
        names = required_wraps(self.membership, after)
        return Bundle(entry, make_wraps(after, names, self.es), inv)

    async def try_append(self, bundle: Bundle) -> httpx.Response:
        """Send a bundle; when it is taken, the circle is the one after it."""
        answer = await self.scene.ask("POST", f"/circles/{self.circle}/log", json=bundle.to_json())
        if answer.status_code == 201:
            self.membership = self.membership.append(bundle.log)
        return answer

    async def append(self, entry: dict[str, Any], inv: dict[str, Any] | None = None) -> None:
        """Append an entry that is taken."""
        answer = await self.try_append(self.bundle(entry, inv))
        assert answer.status_code == 201, answer.text

    async def add(
        self,
        role: str,
        keys: DeviceKeys | None = None,
        *,
        s: str = "c",
        by: DeviceKeys | None = None,
        member: str = "",
    ) -> DeviceKeys:
        """Bring in a device, a new one when none is given."""
        keys = keys or DeviceKeys.generate()
        entry = entries.add(
            self.membership,
            by or self.founder,
            pub=keys.pub,
            role=role,
            member=member or member_id(secrets.token_bytes(16)),
            s=s,
            ts=self.now_s,
        )
        await self.append(entry)
        return keys

    def epoch(self, stream: str, fence: Mapping[str, Mark] = {}) -> dict[str, Any]:
        """A new epoch of a stream, linked to the one before."""
        es = secrets.token_bytes(32)
        known = self.es.setdefault(stream, {})
        made = entries.epoch(
            self.membership,
            stream,
            es=es,
            before=known.get(len(known)),
            fence=fence,
            nonce=secrets.token_bytes(12),
        )
        known[made["e"]] = es
        return made

    async def rekey(self, *streams: str, by: DeviceKeys | None = None) -> None:
        """Open new epochs."""
        ep = {stream: self.epoch(stream) for stream in streams}
        await self.append(entries.rekey(self.membership, by or self.founder, ep=ep, ts=self.now_s))

    async def grant(self, keys: DeviceKeys, *, by: DeviceKeys | None = None) -> None:
        """Give a device the clinicians' stream."""
        entry = entries.grant(self.membership, by or self.founder, target=keys.id, ts=self.now_s)
        await self.append(entry)

    async def remove(self, keys: DeviceKeys, n: int = 0, *, by: DeviceKeys | None = None) -> None:
        """Remove a device of stream c, its documents up to `n` counting."""
        ep = {"c": self.epoch("c", {keys.id: Mark(n, "")})}
        entry = entries.remove(
            self.membership, by or self.founder, targets=[keys.id], ep=ep, ts=self.now_s
        )
        await self.append(entry)

    async def accept(self, keys: DeviceKeys, n: int, *, by: DeviceKeys | None = None) -> None:
        """Raise the fence of a device that is gone."""
        entry = entries.accept(
            self.membership,
            by or self.founder,
            target=keys.id,
            stream="c",
            mark=Mark(n, ""),
            ts=self.now_s,
        )
        await self.append(entry)

    async def invite(
        self, role: str = "caregiver", *, exp_s: int = 3600, mode: str = "approve"
    ) -> bytes:
        """Invite somebody; the link's secret."""
        secret, scalar = secrets.token_bytes(16), generate_scalar()
        entry = entries.invite(
            self.membership,
            self.founder,
            iid=invitation_id(self.circle, secret),
            sign_scalar=scalar,
            role=role,
            member=member_id(secrets.token_bytes(16)),
            s="c",
            exp=self.now_s + exp_s,
            ts=self.now_s,
            mode=mode,
        )
        after = self.membership.append(entry)
        nonce = secrets.token_bytes(12)
        es = {"c": self.es["c"][len(self.es["c"])]} if mode == "direct" else {}
        await self.append(entry, seal_inv(after, secret, sign_scalar=scalar, es=es, nonce=nonce))
        return secret

    async def request(self, secret: bytes, keys: DeviceKeys | None = None) -> dict[str, Any]:
        """What a device that has the link sends to ask."""
        iid = invitation_id(self.circle, secret)
        seen = await self.scene.json("GET", f"/circles/{self.circle}/invitations/{iid}")
        opened = open_inv(self.circle, secret, seen["inv"])
        return request(opened, self.circle, keys or DeviceKeys.generate())

    def record(
        self, keys: DeviceKeys, *, kind: str = "ev", stream: str = "c", n: int | None = None
    ) -> dict[str, Any]:
        """Seal the next record of a device, under the log as it is now."""
        place = (keys.id, stream)
        n = n if n is not None else self.counters.get(place, 0) + 1
        self.counters[place] = max(n, self.counters.get(place, 0))
        return seal(
            self.membership,
            keys,
            es=self.es[stream][len(self.es[stream])],
            kind=kind,
            month="2611",
            n=n,
            obj={"type": "pain", "score": 0},
            nonce=secrets.token_bytes(12),
            stream=stream,
        )

    async def push(self, keys: DeviceKeys, *documents: dict[str, Any], query: str = "") -> Any:
        """Write documents as replication does; the rows of those refused."""
        return await self.scene.json(
            "POST",
            f"/db/{self.circle}/_bulk_docs{query}",
            {"docs": documents, "new_edits": False},
            headers=self.headers(keys),
        )

    async def seen(self, keys: DeviceKeys, query: str = "") -> list[str]:
        """The names that a device is shown by the feed."""
        answer = await self.scene.json(
            "GET", f"/db/{self.circle}/_changes{query}", headers=self.headers(keys)
        )
        return [row["id"] for row in answer["results"] if not row.get("deleted")]
