"""What a restore lost of a log, brought back: from the journal, or by a device that has it.

The bytes are the old ones, so each entry is judged by the same rules as ever, but for the server's
clock: it may be of any time at which something may have been lost. An entry that is there already
is fine. Another one in its place means that two logs of the circle are about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rejoint_server.access.hints import Hints
from rejoint_server.access.login import Login
from rejoint_server.access.memberships import Memberships
from rejoint_server.circles.ledger import Ledger
from rejoint_server.circles.replay import land
from rejoint_server.clock import Clock
from rejoint_server.web.asgi import Request
from rejoint_sync.circle.document import structural_rev
from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.envelope import WRAP_BYTES
from rejoint_sync.circle.epochs import wrap_id
from rejoint_sync.circle.grammar import CIRCLE
from rejoint_sync.circle.log import Membership
from rejoint_sync.circle.schema import Entry, parse_entry
from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest, CircleError, Forbidden, NotFound
from rejoint_sync.judge import judge_bundle
from rejoint_sync.stores import Store

ENTRIES_MAX: Final = 100
"""Entries of one request: each costs a check of a signature and one write."""


@dataclass(frozen=True, slots=True)
class Caught:
    """What became of a catch-up.

    Attributes:
        seq: Number of the log's newest entry now.
        new: How many entries came back.
    """

    seq: int
    new: int


class CatchUp:
    """Devices that bring back what the server lost.

    Args:
        store: Where circles are.
        memberships: Who stands where.
        hints: Told of every device that enters.
        login: Who asks.
        clock: The time.
        ledger: Turns, waiting and freezing.
    """

    def __init__(  # noqa: PLR0913 - it is put together in one place, by name
        self,
        store: Store,
        *,
        memberships: Memberships,
        hints: Hints,
        login: Login,
        clock: Clock,
        ledger: Ledger,
    ) -> None:
        self._store = store
        self._memberships = memberships
        self._hints = hints
        self._login = login
        self._clock = clock
        self._ledger = ledger

    async def bring(self, request: Request, circle: str, bundles: Sequence[Bundle]) -> Caught:
        """Take entries that a device has, from any number on and without gaps, to its newest one.

        The device is one that is live after them; it is heard by this, also when none is new.

        Raises:
            CircleError: `fork`: there is another entry in the place of one of them, both good; the
                circle is frozen. `newer-log`: nothing can have been lost at the time of this entry.
                By the rules of the log, for an entry that is not good.
            Unauthorized: No login of such a device.
            NotFound: No such circle, and none that can be founded again.
        """
        if not CIRCLE.match(circle):
            raise NotFound("There is no such circle.")
        if not 0 < len(bundles) <= ENTRIES_MAX:
            raise BadRequest(f"Bring at least one entry and at most {ENTRIES_MAX}.")
        async with self._ledger.turn(circle):
            return await self._bring(request, circle, bundles)

    async def _bring(self, request: Request, circle: str, bundles: Sequence[Bundle]) -> Caught:
        try:
            before: Membership | None = await self._memberships.of(circle)
        except NotFound:
            before = None
        after, new = before, list[Bundle]()
        for bundle in bundles:
            entry = parse_entry(bundle.log)
            if after is not None and entry.number <= after.seq:
                await self._compare(request, after, entry, bundle)
                continue
            after = self._next(circle, after, entry, bundle)
            new.append(bundle)
        assert after is not None, "the first entry made one"
        device = (await self._login.device(request, after)).device
        if before is None:
            await self._require_known_clinic(after)
        if new:
            self._ledger.require_unfrozen(circle)
        for bundle in new:
            await self._ledger.keep(circle, bundle)
            before = await land(self._store, self._hints, before, bundle, self._clock.now_s())
            self._memberships.keep(before)
        await self._keep_wraps(after, device, bundles)
        if parse_entry(bundles[-1].log).number == after.seq:
            await self._ledger.heard(circle, device)
        return Caught(after.seq, len(new))

    def _next(
        self, circle: str, before: Membership | None, entry: Entry, bundle: Bundle
    ) -> Membership:
        if before is None and entry.circle_founded != circle:
            raise NotFound("There is no such circle.")
        after = judge_bundle(before, bundle, self._clock.now_s(), again=True)
        if not self._ledger.may_have_lost(entry.ts):
            raise CircleError("newer-log", "nothing of this time can have been lost here")
        return after

    async def _compare(
        self, request: Request, known: Membership, entry: Entry, bundle: Bundle
    ) -> None:
        """Nothing when the entry is there; else, if it could be there as well, a fork."""
        if known.heads[entry.number] == entry.hash:
            return
        log = await self._memberships.log(known.circle)
        if entry.number == 0:
            raise CircleError("circle", "the entry is another circle's")
        other = Membership.replay(known.circle, log[: entry.number]).append(bundle.log)
        await self._login.device(request, other)
        if self._ledger.may_have_lost(entry.ts):
            await self._ledger.freeze(known.circle)
        raise CircleError("fork", "the server has another log of this circle")

    async def _keep_wraps(
        self, membership: Membership, device: str, bundles: Sequence[Bundle]
    ) -> None:
        """Store wraps of the asking device that are not there; who brought the entry had none."""
        member = membership.devices[device]
        possible = {
            wrap_id(stream, epoch.e, epoch.commit, device)
            for stream in member.streams
            for epoch in membership.epochs.get(stream, ())
        }
        brought = {
            wrap["_id"]: wrap
            for bundle in bundles
            for wrap in bundle.wraps
            if type(wrap.get("_id")) is str and wrap["_id"] in possible
        }
        there = await self._store.read_many(membership.circle, list(brought))
        size = WRAP_BYTES[member.pub["kem"]]
        documents = [
            Document.parse({"_id": name, "_rev": structural_rev(wrap), "k": wrap["k"]})
            for name, wrap in brought.items()
            if name not in there
            and wrap.keys() - {"_rev"} == {"_id", "k"}
            and type(wrap["k"]) is str
            and len(b64u_decode(wrap["k"])) == size
        ]
        if documents:
            await self._store.write(membership.circle, documents, new_edits=False)

    async def _require_known_clinic(self, after: Membership) -> None:
        """Check that a circle may be founded again: only while devices are waited for."""
        if not self._ledger.waiting_s or after.purpose != "patient":
            raise NotFound("There is no such circle.")
        try:
            await self._memberships.of(after.clinic)
        except NotFound:
            raise Forbidden("The clinic of this circle is not known here.") from None
