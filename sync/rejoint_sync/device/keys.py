"""The keys that an entry needs beside it: new epochs with their links and fences, and wraps."""

import secrets
from collections.abc import Collection, Mapping
from typing import Any

from rejoint_sync.circle import entries
from rejoint_sync.circle.envelope import NONCE_BYTES, SECRET_BYTES
from rejoint_sync.circle.epochs import Secrets, make_wraps, pieces, required_wraps, wrap_id
from rejoint_sync.circle.log import Mark, Membership
from rejoint_sync.device.circle import CircleCopy

Wraps = tuple[dict[str, Any], ...]
Fences = Mapping[str, Mapping[str, Mark]]
"""By stream and device, up to where the documents of a device count that is gone."""


async def wraps_of(
    copy: CircleCopy, before: Membership, after: Membership, fresh: Secrets | None = None
) -> Wraps:
    """Write every wrap that belongs to an entry, and those that mend a broken chain.

    Args:
        copy: The circle; what it holds is enough.
        before: The membership before the entry.
        after: The membership after it.
        fresh: The secrets of the epochs that the entry opens.

    Raises:
        CircleError: `epoch`: a key that must be handed on is not held.
    """
    ring = await copy.keyring()
    held = {stream: dict(chain) for stream, chain in ring.secrets.items()}
    for stream, chain in (fresh or {}).items():
        held.setdefault(stream, {}).update(chain)
    names = required_wraps(before, after)
    if any(int(name[6:12]) not in held.get(name[5], {}) for name in names):
        await copy.current_secret()  # says that it is not here
    new = [device for device in after.devices if device not in before.devices]
    for stream, older in pieces(after, ring.broken).items():
        for device in new:
            if stream in after.devices[device].streams:
                names += [
                    wrap_id(stream, e, after.epochs[stream][e - 1].commit, device)
                    for e in older
                    if e in held.get(stream, {})
                ]
    return make_wraps(after, names, held)


async def open_epochs(
    copy: CircleCopy, members: Membership, streams: Collection[str], fences: Fences
) -> tuple[dict[str, dict[str, Any]], Secrets]:
    """Draw the next epoch of each of these streams, linked to the one before where that is held.

    Returns:
        What the entry carries as `ep`, and the new secrets.
    """
    held = await copy.secrets()
    ep: dict[str, dict[str, Any]] = {}
    fresh: dict[str, dict[int, bytes]] = {}
    for stream in streams:
        chain = members.epochs.get(stream, ())
        es = secrets.token_bytes(SECRET_BYTES)
        ep[stream] = entries.epoch(
            members,
            stream,
            es=es,
            before=held.get(stream, {}).get(len(chain)),
            fence=fences.get(stream, {}),
            nonce=secrets.token_bytes(NONCE_BYTES),
        )
        fresh[stream] = {len(chain) + 1: es}
    return ep, fresh
