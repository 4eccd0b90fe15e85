"""A server in this process and the people who talk to it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, Self

import httpx

from rejoint_server.app import Application, create_app
from rejoint_server.clock import ManualClock
from rejoint_server.reminders import Sender
from rejoint_server.settings import Settings
from rejoint_server.web.logs import open_log
from rejoint_sync.circle import entries
from rejoint_sync.circle.document import seal
from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.entries import Bundle, member_id
from rejoint_sync.circle.envelope import generate_scalar
from rejoint_sync.circle.epochs import wrap
from rejoint_sync.circle.invitation import invitation_id, open_inv, seal_inv
from rejoint_sync.circle.keys import DeviceKeys, login_token
from rejoint_sync.circle.log import Membership
from rejoint_sync.stores import Store
from rejoint_sync.stores.journal import Journal
from rejoint_sync.stores.memory import MemoryStore

NOW_S = 1_795_000_000
ORIGIN = "http://rejoint.test"


@dataclass(slots=True)
class Scene:
    """One server.

    Attributes:
        application: The server.
        store: Its store.
        clock: Its clock.
        client: Asks it.
        log: What it logged.
        secret: The setup secret that it gave out.
        origin: What logins are made for.
    """

    application: Application
    store: Store
    clock: ManualClock
    client: httpx.AsyncClient
    log: StringIO
    secret: str | None
    origin: str = ORIGIN

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request."""
        return await self.client.request(method, path, **more)

    async def json(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """One request with a JSON body; the parsed answer."""
        if body is not None:
            more["json"] = body
        return (await self.ask(method, path, **more)).json()


@asynccontextmanager
async def open_scene(
    folder: Path,
    store: Store | None = None,
    *,
    journal: Journal | None = None,
    sender: Sender | None = None,
    **settings: Any,
) -> AsyncIterator[Scene]:
    """A server over a store in memory, or the one given."""
    kept = store or MemoryStore()
    clock = ManualClock(NOW_S)
    log = StringIO()
    chosen = Settings(data=folder, web=settings.pop("web", folder / "no-web"), **settings)
    application = create_app(chosen, kept, clock, open_log(log), journal, sender=sender)
    secret = await application.start()
    transport = httpx.ASGITransport(app=application.edge)
    # As replicators do; without it CouchDB's way is to prefer parts to JSON.
    accept = {"accept": "application/json"}
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=accept) as client:
        try:
            yield Scene(application, kept, clock, client, log, secret)
        finally:
            if application.push is not None:
                await application.push.close()
            if application.service.designs is not None:
                await application.service.designs.close()


@dataclass(slots=True)
class Person:
    """A device and what it knows of one circle.

    Attributes:
        keys: Its keys.
        es: Secret of the circle's epoch.
        membership: The circle, None before it is founded or joined.
        n: Its last counter.
    """

    keys: DeviceKeys = field(default_factory=DeviceKeys.generate)
    es: bytes = b""
    membership: Membership | None = None
    n: int = 0

    @property
    def circle(self) -> str:
        """The circle's name."""
        assert self.membership is not None
        return self.membership.circle

    def login(self, scene: Scene, *, origin: str = "", late_s: int = 0) -> dict[str, str]:
        """The header that logs it in."""
        token = login_token(self.keys, origin or scene.origin, scene.clock.now_s() - late_s)
        return {"authorization": f"Bearer {token}"}

    def genesis(
        self, now_s: int, *, purpose: str = "clinic", clinic: str = "", role: str = "admin"
    ) -> Bundle:
        """Found a circle."""
        self.es = secrets.token_bytes(32)
        log = entries.genesis(
            self.keys,
            purpose=purpose,
            adds="members",
            clinic=clinic,
            member=member_id(secrets.token_bytes(16)),
            role=role,
            es=self.es,
            rnd=secrets.token_bytes(16),
            ts=now_s,
        )
        self.membership = Membership.founded(log)
        return Bundle(log, (wrap(self.circle, "c", 1, self.es, self.keys.pub),))

    def invite(self, now_s: int, role: str, *, exp_s: int = 3600) -> tuple[Bundle, bytes]:
        """Invite a new member; the bundle and the link's secret."""
        assert self.membership is not None
        secret, scalar = secrets.token_bytes(16), generate_scalar()
        log = entries.invite(
            self.membership,
            self.keys,
            iid=invitation_id(self.circle, secret),
            sign_scalar=scalar,
            role=role,
            member=member_id(secrets.token_bytes(16)),
            s="c",
            exp=now_s + exp_s,
            ts=now_s,
        )
        self.membership = self.membership.append(log)
        sealed = seal_inv(
            self.membership,
            secret,
            sign_scalar=scalar,
            es={"c": self.es},
            nonce=secrets.token_bytes(12),
        )
        return Bundle(log, (), sealed), secret

    def join(self, circle: str, secret: bytes, seen: dict[str, Any], now_s: int) -> Bundle:
        """Join by an invitation that was fetched."""
        self.membership = Membership.replay(circle, seen["log"])
        opened = open_inv(circle, secret, seen["inv"])
        self.es = opened.es["c"]
        log = entries.join(self.membership, self.keys, opened=opened, ts=now_s)
        self.membership = self.membership.append(log)
        return Bundle(log, (wrap(circle, "c", 1, self.es, self.keys.pub),))

    def record(self, kind: str = "ev", **record: Any) -> dict[str, Any]:
        """Seal one record."""
        assert self.membership is not None
        self.n += 1
        return seal(
            self.membership,
            self.keys,
            es=self.es,
            kind=kind,
            month="2611",
            n=self.n,
            obj=record or {"type": "pain", "score": 0},
            nonce=secrets.token_bytes(12),
        )

    @classmethod
    async def founder(cls, scene: Scene) -> Self:
        """The admin who founded the clinic with the setup link."""
        admin = cls()
        body = admin.genesis(scene.clock.now_s()).to_json() | {"setup": scene.secret}
        assert (await scene.ask("POST", "/circles", json=body)).status_code == 201
        return admin

    async def new_patient_circle(self, scene: Scene) -> "Person":
        """The same device in a patient's circle that it founds as therapist."""
        therapist = Person(keys=self.keys)
        bundle = therapist.genesis(
            scene.clock.now_s(), purpose="patient", clinic=self.circle, role="therapist"
        )
        answer = await scene.ask(
            "POST", "/circles", json=bundle.to_json(), headers=self.login(scene)
        )
        assert answer.status_code == 201, answer.text
        return therapist

    async def admit(self, scene: Scene, role: str) -> "Person":
        """A new device that joins this circle by this device's invitation."""
        bundle, secret = self.invite(scene.clock.now_s(), role)
        answer = await scene.ask("POST", f"/circles/{self.circle}/log", json=bundle.to_json())
        assert answer.status_code == 201, answer.text
        joiner = Person()
        iid = invitation_id(self.circle, secret)
        seen = await scene.json("GET", f"/circles/{self.circle}/invitations/{iid}")
        joined = joiner.join(self.circle, secret, seen, scene.clock.now_s())
        answer = await scene.ask("POST", f"/circles/{self.circle}/log", json=joined.to_json())
        assert answer.status_code == 201, answer.text
        self.membership = joiner.membership
        return joiner

    async def push(self, scene: Scene, *documents: dict[str, Any]) -> Any:
        """Write documents as replication does."""
        return await scene.json(
            "POST",
            f"/db/{self.circle}/_bulk_docs",
            {"docs": documents, "new_edits": False},
            headers=self.login(scene),
        )


def forged(document: dict[str, Any]) -> dict[str, Any]:
    """The same document under a signature that is not its author's."""
    return {**document, "s": b64u_encode(secrets.token_bytes(64))}
