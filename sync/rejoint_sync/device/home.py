"""The directory that a headless device lives in: its keys, its lock, its copy of the circles.

    keys.json    who it is and which server it belongs to; readable by its owner alone
    lock         held while a command runs; a second command waits for it
    circles/     the local store: one database per circle, and `device` for what spans them

Whoever reads keys.json is this device. It is written whole or not at all, and read back and used
before its public half goes anywhere.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import orjson

from rejoint_sync.circle.grammar import require_integer, require_members
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.errors import CircleError, StoreUnavailable, SyncError
from rejoint_sync.stores import Store
from rejoint_sync.stores.sqlite import SqliteStore

LOCK_WAIT_S: Final = 10.0
_POLL_S: Final = 0.05

OpenStore = Callable[[Path], Awaitable[Store]]
"""Opens the local store of a directory."""

_KEYS: Final = frozenset({"v", "server", "connect", "device", "keys"})


class HomeUnusable(SyncError):
    """The directory is not that of a device, or was changed by something else."""

    status = 422
    error = "home_unusable"


class HomeBusy(StoreUnavailable):
    """Another command holds the directory."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a device is.

    Attributes:
        server: Origin of its server as people and logins name it.
        connect: Origin to connect to; mostly the same.
        keys: Its private keys.
    """

    server: str
    connect: str
    keys: DeviceKeys


class Home:
    """An opened directory; `async with await Home.open(…)` closes it.

    Attributes:
        path: The directory.
        identity: Who lives there; None before the first `new` or `join`.
        store: The local copy.
    """

    def __init__(self, path: Path, lock: int, store: Store, identity: Identity | None) -> None:
        self.path = path
        self.store = store
        self.identity = identity
        self._lock = lock

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        make: bool,
        wait_s: float = LOCK_WAIT_S,
        open_store: OpenStore | None = None,
    ) -> Self:
        """Lock and open a directory.

        Args:
            path: The directory.
            make: Make it when it is not there.
            wait_s: How long to wait for another command.
            open_store: Opens the store in it; None for `SqliteStore.open`.

        Raises:
            HomeUnusable: No device lives there, or its files were changed.
            HomeBusy: Another command is still running.
        """
        _require_inhabited(path, make=make)
        lock = await _locked(path / "lock", wait_s)
        try:
            identity = _read_identity(path / "keys.json")
            store = await (open_store or SqliteStore.open)(path / "circles")
        except BaseException:
            os.close(lock)
            raise
        return cls(path, lock, store, identity)

    def adopt(self, identity: Identity) -> Identity:
        """Write who lives here, durably; what was read back is returned and used."""
        secret = {
            "v": 1,
            "server": identity.server,
            "connect": identity.connect,
            "device": identity.keys.id,
            "keys": identity.keys.to_secret(),
        }
        _write_whole(self.path / "keys.json", orjson.dumps(secret))
        self.identity = _read_identity(self.path / "keys.json")
        if self.identity is None or self.identity != identity:
            raise HomeUnusable("the keys could not be read back")
        return self.identity

    async def __aenter__(self) -> Self:
        """The home itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the store, then let the next command in."""
        await self.store.close()
        os.close(self._lock)


def _require_inhabited(path: Path, *, make: bool) -> None:
    if make:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif not (path / "keys.json").exists():
        raise HomeUnusable(f"no device lives in {path}; make one with new or join")


async def _locked(path: Path, wait_s: float) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = asyncio.get_running_loop().time() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if asyncio.get_running_loop().time() >= until:
                os.close(handle)
                raise HomeBusy(f"another command is using {path.parent}; try again") from None
            await asyncio.sleep(_POLL_S)
        else:
            return handle


def _read_identity(path: Path) -> Identity | None:
    """Who lives here, None when nobody does yet."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        text = file.read()
    if mode & 0o077:
        raise HomeUnusable(f"others may read {path}; run chmod 600 on it, or make a new device")
    try:
        secret = require_members(orjson.loads(text), _KEYS, "the keys of a device")
        require_integer(secret["v"], 1, 1)
        keys = DeviceKeys.from_secret(secret["keys"])
    except (orjson.JSONDecodeError, CircleError):
        raise HomeUnusable(f"{path} is not that of a device, or it was changed") from None
    if keys.id != secret["device"]:
        raise HomeUnusable(f"the keys in {path} are not those of this device")
    return Identity(str(secret["server"]), str(secret["connect"]), keys)


def _write_whole(path: Path, text: bytes) -> None:
    """Replace a file so that a crash leaves the old one or the new one, and the new one lasts."""
    new = path.with_suffix(".new")
    with contextlib.suppress(FileNotFoundError):
        new.unlink()
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
