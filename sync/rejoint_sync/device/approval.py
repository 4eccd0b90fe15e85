"""Letting in who asks: requests, the digits that two people compare, invitations taken back."""

import re
from dataclasses import asdict, dataclass
from typing import Final

from rejoint_sync.circle import entries
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.grammar import Pub
from rejoint_sync.circle.invitation import REQUEST_PREFIX, Request, read_request, request_code
from rejoint_sync.circle.keys import device_id
from rejoint_sync.circle.log import Membership
from rejoint_sync.device.circle import CircleCopy, plain
from rejoint_sync.device.exchange import Report, pull
from rejoint_sync.device.keys import wraps_of
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import Answer, Made, append_once, pull_log
from rejoint_sync.errors import BadRequest, CircleError, NotFound

_BETWEEN: Final = re.compile(r"[\s\u2010-\u2015-]")


def spaced(digits: str) -> str:
    """Twelve digits as people read them aloud.

    >>> spaced("265805475382")
    '265 805 475 382'
    """
    return " ".join(digits[at : at + 3] for at in range(0, len(digits), 3))


async def requests(line: Line, copy: CircleCopy) -> Answer:
    """Who asks to be let in, by invitations that are open and must be approved.

    Returns:
        `circle` and `requests`, each with `iid`, `device`, `digits`, `role`, `member`, `invited_by`
        and `expires`.
    """
    await pull_log(line, copy)
    await pull(line, copy, Report())
    rows = []
    for asked in await _asked(copy, line.now_s()):
        invitation = copy.members.invitations[asked.iid]
        rows.append(
            {
                "iid": asked.iid,
                "device": asked.device,
                "digits": spaced(request_code(copy.circle, asked.device)),
                "role": invitation.role,
                "member": invitation.member,
                "invited_by": invitation.by,
                "expires": invitation.exp,
            }
        )
    return {"circle": copy.circle, "requests": rows}


async def _asked(copy: CircleCopy, now_s: int) -> list[Request]:
    """The requests whose proof is good; what else the server shows is passed over."""
    found = []
    async for stored in copy.range(REQUEST_PREFIX):
        try:
            found.append(read_request(copy.members, plain(stored), now_s))
        except CircleError:
            continue
    return found


async def approve(line: Line, copy: CircleCopy, iid: str, device: str, digits: str) -> Answer:
    """Let in a device that asked, after its digits were compared.

    Args:
        line: To the server.
        copy: The circle.
        iid: The invitation that it asked by.
        device: Its name.
        digits: Its twelve digits as its owner says or shows them; spaces and hyphens are ignored.

    Returns:
        `circle`, `device`, `member`, `role`, `seq`.

    Raises:
        BadRequest: The digits are others: somebody else asks in that name.
        NotFound: It does not ask.
    """
    if _BETWEEN.sub("", digits) != request_code(copy.circle, device):
        raise BadRequest("these are not its digits: do not let this device in")
    about = {"device": device}

    async def make(members: Membership, ts: int) -> Made:
        await pull(line, copy, Report())
        asked = next((one for one in await _asked(copy, ts) if one.device == device), None)
        if asked is None or asked.iid != iid:
            raise NotFound("no such device asks to be let in by this invitation any more")
        invitation = members.invitations[iid]
        entering = Entering(asked.pub, invitation.role, invitation.member, invitation.s, iid)
        return await _add(copy, members, ts, entering)

    return await append_once(line, copy, "add", about, make)


@dataclass(frozen=True, slots=True)
class Entering:
    """A device that is to be brought in.

    Attributes:
        pub: Its public keys.
        role: What its member is or will be.
        member: Known or new.
        s: Its streams, "c" or "ck".
        iid: The invitation that it asked by, "" without one.
    """

    pub: Pub
    role: str
    member: str
    s: str = "c"
    iid: str = ""


async def _add(copy: CircleCopy, members: Membership, ts: int, entering: Entering) -> Made:
    entry = entries.add(members, copy.keys, ts=ts, **asdict(entering))
    after = members.append(entry)
    wraps = await wraps_of(copy, members, after)
    answer = {
        "circle": copy.circle,
        "device": device_id(entering.pub),
        "member": entering.member,
        "role": entering.role,
        "seq": after.seq,
    }
    return Bundle(entry, wraps), answer


async def add(line: Line, copy: CircleCopy, entering: Entering) -> Answer:
    """Bring in a device whose keys were seen: nobody else can have given them.

    Returns:
        `circle`, `device`, `member`, `role`, `seq`.
    """

    async def make(members: Membership, ts: int) -> Made:
        return await _add(copy, members, ts, entering)

    return await append_once(line, copy, "add", {"device": device_id(entering.pub)}, make)


async def uninvite(line: Line, copy: CircleCopy, iid: str) -> Answer:
    """Take an open invitation back.

    Returns:
        `circle`, `iid`, `seq`.
    """

    async def make(members: Membership, ts: int) -> Made:
        entry = entries.uninvite(members, copy.keys, iid=iid, ts=ts)
        seq = members.append(entry).seq
        return Bundle(entry, ()), {"circle": copy.circle, "iid": iid, "seq": seq}

    return await append_once(line, copy, "uninvite", {"iid": iid}, make)
