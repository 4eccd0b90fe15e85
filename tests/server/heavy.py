"""A circle with a long log and many documents, written past the routes, and a count of work."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import apsw

from rejoint_server.circles.policy import CirclePolicy
from rejoint_sync.circle import entries, envelope, jws, log, schema
from rejoint_sync.circle.document import structural_rev
from rejoint_sync.circle.envelope import generate_scalar
from rejoint_sync.circle.log import Membership
from rejoint_sync.document import Document
from rejoint_sync.stores.sqlite import SqliteStore
from server.ring import Ring

_AT_ONCE = 500


@dataclass(slots=True)
class Work:
    """What was done.

    Attributes:
        entries: Log entries that were replayed.
        signatures: Signatures that were checked.
        statements: Statements of SQLite.
        steps: Instructions of SQLite's machine: rows looked at, by another name.
    """

    entries: int = 0
    signatures: int = 0
    statements: int = 0
    steps: int = 0


@contextmanager
def counted(store: SqliteStore) -> Iterator[Work]:
    """Count the work of what happens inside."""
    work = Work()
    parse, verify = schema.parse_entry, envelope.es256_verify

    def parse_counted(value: object) -> Any:
        work.entries += 1
        return parse(value)

    def verify_counted(*given: Any) -> None:
        work.signatures += 1
        verify(*given)

    def note(event: Any) -> None:
        work.statements += 1
        work.steps += event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"]

    connections = (store._reading, store._writer._connection)
    for connection in connections:
        connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, note, id=work)
    try:
        with (
            patch.object(log, "parse_entry", parse_counted),
            patch("rejoint_sync.circle.document.es256_verify", verify_counted),
            patch.object(jws, "es256_verify", verify_counted),
        ):
            yield work
    finally:
        for connection in connections:
            connection.trace_v2(0, None, id=work)


async def lengthen(ring: Ring, log_entries: int, documents: int) -> None:
    """Write entries, each of which opens and takes back an invitation, and documents."""
    membership, written = ring.membership, []
    while membership.seq + 1 < log_entries:
        entry = _next(membership, ring)
        membership = membership.append(entry)
        written.append(Document.parse({**entry, "_rev": structural_rev(entry)}))
    ring.membership = membership
    written += [
        Document.parse(
            {
                "_id": f"ev:2611:{ring.founder.id}:c{n:06d}",
                "_rev": f"1-{n:032x}",
                "h": membership.h,
                "c": "A" * 250,
                "s": "A" * 86,
            }
        )
        for n in range(1, documents + 1)
    ]
    for start in range(0, len(written), _AT_ONCE):
        await ring.scene.store.write(
            ring.circle, written[start : start + _AT_ONCE], new_edits=False
        )
    ring.counters[ring.founder.id, "c"] = documents
    policy = ring.scene.application.service.policy
    assert isinstance(policy, CirclePolicy)
    await policy._memberships.refresh(ring.circle)


def _next(membership: Membership, ring: Ring) -> dict[str, Any]:
    ts = membership.stamps[-1].ts
    for invitation in membership.open_invitations(ts):
        return entries.uninvite(membership, ring.founder, iid=invitation.iid, ts=ts)
    return entries.invite(
        membership,
        ring.founder,
        iid=f"i{membership.seq:022d}",
        sign_scalar=generate_scalar(),
        role="caregiver",
        member="m" + "A" * 22,
        s="c",
        exp=ts + 60,
        ts=ts,
    )
