"""What the server could hide: every sync ends by comparing what is here with what others saw.

Others' marks are in their checkpoints, in removals and in snapshots. What is missing or exchanged
becomes an alarm that is kept and shown; it names devices and counters, never content. Once a day
this device signs what it has seen itself.
"""

from rejoint_sync.circle.checkpoint import Checkpoint, is_due, write
from rejoint_sync.circle.document import DocumentId
from rejoint_sync.circle.feed import Chain, Claim, Mark
from rejoint_sync.circle.roles import RECOVERY
from rejoint_sync.device.circle import CircleCopy, plain
from rejoint_sync.device.exchange import FORGED, is_in
from rejoint_sync.device.feeds import advance, chains_of, mark, marks
from rejoint_sync.device.state import AlarmNote, CheckpointNote
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError

REASONS = {
    "gap": "the server does not show a record that is known to be there",
    "replaced": "the server shows another record in the place of one that was seen",
    "taken": "one author used a counter for two records",
    "wrap": "the key that the server gives this device does not open; others can write it again",
    "newer-log": "the server keeps back entries of this circle's log that others have seen",
    "fork": "the server shows others another log of this circle",
}


async def compare(copy: CircleCopy, *, now_s: int) -> int:
    """Hold what is here against everything that others said there is; how many alarms are new.

    To be called when all that the server has was just read: what is missing then is not merely on
    its way.
    """
    before = len(copy.state.alarms)
    _ahead(copy, now_s)
    await advance(copy)
    copy.state.missing = any(one.code in FORGED for one in copy.state.refused)
    claims = [claim for claim in await _claims(copy) if _is_news(copy, claim)]
    older = {
        (claim.device, claim.stream)
        for claim in claims
        if claim.mark.n < mark(copy, claim.device, claim.stream).n
    }
    whole = await chains_of(copy, older) if older else {}
    for claim in claims:
        _judge(copy, claim, whole.get((claim.device, claim.stream)), now_s)
    _gaps(copy, now_s)
    await _links(copy, now_s)
    await copy.save()
    return len(copy.state.alarms) - before


async def _claims(copy: CircleCopy) -> list[Claim]:
    """What checkpoints and fences say, of the streams of this device."""
    me = copy.require_me()
    found: list[Claim] = []
    async for stored in copy.range("cp:"):
        try:
            checkpoint = Checkpoint.read(copy.members, plain(stored))
        except CircleError:
            continue
        if checkpoint.stream in me.streams and checkpoint.device != me.device:
            found += checkpoint.claims
    for member in copy.members.devices.values():
        for stream, said in member.marks.items():
            if stream in me.streams and said[-1].d:
                by = copy.members.stamps[member.until or 0].device
                found.append(Claim(member.device, stream, Mark(said[-1].n, said[-1].d), by))
    return found


def _is_news(copy: CircleCopy, claim: Claim) -> bool:
    return copy.state.compared.get(_about(claim), -1) < claim.mark.n


def _about(claim: Claim) -> str:
    return f"{claim.by} {claim.stream} {claim.device}"


def _judge(copy: CircleCopy, claim: Claim, whole: Chain | None, now_s: int) -> None:
    own = mark(copy, claim.device, claim.stream)
    if claim.mark.n > own.n:
        copy.state.missing = True
        _raise(copy, "gap", claim, own.n + 1, now_s)
        return
    at = own if claim.mark.n == own.n else None
    if at is None and whole is not None:
        at = whole.at(claim.mark.n)
    if at is not None and claim.mark.d not in ("", at.d):
        _raise(copy, "replaced", claim, claim.mark.n, now_s)
        return
    copy.state.compared[_about(claim)] = claim.mark.n


def _raise(copy: CircleCopy, code: str, claim: Claim, n: int, now_s: int) -> None:
    copy.state.note_alarm(
        AlarmNote(code, REASONS[code], claim.stream, claim.device, n, claim.by, now_s)
    )


def _gaps(copy: CircleCopy, now_s: int) -> None:
    """Counters that are missing below one that is here."""
    for name, note in copy.state.feeds.items():
        device, _, stream = name.partition(" ")
        if note.beyond and device != copy.keys.id:
            copy.state.missing = True
            copy.state.note_alarm(
                AlarmNote("gap", REASONS["gap"], stream, device, note.n + 1, at=now_s)
            )


def _ahead(copy: CircleCopy, now_s: int) -> None:
    """What was sealed under entries that were not here at the last sync, and still are not.

    The log was read since: the server keeps the entries back, or shows another log.
    """
    for name, (seq, head) in copy.state.ahead.items():
        document = DocumentId.parse(name)
        code = "newer-log" if seq > copy.members.seq else "fork"
        if code == "newer-log" or copy.members.heads[seq][:16] != head:
            copy.state.note_alarm(
                AlarmNote(
                    *(code, REASONS[code], document.stream, document.device, seq),
                    at=now_s,
                    stops=code == "fork",
                )
            )
    copy.state.ahead = {
        name: [seq, head]
        for name, (seq, head) in copy.state.ahead.items()
        if seq > copy.members.seq
    }


async def _links(copy: CircleCopy, now_s: int) -> None:
    """Keys that do not open, and links to the key before that name who signed them."""
    ring = await copy.keyring()
    for name in ring.closed:
        stream, e = name[5], int(name[6:12])
        copy.state.note_alarm(AlarmNote("wrap", REASONS["wrap"], stream, copy.keys.id, e, at=now_s))
    reason = "who opened this key broke the link to the one before; it is mended for newcomers"
    for bad in ring.broken:
        copy.state.note_alarm(AlarmNote("back", reason, bad.stream, bad.device, bad.e, at=now_s))


async def sign(copy: CircleCopy, *, now_s: int) -> int:
    """Write this device's checkpoints, where feeds moved and the last one is a day old; how many.

    One's own feed is in it when all of it is on the server: what is sealed again has another chain.
    """
    me = copy.require_me()
    if me.role == RECOVERY or copy.state.alarm:
        return 0
    # Not every sync compares; what was sealed again since the last one did has another chain now.
    await advance(copy)
    count = 0
    for stream in me.streams:
        vec = marks(copy, stream)
        if any(is_in(name, stream) for name in copy.state.unsent):
            vec.pop(me.device, None)
        last = copy.state.checkpoints.get(stream)
        before = {device: Mark(n, d) for device, (n, d) in last.vec.items()} if last else {}
        if vec and is_due(before, vec, now_s - last.at if last else 0):
            await _write(copy, stream, vec, last, now_s)
            count += 1
    return count


async def _write(
    copy: CircleCopy, stream: str, vec: dict[str, Mark], last: CheckpointNote | None, now_s: int
) -> None:
    i = last.i + 1 if last else 1
    stored = await copy.store.read(copy.circle, f"cp:{stream}:{copy.keys.id}")
    if stored is not None:  # a directory that was restored is behind what it has signed
        i = max(i, int(stored.leaves[0].rev.partition("-")[0]) + 1)
    document = write(copy.members, copy.keys, stream=stream, i=i, vec=vec)
    digests = [document["_rev"].partition("-")[2]]
    if stored is not None and stored.leaves[0].rev.startswith(f"{i - 1}-"):
        digests.append(stored.leaves[0].rev.partition("-")[2])
    history = {"start": i, "ids": digests}
    said = {device: [one.n, one.d] for device, one in vec.items()}
    copy.state.checkpoints[stream] = CheckpointNote(i, document["_rev"], now_s, said, owed=True)
    await copy.save()
    parsed = Document.parse({**document, "_revisions": history})
    await copy.store.write(copy.circle, [parsed], new_edits=False)
