"""How a device gets into circles and brings others in: found, join, invite, add."""

import secrets
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rejoint_sync.circle import entries
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.envelope import NONCE_BYTES, SECRET_BYTES, generate_scalar
from rejoint_sync.circle.epochs import wrap
from rejoint_sync.circle.grammar import Pub
from rejoint_sync.circle.invitation import (
    LINK_SECRET_BYTES,
    Link,
    Opened,
    accept,
    invitation_id,
    open_inv,
    request,
    request_code,
    seal_inv,
)
from rejoint_sync.circle.limits import INVITED_SECONDS_MAX
from rejoint_sync.circle.log import Membership
from rejoint_sync.circle.roles import STREAMS_OF_S
from rejoint_sync.circle.schema import parse_entry
from rejoint_sync.circle.standing import Invitation
from rejoint_sync.device.approval import Entering, add, spaced
from rejoint_sync.device.circle import STREAM, CircleCopy, plain
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import FASTER, TRIES, Made, append_once, pause, send
from rejoint_sync.device.state import DeviceState, Own, Pending, Wanted
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import CircleError, SyncError
from rejoint_sync.stores import Store

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Founding:
    """What is founded.

    Attributes:
        purpose: "clinic" or "patient".
        role: The founder's.
        clinic: The clinic's circle, "" for a clinic.
        setup: The one-time secret of the first clinic, "" otherwise.
        ticket: A clinic's ticket, "" where a member of the clinic founds.
        adding: Devices that are brought in next.
    """

    purpose: str
    role: str
    clinic: str = ""
    setup: str = field(default="", repr=False)
    ticket: str = field(default="", repr=False)
    adding: tuple[Wanted, ...] = ()


async def found(line: Line, store: Store, founding: Founding) -> Answer:
    """Found a circle as its first device.

    Args:
        line: To the server.
        store: Gets one more database.
        founding: What.

    Returns:
        `circle`, `member`, `role`.
    """
    # The server's time is needed for the entry, and whether it is there at all.
    await line.open.call("GET", "/db/")
    keys = line.identity.keys
    es = secrets.token_bytes(SECRET_BYTES)
    member = entries.member_id(secrets.token_bytes(entries.MEMBER_BYTES))
    genesis = entries.genesis(
        keys,
        purpose=founding.purpose,
        adds="members",
        clinic=founding.clinic,
        member=member,
        role=founding.role,
        es=es,
        rnd=secrets.token_bytes(16),
        ts=line.now_s(),
    )
    circle = Membership.founded(genesis).circle
    bundle = Bundle(genesis, (wrap(circle, STREAM, 1, es, keys.pub),))
    await store.create(circle)
    copy = await CircleCopy.open(store, circle, keys)
    answer = {"circle": circle, "member": member, "role": founding.role}
    rights = {"setup": founding.setup, "ticket": founding.ticket}
    body = bundle.to_json() | {name: secret for name, secret in rights.items() if secret}
    copy.state.adding = list(founding.adding)
    await _or_forget(send(line, copy, Pending("genesis", body, answer)), copy)
    return answer


async def join(line: Line, store: Store, link: Link) -> Answer:
    """Enter a circle by an invitation.

    Args:
        line: To the server.
        store: Gets one more database.
        link: Of the kind j1.

    Returns:
        `circle`, `member`, `role`.

    Raises:
        CircleError: `invite`: used, expired or taken back; `tag`: the link was changed; others by
            the rules of the log.
    """
    copy: CircleCopy | None = None
    for attempt in range(TRIES):
        log, opened = await _look(line, link)
        members = Membership.replay(link.circle, log)
        if accept(members, opened, line.now_s()).mode == "approve":
            return await _ask(line, store, log, opened)
        bundle, answer = _enter(line, members, opened)
        if copy is None:
            await store.create(link.circle)
            copy = await CircleCopy.open(store, link.circle, line.identity.keys)
        try:
            await copy.extend(log[copy.members.seq + 1 if copy.membership else 0 :])
            await _or_forget(send(line, copy, Pending("join", bundle.to_json(), answer)), copy)
        except CircleError as error:
            if error.code not in FASTER or attempt == TRIES - 1:
                raise
            copy = None
            await pause(attempt)
        else:
            return answer
    raise AssertionError("the last try returns or raises")


async def _ask(line: Line, store: Store, log: list[dict[str, Any]], opened: Opened) -> Answer:
    """Ask to be let in; what was seen of the log is pinned until somebody has."""
    keys = line.identity.keys
    circle = Membership.founded(log[0]).circle
    body = {"req": request(opened, circle, keys)}
    await line.open.call("POST", f"/circles/{circle}/requests", body=body)
    if circle not in await store.databases():
        await store.create(circle)
    copy = await CircleCopy.open(store, circle, keys)
    await copy.extend(log[copy.members.seq + 1 if copy.membership else 0 :])
    copy.state.asked = opened.iid
    await copy.save()
    invitation = copy.members.invitations[opened.iid]
    return {
        "circle": circle,
        "member": invitation.member,
        "role": invitation.role,
        "waiting": True,
        "iid": opened.iid,
        "digits": spaced(request_code(circle, keys.id)),
    }


async def _or_forget(sending: Awaitable[None], copy: CircleCopy) -> None:
    """Wait for the server's answer; when it is no, this circle was never ours."""
    try:
        await sending
    except SyncError:
        if copy.state.pending is None:
            await copy.store.delete(copy.circle)
        raise


def _enter(line: Line, members: Membership, opened: Opened) -> tuple[Bundle, Answer]:
    keys, circle = line.identity.keys, members.circle
    invitation = accept(members, opened, line.now_s())
    ts = max(line.now_s(), members.stamps[-1].ts)
    entry = entries.join(members, keys, opened=opened, ts=ts)
    members.append(entry)
    wraps = tuple(
        wrap(circle, stream, members.current_epoch(stream).e, es, keys.pub)
        for stream, es in opened.es.items()
    )
    answer = {"circle": circle, "member": invitation.member, "role": invitation.role}
    return Bundle(entry, wraps), answer


async def _look(line: Line, link: Link) -> tuple[list[dict[str, Any]], Opened]:
    """The log and the opened invitation that a link leads to."""
    iid = invitation_id(link.circle, link.secret)
    answer = await line.open.call("GET", f"/circles/{link.circle}/invitations/{iid}")
    try:
        log = [{"_id": entry["_id"], "j": entry["j"]} for entry in answer["log"]]
        sealed = answer["inv"]
    except (KeyError, TypeError):
        raise Unreachable("an answer that is not a Rejoint server's") from None
    if sealed is None:
        invitation = Membership.replay(link.circle, log).invitations.get(iid)
        if invitation is None:
            raise CircleError("invite", "the server does not know this invitation")
        raise CircleError("invite", _why_not_open(invitation))
    return log, open_inv(link.circle, link.secret, sealed)


def _why_not_open(invitation: Invitation) -> str:
    if invitation.closed:
        return "someone else used this invitation, or it was taken back; ask for a new one"
    return "this invitation has expired; ask for a new one"


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom an invitation is for.

    Attributes:
        role: What the one who comes will be.
        member: Whose device it will be; None for a new member, or for the one patient there is.
        s: Its streams, "c" or "ck".
        mode: "direct": handed over in person, good for an hour. "approve": sent by a messenger,
            good for 14 days; it only lets one ask.
    """

    role: str
    member: str | None = None
    s: str = STREAM
    mode: str = "direct"


async def invite(
    line: Line, copy: CircleCopy, invited: Invited, wish: DeviceState | None = None
) -> Answer:
    """Make a link for one device.

    Args:
        line: To the server.
        copy: The circle.
        invited: Whom it is for.
        wish: Remembers that who joins is a further device of one's own.

    Returns:
        `link`, `circle`, `iid`, `member`, `role`, `mode`, `expires` (unix seconds).
    """
    secret, scalar = secrets.token_bytes(LINK_SECRET_BYTES), generate_scalar()
    iid = invitation_id(copy.circle, secret)
    link = Link(line.identity.server, "j1", copy.circle, secret)
    new_member = entries.member_id(secrets.token_bytes(entries.MEMBER_BYTES))
    if wish is not None:
        # A wish for an invitation that was never accepted does nothing; a lost wish is not seen.
        wish.own.append(Own(copy.circle, iid))
        await wish.write(copy.store)

    about = {"role": invited.role, "mode": invited.mode}
    if invited.member is not None:
        about["member"] = invited.member

    async def make(members: Membership, ts: int) -> Made:
        whose = invited.member or _the_one(members, invited.role, ts) or new_member
        exp = ts + INVITED_SECONDS_MAX[invited.mode]
        streams = STREAMS_OF_S[invited.s] if invited.mode == "direct" else ()
        entry = entries.invite(
            members,
            copy.keys,
            iid=iid,
            sign_scalar=scalar,
            role=invited.role,
            member=whose,
            s=invited.s,
            exp=exp,
            ts=ts,
            mode=invited.mode,
        )
        sealed = seal_inv(
            members.append(entry),
            secret,
            sign_scalar=scalar,
            es={stream: await copy.current_secret(stream) for stream in streams},
            nonce=secrets.token_bytes(NONCE_BYTES),
        )
        answer = {"link": link.format(), "circle": copy.circle, "iid": iid, "member": whose}
        return Bundle(entry, (), sealed), answer | about | {"expires": exp}

    return await append_once(line, copy, "invite", about, make)


def _the_one(members: Membership, role: str, now_s: int) -> str | None:
    """The member of a role that only one can have, when there is one."""
    if role not in members.rules.single:
        return None
    standing = members.members_standing(now_s)
    return next((name for name, held in standing.items() if held == role), None)


async def add_own(line: Line, state: DeviceState, copies: Mapping[str, CircleCopy]) -> None:
    """Add this person's further devices to all circles that they are not in yet.

    Args:
        line: To the server.
        state: Knows which invitations were for one's own devices.
        copies: All circles of this device, up to date.
    """
    open_wishes: list[Own] = []
    for own in state.own:
        origin = copies.get(own.circle)
        if origin is None or not origin.live:
            continue
        pub = await _joined_by(origin, own.iid)
        if pub is None:
            if _may_come(origin, own.iid, line.now_s()):
                open_wishes.append(own)
            continue
        open_wishes.append(own)
        for copy in copies.values():
            if copy is not origin and takes_entries(copy):
                await _add(line, copy, pub)
    if open_wishes != state.own:
        state.own = open_wishes
        await state.write(next(iter(copies.values())).store)


def takes_entries(copy: CircleCopy) -> bool:
    """Whether this device can bring somebody into a circle now, its role aside."""
    return copy.live and not copy.state.alarm and copy.members.closed_s is None


def _may_come(origin: CircleCopy, iid: str, now_s: int) -> bool:
    """Whether somebody can still join by an invitation: it is open, or on its way."""
    if iid not in origin.members.invitations:
        return origin.state.pending is not None
    return any(one.iid == iid for one in origin.members.open_invitations(now_s))


async def _joined_by(copy: CircleCopy, iid: str) -> Pub | None:
    """The keys of the device that joined by an invitation and is still there."""
    async for stored in copy.range("log:"):
        entry = parse_entry(plain(stored))
        if entry.op == "join" and entry.payload["iid"] == iid:
            pub: Pub = entry.payload["dev"]
            return pub if copy.members.live(entry.jws.kid) else None
    return None


async def _add(line: Line, copy: CircleCopy, pub: Pub) -> None:
    me, spk = copy.require_me(), pub["spk"]
    if any(member.pub["spk"] == spk for member in copy.members.devices.values()):
        return
    try:
        await add(line, copy, Entering(pub, me.role, me.member, me.s))
    except CircleError as error:
        if error.code != "dup":  # its own other device was faster
            raise
