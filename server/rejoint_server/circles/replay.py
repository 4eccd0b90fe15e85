"""What a journal knows and a restored store does not, brought back by the rules of the log."""

from dataclasses import dataclass
from pathlib import Path

from rejoint_server.access.hints import Hints, open_notes
from rejoint_server.access.memberships import Memberships
from rejoint_server.access.setup import Setup
from rejoint_server.circles.upkeep import forget_circle, forget_over
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.log import Membership
from rejoint_sync.document import Document
from rejoint_sync.errors import NotFound, SyncError
from rejoint_sync.judge import judge_append, judge_bundle
from rejoint_sync.stores import Store
from rejoint_sync.stores.journal import Position, Reading, Record, read


@dataclass(slots=True)
class Replayed:
    """What became of a journal.

    Attributes:
        entries: Entries of logs that came back.
        circles: In how many circles.
        purged: Circles that the store had and that were purged after its backup.
        faults: Entries that could not be brought back: they do not follow the store's log.
        missing: Records of the journal that are lost.
        journal: Its name; "" when there is none.
        last: Number of its last record.
    """

    entries: int = 0
    circles: int = 0
    purged: int = 0
    faults: int = 0
    missing: int = 0
    journal: str = ""
    last: int = 0

    def goes_on_from(self, position: Position | None) -> bool:
        """Whether nothing that was accepted after a position is known to be lost."""
        found = Reading(self.journal, last=self.last, missing=self.missing)
        return found.reaches(position) and not self.faults


async def land(
    store: Store, hints: Hints, before: Membership | None, bundle: Bundle, now_s: int
) -> Membership:
    """Store an entry that was in this log before, with as much of what it requires as there is.

    Args:
        store: Where the log is.
        hints: Told of every device that enters.
        before: The circle; None to found it again.
        bundle: The entry.
        now_s: Unix seconds.

    Returns:
        The circle after the entry.

    Raises:
        CircleError: As `judge_bundle`; `seq` when the log has moved on.
    """
    after = judge_bundle(before, bundle, now_s, again=True)
    documents = [Document.parse(value) for value in bundle.documents()]
    for device in after.devices.keys() - (before.devices.keys() if before else set()):
        await hints.add(device, after.circle)
    if before is None:
        await store.create(after.circle, documents)
    else:
        await store.write(
            after.circle, documents, new_edits=False, judge=judge_append(before), whole=True
        )
    return after


async def replay(store: Store, journal: Path, now_s: int) -> Replayed:
    """Bring a store up to a journal.

    Of several entries with one number the last in the journal is the one that landed.

    Args:
        store: Restored; nobody else uses it.
        journal: Directory of the journal; without one nothing happens.
        now_s: Unix seconds.

    Raises:
        StoreUnavailable: The journal cannot be read, or is newer; the store cannot be written.
    """
    found = Reading()
    work = _Replay(store, now_s)
    for record in read(journal, found):
        await work.note(record)
    await work.finish()
    work.done.missing, work.done.journal, work.done.last = found.missing, found.journal, found.last
    return work.done


class _Replay:
    """One replay: first all records, then the circles one by one."""

    def __init__(self, store: Store, now_s: int) -> None:
        self.done = Replayed()
        self._store = store
        self._now_s = now_s
        self._memberships = Memberships(store)
        self._hints = Hints(store)
        self._heads: dict[str, int] = {}
        self._pending: dict[str, dict[int, Bundle]] = {}
        self._gone: dict[str, str] = {}

    async def note(self, record: Record) -> None:
        """Keep what the store may lack."""
        circle = record.circle
        if record.gone:
            self._gone[circle] = record.gone
            self._pending.pop(circle, None)
        elif record.bundle is not None:
            bundle = Bundle.parse(record.bundle)
            number = int(bundle.log["_id"].removeprefix("log:"))
            if circle not in self._heads:
                self._heads[circle] = await self._head(circle)
            if number > self._heads[circle]:
                self._pending.setdefault(circle, {})[number] = bundle

    async def finish(self) -> None:
        """Bring back what came after the backup, and remove again what was purged after it."""
        if self._pending or self._gone:
            await open_notes(self._store)
        for circle, bundles in self._pending.items():
            known = await self._memberships.of(circle) if self._heads[circle] >= 0 else None
            after = await self._bring(known, bundles)
            if after is not None:
                await forget_over(self._store, after, self._now_s)
                if known is None and after.purpose == "clinic":
                    await Setup(self._store).adopt(circle)
        for circle, head in self._gone.items():
            self.done.purged += circle in await self._store.databases()
            await forget_circle(self._store, self._hints, circle, head)

    async def _head(self, circle: str) -> int:
        """Number of the newest entry that the store has; -1 without the circle."""
        try:
            return (await self._memberships.of(circle)).seq
        except NotFound:
            return -1

    async def _bring(
        self, before: Membership | None, bundles: dict[int, Bundle]
    ) -> Membership | None:
        """One circle, entry by entry, as far as they follow each other."""
        number = first = 0 if before is None else before.seq + 1
        while number in bundles:
            try:
                before = await land(self._store, self._hints, before, bundles[number], self._now_s)
            except SyncError as error:
                if error.status >= 500:
                    raise
                break
            number += 1
        self.done.entries += number - first
        self.done.circles += number > first
        self.done.faults += sum(1 for one in bundles if one >= number)
        return before
