"""What must be true at the end of every world, whatever happened in it.

Nothing acknowledged is lost, nothing kept by somebody who is still in is lost, nothing is there
twice; equal rights see equal leaves and digests; whoever was removed is out and holds no key made
since; what is for clinicians stays with them; what a phone calls stored is stored.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import orjson

from rejoint_sync.circle.document import KINDS, DocumentId
from rejoint_sync.circle.log import Membership
from rejoint_sync.device.circle import plain
from rejoint_sync.exchange.digest import Inventory
from rejoint_sync.stores import ChangesQuery, Store
from sim.acts import is_clinician, mark_of

if TYPE_CHECKING:
    from sim.headless import HeadlessPhone
    from sim.world import World

Leaves = dict[str, tuple[str, ...]]


async def leaves_of(store: Store, circle: str) -> Leaves:
    """Every leaf of every sealed document of a store, by name."""
    page = await store.changes(circle, ChangesQuery(limit=10**6, all_leaves=True))
    rows = orjson.loads(b"[" + page.rows + b"]")
    return {
        row["id"]: tuple(sorted(change["rev"] for change in row["changes"]))
        for row in rows
        if row["id"].partition(":")[0] in KINDS
    }


async def membership_of(store: Store, circle: str) -> Membership:
    """Who is in a circle, as a store has its log."""
    entries = await store.range(circle, "log:", "log;", limit=10**6)
    return Membership.replay(circle, [plain(stored) for stored in entries])


def in_stream(leaves: Leaves, streams: str) -> Leaves:
    """Those of some streams only."""
    return {name: revs for name, revs in leaves.items() if DocumentId.parse(name).stream in streams}


async def check(world: World) -> list[str]:
    """The laws that do not hold, in words."""
    found = [*world.witness.broken]
    found += [f"the server failed inside: {line}" for line in sorted(set(world.hosting.failures))]
    store = world.hosting.store
    assert store is not None
    held = await leaves_of(store, world.circle)
    members = await membership_of(store, world.circle)
    found += _check_membership(world, members)
    found += await check_wraps(store, members)
    for phone in world.phones.values():
        if phone.id and members.live(phone.id):
            found += await _check_reader(world, phone, members, held)
        elif phone.id:
            found += await _check_outsider(world, phone, members)
    found += [f"a record has several leaves ({name[:7]})" for name in held if len(held[name]) > 1]
    return found


def _check_membership(world: World, members: Membership) -> list[str]:
    found = []
    for circle, device in sorted(world.witness.removed):
        if circle == members.circle and members.live(device):
            found.append("a device that was removed is in again")
    for circle, device in sorted(world.witness.joined - world.witness.threatened):
        if circle == members.circle and not members.live(device):
            found.append("a device that was let in is not in")
    return found


async def _check_reader(
    world: World, phone: HeadlessPhone, members: Membership, held: Leaves
) -> list[str]:
    """One phone that is in: it has everything that it may have, once."""
    found: list[str] = []
    streams = members.devices[phone.id].streams
    copy = await phone.copy(world.circle)
    mine = await leaves_of(copy.store, world.circle)
    there = in_stream(held, "".join(streams))
    if mine != there:
        more, less = len(mine.keys() - there.keys()), len(there.keys() - mine.keys())
        others = sum(mine[name] != there[name] for name in mine.keys() & there.keys())
        found.append(
            f"{phone.name} and the server differ: {more} more, {less} less, {others} other"
        )
    if _digests(mine) != _digests(there):
        found.append(f"{phone.name} and the server have other digests")
    if not set("".join(streams)) <= {"c", "k"} or ("k" in streams and not is_clinician(phone.name)):
        found.append(f"{phone.name} has streams that are not for it")
    found += await _check_shown(world, phone, members)
    state = copy.state
    if state.unsent:
        found.append(f"{phone.name} still has {len(state.unsent)} records that nobody took")
    found += [f"{phone.name} was refused: {one.code}" for one in state.refused]
    for alarm in state.alarms:
        # That a restored server has forgotten something is true, until it is told again.
        if alarm.stops or not (alarm.code in ("rollback", "gap") and world.hosting.restores):
            found.append(f"{phone.name} raised the alarm {alarm.code}")
    if copy.membership is None or copy.membership.head != members.head:
        found.append(f"{phone.name} has another log than the server")
    if await copy.lacking():
        found.append(f"{phone.name} lacks a key that it must have")
    return found


def _digests(leaves: Leaves) -> list[tuple[str, bytes]]:
    lines = [(name, rev) for name, revs in leaves.items() for rev in revs]
    return Inventory.of(lines).digests()


async def _check_shown(world: World, phone: HeadlessPhone, members: Membership) -> list[str]:
    shown = await phone.do("show", world.circle)
    seen = Counter(mark_of(row["value"]) for row in shown["records"])
    del seen[0]
    streams = "".join(members.devices[phone.id].streams)
    live = {one.name for one in world.phones.values() if one.id and members.live(one.id)}
    found = [f"{phone.name} shows a record {n} times" for n in seen.values() if n > 1]
    for mark, (author, _, stream) in world.witness.kept.items():
        if stream not in streams or mark in seen:
            continue
        if author in live:
            found.append(f"{phone.name} does not have what {author} kept")
        elif mark in world.witness.acknowledged:
            found.append(f"{phone.name} does not have what the server took from {author}")
    found += [f"{phone.name} shows what nobody wrote" for mark in seen if mark > world.marks]
    aside = Counter(row["code"] for row in shown["set_aside"])
    found += [f"{phone.name} set {n} records aside: {code}" for code, n in aside.items()]
    false = [row for row in shown["records"] if row["place"] != "server"]
    if false:
        found.append(f"{phone.name} does not know that {len(false)} records are on the server")
    return found


async def _check_outsider(world: World, phone: HeadlessPhone, members: Membership) -> list[str]:
    """One phone that is not in any more: no key that was made since is with it."""
    copy = await phone.copy(world.circle)
    row = members.devices.get(phone.id)
    if row is None or row.until is None or copy.membership is None:
        return []
    held = await copy.secrets()
    return [
        f"{phone.name} holds a key that was made after it was removed"
        for stream, chain in members.epochs.items()
        for epoch in chain
        if epoch.at_seq >= row.until and epoch.e in held.get(stream, {})
    ]


async def check_wraps(store: Store, members: Membership) -> list[str]:
    """No key lies ready for who must not have it."""
    found = []
    for stored in await store.range(members.circle, "wrap:", "wrap;", limit=10**6):
        stream, epoch, device = stored.id[5], int(stored.id[6:12]), stored.id.rpartition(":")[2]
        row = members.devices.get(device)
        if row is None:
            found.append("a key lies ready for a stranger")
            continue
        if stream not in row.streams:
            found.append("a key of a stream lies ready for who does not have that stream")
        made = members.epochs[stream][epoch - 1].at_seq
        if row.until is not None and made >= row.until:
            found.append("a key lies ready for who was out when it was made")
    return found
