"""The printed card: a device on paper that brings a new phone in when all others are lost.

Making one: its keys, its code and its sealed document are drawn and noted first; then it is brought
into each circle, stored in the home circle, and printed. A command that was killed goes on with the
same card. The code leaves this device's notes when it is printed.

Using one: who types the code logs in as the paper, brings the new device in everywhere, prints a
new card, and takes out the old one and, if wished, the lost devices.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from rejoint_sync.circle.envelope import NONCE_BYTES
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.recovery import (
    CODE_RANDOM_BYTES,
    SALT_BYTES,
    Paper,
    draw_code,
    print_code,
    recovery_id,
)
from rejoint_sync.device.admission import takes_entries
from rejoint_sync.device.approval import Entering, add
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.line import Line
from rejoint_sync.device.log import Answer, pull_log
from rejoint_sync.device.removal import remove
from rejoint_sync.device.state import DeviceState, PaperNote
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import BadRequest, CircleError, SyncError
from rejoint_sync.stores import Store
from rejoint_sync.stores.memory import MemoryStore

_STAFF = ("admin", "therapist")


async def print_card(
    line: Line, state: DeviceState, store: Store, copies: Mapping[str, CircleCopy]
) -> Answer:
    """Make a card, bring it into every circle, and print it; an older card is taken out.

    Args:
        line: To the server.
        state: Remembers the card until it is printed.
        store: Where `state` is kept.
        copies: All circles of this device, up to date.

    Returns:
        `code` (shown once, kept nowhere), `device`, `circle` (its home), `circles` (their number).

    Raises:
        BadRequest: This device is in no circle of its own.
    """
    live = {name: copy for name, copy in copies.items() if takes_entries(copy)}
    if state.paper is None or not state.paper.unprinted:
        state.paper = _draw(_home(live), state.paper)
        await state.write(store)
    paper = state.paper
    made = paper.unprinted
    keys = DeviceKeys.from_secret(made["keys"])
    for copy in live.values():
        await bring_in(line, copy, keys)
    home = live[paper.circle]
    if "rec" not in made:
        sealed = Paper(keys, home.circle, home.members.seq, home.members.head)
        made["rec"] = sealed.seal(
            made["code"],
            salt=secrets.token_bytes(SALT_BYTES),
            nonce=secrets.token_bytes(NONCE_BYTES),
        )
        await state.write(store)
    path = f"/circles/{home.circle}/recovery/"
    await line.known.call("PUT", path + paper.rid, body={"rec": made["rec"]})
    await _take_out(line, live, made)
    answer = {
        "code": print_code(made["code"]),
        "device": keys.id,
        "circle": home.circle,
        "circles": len(live),
    }
    paper.unprinted = {}
    await state.write(store)
    return answer


def _draw(home: CircleCopy, old: PaperNote | None) -> PaperNote:
    code, keys = draw_code(secrets.token_bytes(CODE_RANDOM_BYTES)), DeviceKeys.generate()
    made = {
        "code": code,
        "keys": keys.to_secret(),
        "old": old.device if old else "",
        "old_rid": old.rid if old else "",
        "old_circle": old.circle if old else "",
    }
    return PaperNote(keys.pub, keys.id, recovery_id(code), home.circle, made)


def _home(live: Mapping[str, CircleCopy]) -> CircleCopy:
    """The clinic for its staff, else one's own record."""
    for copy in live.values():
        if copy.members.purpose == "clinic" and copy.require_me().role in _STAFF:
            return copy
    for copy in live.values():
        if copy.require_me().role != "recovery":
            return copy
    raise BadRequest("this device is in no circle that could keep a card")


async def bring_in(line: Line, copy: CircleCopy, keys: DeviceKeys) -> None:
    """Add a card, or another device of one's own, to a circle where it never stood."""
    me = copy.require_me()
    if keys.id in copy.members.devices:
        return
    try:
        await add(line, copy, Entering(keys.pub, me.role, me.member, me.s))
    except CircleError as error:
        if error.code != "dup":
            raise


async def _take_out(line: Line, live: Mapping[str, CircleCopy], made: Mapping[str, Any]) -> None:
    """Take the older card out of every circle, then forget its document."""
    old = made["old"]
    if not old:
        return
    for copy in live.values():
        if copy.members.live(old):
            await remove(line, copy, [old])
    path = f"/circles/{made['old_circle']}/recovery/{made['old_rid']}"
    try:
        await line.known.call("DELETE", path)
    except SyncError as error:
        if error.status != 404 and getattr(error, "code", "") != "target":
            raise  # else it is gone already


async def open_card(line: Line, code: str) -> Paper:
    """Find and open what belongs to a code.

    Raises:
        CircleError: `target` (no card has this code), `limit` (made with parameters that are not
            taken), `tag` (damaged).
    """
    try:
        answer = await line.open.call("GET", f"/recovery/{recovery_id(code)}")
        found = answer["rec"]
    except SyncError as error:
        if error.status != 404 and getattr(error, "code", "") != "target":
            raise
        found = None
    except (KeyError, TypeError):
        raise Unreachable("an answer that is not a Rejoint server's") from None
    return Paper.open(code, found)


async def enter_by_card(
    line: Line, paper_line: Line, paper: Paper, listed: Mapping[str, int]
) -> list[dict[str, Any]]:
    """As the paper, bring this device into each of its circles.

    Args:
        line: Of the new device.
        paper_line: Of the paper.
        paper: The card.
        listed: The circles in which the server sees the paper live.

    Returns:
        Each with `circle`, `role`, `member`, and `others`: the devices of that member which were
        there before, without the paper.

    Raises:
        CircleError: `removed`: an old card, or another circle's; `newer-log`, `fork`.
    """
    if paper.circle not in listed:
        raise CircleError("removed", "this card is an old one, or belongs elsewhere")
    store, rows = MemoryStore(), []
    for circle in sorted(listed, key=lambda name: name != paper.circle):
        await store.create(circle)
        copy = await CircleCopy.open(store, circle, paper.keys)
        await pull_log(paper_line, copy)
        paper.require_live(copy.members)
        me = copy.require_me()
        others = [
            one.device
            for one in copy.members.devices.values()
            if one.live
            and one.member == me.member
            and one.device not in (me.device, line.identity.keys.id)
        ]
        await bring_in(paper_line, copy, line.identity.keys)
        rows.append({"circle": circle, "role": me.role, "member": me.member, "others": others})
    return rows


async def bring_card_along(
    line: Line, state: DeviceState, copies: Mapping[str, CircleCopy]
) -> None:
    """Bring the printed card into circles that are newer than it."""
    paper = state.paper
    if paper is None or paper.unprinted:
        return
    for copy in copies.values():
        me = copy.me
        if me is None or not takes_entries(copy) or paper.device in copy.members.devices:
            continue
        await add(line, copy, Entering(paper.pub, me.role, me.member, me.s))
