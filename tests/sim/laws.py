"""What must be true at the end of every world, whatever happened in it.

Nothing acknowledged is lost, nothing kept by somebody who is still in is lost, nothing is there
twice; equal rights see equal leaves and digests; whoever was removed is out and holds no key made
since; what is for clinicians stays with them; what a phone calls stored is stored.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rejoint_sync.circle.document import DocumentId
from rejoint_sync.circle.log import Membership
from rejoint_sync.device.circle import plain
from rejoint_sync.exchange.digest import Inventory
from sim.acts import is_clinician
from sim.leaves import leaves_of

if TYPE_CHECKING:
    from rejoint_sync.stores import Store
    from sim.held import Held, Leaves
    from sim.world import Phone, World


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


async def _check_reader(world: World, phone: Phone, members: Membership, held: Leaves) -> list[str]:
    """One phone that is in: it has everything that it may have, once."""
    found: list[str] = []
    streams = "".join(members.devices[phone.id].streams)
    has = await phone.held(world.circle)
    mine, there = has.leaves, in_stream(held, streams)
    if mine != there:
        more, less = len(mine.keys() - there.keys()), len(there.keys() - mine.keys())
        others = sum(mine[name] != there[name] for name in mine.keys() & there.keys())
        counts = f"{more} more, {less} less, {others} other"
        found.append(f"{phone.name} and the server differ: {counts}")
    if _digests(mine) != _digests(there):
        found.append(f"{phone.name} and the server have other digests")
    if "k" in streams and not is_clinician(phone.name):
        found.append(f"{phone.name} has a stream that is not for it")
    found += _check_shown(world, phone.name, has, members)
    if has.unsent:
        found.append(f"{phone.name} still has {has.unsent} records that nobody took")
    found += [f"{phone.name} was refused: {code}" for code in has.refused]
    for code, stops in has.alarms:
        # That a restored server has forgotten something is true, until it is told again.
        if stops or not (code in ("rollback", "gap") and world.hosting.restores):
            found.append(f"{phone.name} raised the alarm {code}")
    if has.head != members.head:
        found.append(f"{phone.name} has another log than the server")
    if has.lacks_key:
        found.append(f"{phone.name} lacks a key that it must have")
    return found


def _digests(leaves: Leaves) -> list[tuple[str, bytes]]:
    lines = [(name, rev) for name, revs in leaves.items() for rev in revs]
    return Inventory.of(lines).digests()


def _check_shown(world: World, name: str, has: Held, members: Membership) -> list[str]:
    seen = Counter(one.mark for one in has.shown)
    del seen[0]
    streams = "".join(members.devices[world.phones[name].id].streams)
    live = {one.name for one in world.phones.values() if one.id and members.live(one.id)}
    found = [f"{name} shows a record {n} times" for n in seen.values() if n > 1]
    for mark, (author, _, stream) in world.witness.kept.items():
        if stream not in streams or mark in seen:
            continue
        if author in live:
            found.append(f"{name} does not have what {author} kept")
        elif mark in world.witness.acknowledged:
            found.append(f"{name} does not have what the server took from {author}")
    found += [f"{name} shows what nobody wrote" for mark in seen if mark > world.marks]
    found += [f"{name} set {n} records aside: {code}" for code, n in Counter(has.aside).items()]
    waiting = sum(one.place != "server" for one in has.shown)
    if waiting:
        found.append(f"{name} does not know that {waiting} records are on the server")
    return found


async def _check_outsider(world: World, phone: Phone, members: Membership) -> list[str]:
    """One phone that is not in any more: no key that was made since is with it."""
    row = members.devices.get(phone.id)
    if row is None or row.until is None:
        return []
    held = await phone.epochs(world.circle)
    return [
        f"{phone.name} holds a key that was made after it was removed"
        for stream, chain in members.epochs.items()
        for epoch in chain
        if epoch.at_seq >= row.until and epoch.e in held.get(stream, ())
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
