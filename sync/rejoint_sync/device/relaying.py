"""Relay files of a headless device: what it could not send, and what it brings for others."""

import os
from pathlib import Path
from typing import Any, Final

from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.desk import Desk
from rejoint_sync.device.replica import document_of
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import BadRequest
from rejoint_sync.exchange import relay
from rejoint_sync.exchange.messages import Records
from rejoint_sync.exchange.packing import pack

RELAY_PATH: Final = "/relay"


class RelayActs(Desk):
    """Acts about relay files; see `device.Device`."""

    async def relay_export(self, path: Path) -> dict[str, Any]:
        """Write all that waits here into one sealed file; works without the server.

        Args:
            path: A new file; one that is there is not overwritten.

        Returns:
            `file`, `records`, `bytes`.

        Raises:
            BadRequest: The server never told its relay key here.
            CircleError: `schema`: nothing waits; `limit`: too much for one file.
        """
        point = b64u_decode(await self._relay_key())
        records = [await _waiting(copy) for copy in await self._copies()]
        keys, server = self._identity.keys, self._identity.server
        text = relay.spelled(relay.seal(relay.body_of(records), keys, server, point))
        _write(path, text.encode())
        count = sum(len(one.packed) for one in records)
        return {"file": str(path), "records": count, "bytes": len(text)}

    async def relay_import(self, path: Path) -> dict[str, Any]:
        """Bring a file of another device to the server; again does no harm.

        Returns:
            `brought`, `bytes`.

        Raises:
            CircleError: As `relay.look`; `target`: for another server; `author`, `sig`, `tag`: what
                the server found wrong.
        """
        file = relay.unspelled(_read(path))
        outside = relay.look(file)
        if self._state.relay_key:
            relay.require_for(outside, b64u_decode(self._state.relay_key))
        async with self._line() as line:
            await line.open.call("POST", RELAY_PATH, body=file)
        return {"brought": True, "bytes": len(file)}

    async def _relay_key(self) -> str:
        if self._state.relay_key:
            return self._state.relay_key
        try:
            async with self._line() as line:
                key = (await line.open.call("GET", RELAY_PATH))["key"]
        except Unreachable:
            raise BadRequest("this device has to reach its server once first: sync") from None
        self._state.relay_key = str(key)
        await self._state.write(self._home.store)
        return self._state.relay_key


async def _waiting(copy: CircleCopy) -> Records:
    """Own records of a circle that the server has not answered for, in their order."""
    held = await copy.store.read_many(copy.circle, copy.state.unsent)
    documents = [
        document_of(name, held[name].leaves[0]) for name in copy.state.unsent if name in held
    ]
    return Records(copy.circle, pack(documents, copy.keys.id), again=True)


def _read(path: Path) -> bytes:
    return path.read_bytes()


def _write(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
