"""Where a replication resumes: one note on each side, and what both of them remember.

Each side keeps the note in a `_local` document, which is never replicated. A position counts only
when *both* notes know it: if one side was restored from a backup, lost its storage or was replaced,
the newest position that both recorded is older, or there is none and the run starts at 0. Nothing
is lost either way, because writing a revision twice writes it once.

CouchDB compares sessions; here a position is the pair of session and sequence, because one session
records many positions, and a side restored to the middle of a session would pass as up to date.

Source: CouchDB 3.5 documentation, "Replication Protocol", sections "Generate Replication ID",
"Compare Replication Logs" and "Record Replication Checkpoint".
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

Sequence = str | int
"""A peer's sequence: opaque, given back as it came (CouchDB 1 sent numbers)."""

HISTORY_LENGTH_MAX: Final = 5
"""Positions kept in one note: it is fetched at every sync, so it stays small."""


@dataclass(frozen=True, slots=True)
class Position:
    """What one session had copied at one moment.

    Attributes:
        session: The run that recorded it.
        sequence: The source's sequence up to which all is on the target.
    """

    session: str
    sequence: Sequence


def replication_id(source: str, target: str, selection: str) -> str:
    """Name the note of one direction between two peers.

    Args:
        source: Any text that names the source for ever, for example a device id.
        target: Likewise.
        selection: Names which documents are copied; another selection is another replication.

    >>> replication_id("a", "b", "") == replication_id("b", "a", "")
    False
    """
    digest = hashlib.sha256()
    for part in (source, target, selection):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return "rj" + digest.hexdigest()[:30]


def positions(note: object) -> list[Position]:
    """Read a note, newest position first.

    A note that is absent or that is not ours to understand has no positions: the run then starts
    at 0, which costs time and loses nothing.
    """
    if not isinstance(note, dict):
        return []
    history = note.get("history")
    found: list[Position] = []
    for entry in history if isinstance(history, list) else []:
        if not isinstance(entry, dict):
            return []
        session, sequence = entry.get("session_id"), entry.get("recorded_seq")
        if not isinstance(session, str) or not isinstance(sequence, str | int):
            return []
        found.append(Position(session, sequence))
    return found


def common(source: list[Position], target: list[Position]) -> list[Position]:
    """The newest position that both sides know, and what the source knows before it.

    Returns:
        Newest first; empty when nothing is in common and the run starts at 0.
    """
    known = set(target)
    for index, position in enumerate(source):
        if position in known:
            return source[index:]
    return []


def note(identifier: str, history: list[Position], revision: str | None) -> dict[str, Any]:
    """The body of the `_local` document for this history.

    Args:
        identifier: From `replication_id`.
        history: At least one position, newest first; the oldest beyond the limit are left out.
        revision: `_rev` of the note that it replaces; None for the first.
    """
    kept = history[:HISTORY_LENGTH_MAX]
    body: dict[str, Any] = {
        "_id": f"_local/{identifier}",
        "replication_id_version": 4,
        "session_id": kept[0].session,
        "source_last_seq": kept[0].sequence,
        "history": [
            {"session_id": position.session, "recorded_seq": position.sequence} for position in kept
        ],
    }
    if revision is not None:
        body["_rev"] = revision
    return body
