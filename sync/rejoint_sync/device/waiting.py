"""Records made before a circle can be written: not let in yet, or its key has not arrived.

They are kept as they are, durably, and sealed by the first sync that can: a record is never lost
because somebody else has to act first. What two phones told each other side by side about the
circle is held against the log when it arrives.
"""

from collections.abc import Sequence
from typing import Final

from rejoint_sync.device.circle import CircleCopy, complete
from rejoint_sync.device.state import AlarmNote, Unsealed
from rejoint_sync.errors import CircleError

AT_ONCE: Final = 100
"""Records of one write: they leave the notes in the same act in which they are sealed."""

SIDE_BY_SIDE: Final = "side by side"
"""Instead of an invitation's name: the device was brought in by one beside it."""


async def must_wait(copy: CircleCopy, stream: str) -> bool:
    """Whether records of a stream cannot be sealed yet, and will be."""
    if copy.membership is None or copy.me is None:
        return bool(copy.state.asked)
    return copy.live and stream in await copy.lacking()


async def hold(  # noqa: PLR0913  # each is named at the call
    copy: CircleCopy, kind: str, values: Sequence[object], *, now_s: int, tz_min: int, stream: str
) -> list[str]:
    """Keep records until they can be sealed; each is checked now.

    Returns:
        One name for each, which holds until it is sealed.
    """
    records = [complete(kind, value, lam=1, now_s=now_s, tz_min=tz_min) for value in values]
    first = len(copy.state.waiting) + 1
    copy.state.waiting += [Unsealed(kind, stream, record) for record in records]
    await copy.save()
    return [f"waiting:{number}" for number in range(first, first + len(records))]


async def seal_waiting(copy: CircleCopy, *, now_s: int) -> int:
    """Seal what waits, as far as it can be now; how many."""
    count = 0
    for stream in ("c", "k"):
        while not await must_wait(copy, stream):
            chosen = [one for one in copy.state.waiting if one.stream == stream][:AT_ONCE]
            if not chosen:
                break
            kind = chosen[0].kind
            chosen = [one for one in chosen if one.kind == kind]
            before = copy.state.waiting
            copy.state.waiting = [one for one in before if one not in chosen]
            try:
                values = [one.record for one in chosen]
                await copy.put(kind, values, now_s=now_s, tz_min=0, stream=stream)
            except CircleError:
                copy.state.waiting = before
                raise
            count += len(chosen)
    return count


async def require_expected(copy: CircleCopy, *, now_s: int) -> None:
    """Hold the log against what the other phone said of it.

    Raises:
        CircleError: `fork`: it is another one; nothing is written here any more.
    """
    expected = copy.state.expected
    if expected is None:
        return
    seq, head = expected
    if copy.members.seq < seq or copy.members.heads[seq] != head:
        reason = "the server shows another log of this circle than the phone beside this one"
        copy.state.note_alarm(AlarmNote("fork", reason, n=seq, at=now_s, stops=True))
        await copy.save()
        raise CircleError("fork", copy.state.alarm)
    copy.state.expected = None
    await copy.save()
