"""What a person can take along, and what a person can have checked.

An export is a directory of plain JSON: all records of all circles as they open, those that are on
this device alone, and what was not sent yet as it is sealed. Whoever reads it reads the record.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from rejoint_sync.circle.document import KINDS, verify
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.feeds import advance
from rejoint_sync.device.log import Answer
from rejoint_sync.device.replica import document_of
from rejoint_sync.device.tending import kept
from rejoint_sync.errors import BadRequest, CircleError


async def export(copies: Sequence[CircleCopy], folder: Path) -> Answer:
    """Write all that this device can read into a new directory, readable by its owner alone.

    Args:
        copies: The circles.
        folder: Must not be there, or be empty.

    Returns:
        `folder`, `circles`, `records`, `unsent`.

    Raises:
        BadRequest: Something is in the directory already.
    """
    _make(folder)
    records = unsent = 0
    for copy in copies:
        readable = await _readable(copy)
        _write(folder / f"{copy.circle}.json", readable)
        sealed = await _sealed(copy)
        if sealed:
            _write(folder / f"{copy.circle}.unsent.json", {"docs": sealed})
        records += len(readable["records"])
        unsent += len(sealed)
    _sync(folder)
    counts = {"circles": len(copies), "records": records, "unsent": unsent}
    return {"folder": str(folder), **counts}


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BadRequest("expected a new or an empty directory")
    folder.chmod(0o700)


async def _readable(copy: CircleCopy) -> dict[str, Any]:
    log = copy.members
    return {
        **await copy.show(),
        "purpose": log.purpose,
        "kept": await kept(copy),
        "members": [
            {"device": one.device, "member": one.member, "role": one.role, "live": one.live}
            for one in log.devices.values()
        ],
    }


async def _sealed(copy: CircleCopy) -> list[dict[str, Any]]:
    """What the server has not taken yet, as it would be sent."""
    names = [*copy.state.unsent, *copy.state.quarantined]
    held = await copy.store.read_many(copy.circle, names)
    documents = [document_of(name, one.leaves[0]) for name, one in held.items()]
    for document in documents:
        document.pop("_revisions")
    return documents


def _write(path: Path, value: object) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(orjson.dumps(value, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


async def check(copies: Sequence[CircleCopy]) -> Answer:
    """Verify every log, signature, key link and chain of this device's copy; changes nothing.

    Returns:
        `circles`, `entries`, `documents`, `unsent`, `kept`, `alarms` (numbers), and `faults`, each
        with `circle`, `id` and `code`.
    """
    counts = dict.fromkeys(("entries", "documents", "unsent", "kept", "alarms"), 0)
    faults: list[dict[str, str]] = []
    for copy in copies:
        counts["entries"] += copy.members.seq + 1
        counts["unsent"] += len(copy.state.unsent)
        counts["kept"] += len(copy.state.kept)
        counts["alarms"] += len(copy.state.alarms)
        counts["documents"] += await _verify(copy, faults)
        ring = await copy.keyring()
        found = [(f"epoch {bad.stream}{bad.e}", "back") for bad in ring.broken]
        found += [(name, "wrap") for name in ring.closed]
        found += [(f"stream {stream}", "epoch") for stream in await copy.lacking()]
        await advance(copy)
        found += [(name, "gap") for name, note in copy.state.feeds.items() if note.beyond]
        faults += [{"circle": copy.circle, "id": name, "code": code} for name, code in found]
    return {"circles": len(copies), **counts, "faults": faults}


async def _verify(copy: CircleCopy, faults: list[dict[str, str]]) -> int:
    count = 0
    for kind in sorted(KINDS):
        async for stored in copy.range(f"{kind}:"):
            for leaf in stored.leaves:
                document = document_of(stored.id, leaf)
                document.pop("_revisions")
                count += 1
                try:
                    verify(copy.members, document)
                except CircleError as error:
                    fault = {"circle": copy.circle, "id": stored.id, "code": error.code}
                    faults.append(fault)
    return count
