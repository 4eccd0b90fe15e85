"""Circles that begin without a clinician beside the patient, and devices that stand side by side.

- A ticket of the clinic lets a patient's phone found its own circle; the phone brings in the
  therapists that the ticket's link names, after checking each one's keys against its name. The
  ticket opens nothing: who issues it, an admin, holds no key.
- Two phones side by side need no network: one shows its public keys, the other one reads them and
  brings it in when it can.
- A clinic's wish that a therapist takes over a patient is a setting in the clinic's circle. It does
  nothing until a therapist of that patient has confirmed it.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from rejoint_sync.circle.encoding import b64u_decode, b64u_encode, jcs, parse_jcs
from rejoint_sync.circle.entries import MEMBER_BYTES, member_id
from rejoint_sync.circle.envelope import sha256
from rejoint_sync.circle.fold import fold
from rejoint_sync.circle.grammar import CIRCLE, DEVICE, Pub, require_pub
from rejoint_sync.circle.keys import device_id
from rejoint_sync.device.approval import Entering, add
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import Answer
from rejoint_sync.device.state import Wanted
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import BadRequest, CircleError

TICKET_BYTES: Final = 16
TICKET_SECONDS: Final = 14 * 86_400
"""Life of a ticket."""

_PUB: Final = re.compile(r"rj1-pub\.([A-Za-z0-9_-]+)\Z")
_TICKET: Final = re.compile(r"[A-Za-z0-9_-]{22}\Z")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an enrolment's link says: `https://origin/#e1.<clinic>.<ticket>.<device>.<device>…`.

    Attributes:
        origin: Of the server.
        clinic: The clinic's circle.
        secret: 16 bytes; the right to found one circle.
        devices: The therapists' devices that the founder brings in, at least one.
    """

    origin: str
    clinic: str
    secret: bytes = field(repr=False)
    devices: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a link. Raises `CircleError` with `schema`."""
        origin, _, fragment = text.strip().rpartition("#")
        kind, *parts = fragment.split(".")
        if kind != "e1":
            raise CircleError("schema", "this is not a link of this app")
        whole = len(parts) >= 3 and CIRCLE.match(parts[0]) and _TICKET.match(parts[1])
        if not whole or not all(DEVICE.match(device) for device in parts[2:]):
            raise CircleError("schema", "this link is incomplete")
        return cls(origin.rstrip("/"), parts[0], b64u_decode(parts[1]), tuple(parts[2:]))

    def format(self) -> str:
        """Write the link."""
        parts = ["e1", self.clinic, b64u_encode(self.secret), *self.devices]
        return f"{self.origin}/#{'.'.join(parts)}"


def write_pub(pub: Pub) -> str:
    """Write public keys as the text of the square code that the new phone shows."""
    return "rj1-pub." + b64u_encode(jcs(dict(pub)))


def read_pub(text: str) -> Pub:
    """Read what `write_pub` wrote. Raises `CircleError` with `schema`, `b64` or `canon`."""
    matched = _PUB.match(text.strip())
    if matched is None:
        raise CircleError("schema", "this is not the code of a new phone")
    return require_pub(parse_jcs(b64u_decode(matched[1])))


async def issue(line: Line, copy: CircleCopy, devices: Sequence[str]) -> Answer:
    """As a clinic's admin, give out the right to found one patient's circle.

    Args:
        line: To the server.
        copy: The clinic.
        devices: The therapists' devices that will be brought in.

    Returns:
        `link`, `clinic`, `devices`, `expires` (unix seconds).

    Raises:
        BadRequest: No device, or one that is not a therapist's or an admin's of this clinic.
    """
    for device in devices:
        if not copy.members.live(device):
            raise BadRequest(f"{device} is not in this clinic")
    if not devices or copy.members.purpose != "clinic":
        raise BadRequest("expected a clinic, and the therapists that will be in the circle")
    await line.open.call("GET", "/db/")  # the server's time
    ticket = Ticket(
        line.identity.server, copy.circle, secrets.token_bytes(TICKET_BYTES), tuple(devices)
    )
    expires_s = line.now_s() + TICKET_SECONDS
    body = {"hash": b64u_encode(sha256(ticket.secret)), "exp": expires_s}
    await line.known.call("POST", f"/clinics/{copy.circle}/tickets", body=body)
    link = ticket.format()
    return {"link": link, "clinic": copy.circle, "devices": list(devices), "expires": expires_s}


async def clinicians(line: Line, ticket: Ticket) -> list[Wanted]:
    """Fetch the keys of the therapists that a ticket names, each a member of its own.

    Raises:
        CircleError: `kid`: the server gives other keys than those of that name.
    """
    body = {"ticket": b64u_encode(ticket.secret), "devices": list(ticket.devices)}
    answer = await line.open.call("POST", f"/clinics/{ticket.clinic}/keys", body=body)
    found = []
    for device in ticket.devices:
        try:
            pub = require_pub(answer["pubs"][device])
        except (KeyError, TypeError):
            raise Unreachable("an answer that is not a Rejoint server's") from None
        if device_id(pub) != device:
            raise CircleError("kid", "the server gave other keys than the link names")
        member = member_id(secrets.token_bytes(MEMBER_BYTES))
        found.append(Wanted(pub, "therapist", member))
    return found


async def bring_wanted(line: Line, copy: CircleCopy) -> list[Answer]:
    """Bring in the devices that are still to be; each is forgotten when it is in.

    Returns:
        As `approval.add`, for each.

    Raises:
        CircleError: One may not be brought in; it is forgotten too.
    """
    done = []
    for wanted in list(copy.state.adding):
        if device_id(wanted.pub) not in copy.members.devices:
            entering = Entering(wanted.pub, wanted.role, wanted.member, wanted.s)
            try:
                done.append(await add(line, copy, entering))
            except CircleError:
                await _forget(copy, wanted)
                raise
        await _forget(copy, wanted)
    return done


async def _forget(copy: CircleCopy, wanted: Wanted) -> None:
    copy.state.adding = [one for one in copy.state.adding if one != wanted]
    await copy.save()


def _wish_name(circle: str) -> str:
    """Under which setting of a clinician the wish stands that she takes over a circle."""
    return "take_" + circle[1:27]


async def wish(copy: CircleCopy, circle: str, member: str, *, now_s: int) -> Answer:
    """As a clinic's admin, wish that a clinician takes over a patient.

    Args:
        copy: The clinic.
        circle: The patient's circle.
        member: The clinician, as the clinic's log names her.
        now_s: Unix seconds by the server's clock.

    Returns:
        `clinic`, `circle`, `member`, `ids`.
    """
    if copy.members.purpose != "clinic" or not _live_devices(copy, member):
        raise BadRequest("expected a member of the clinic with a device that is there")
    values = {_wish_name(circle): circle}
    record = {"type": "set", "about": "member", "member": member, "values": values}
    ids = await copy.put("pr", [record], now_s=now_s, tz_min=0)
    return {"clinic": copy.circle, "circle": circle, "member": member, "ids": ids}


async def wishes(clinic: CircleCopy, copies: Sequence[CircleCopy]) -> list[Answer]:
    """The wishes that this device could fulfil; what others than admins wrote is none.

    Returns:
        Each with `circle`, `member` (of the clinic) and `devices` (those that are not in yet).
    """
    by_admins = [one for one in await clinic.operations() if one.role == "admin"]
    settings = fold(by_admins, purpose=clinic.members.purpose).settings
    here = {copy.circle: copy for copy in copies if copy.live}
    found = []
    for member, values in settings.items():
        for name, circle in values.items():
            if not name.startswith("take_") or circle not in here:
                continue
            standing = here[circle].members.devices
            devices = [one for one in _live_devices(clinic, member) if one not in standing]
            if devices:
                found.append({"circle": circle, "member": member, "devices": devices})
    return found


async def confirm(line: Line, copy: CircleCopy, clinic: CircleCopy, member: str) -> Answer:
    """As a therapist of a patient, let a clinician of the clinic in, whose name was checked.

    The keys are those of the clinic's log. Each of her devices comes as a member of its own: nobody
    but she herself could put a second one beside the first.

    Returns:
        `circle`, `added` (devices).
    """
    for device in _live_devices(clinic, member):
        if device not in copy.members.devices:
            pub = clinic.members.devices[device].pub
            new = member_id(secrets.token_bytes(MEMBER_BYTES))
            copy.state.adding.append(Wanted(pub, "therapist", new))
    await copy.save()
    added = await bring_wanted(line, copy)
    return {"circle": copy.circle, "added": [one["device"] for one in added]}


def _live_devices(clinic: CircleCopy, member: str) -> list[str]:
    return [
        one.device
        for one in clinic.members.devices.values()
        if one.live and one.member == member and one.role in ("admin", "therapist")
    ]
