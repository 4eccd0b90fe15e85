"""The keys by which push services know this server (VAPID, RFC 8292), in one file.

A browser subscribes for one public key, and takes a ping only when it is signed by that key. So a
new key reaches nobody at first: the earlier ones are kept until the phones have subscribed anew.
The file holds private keys and is for its owner alone; it is replaced whole, and a running server
sees that it is another one.
"""

import contextlib
import os
import stat
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import orjson

from rejoint_sync.circle.encoding import b64u_decode, b64u_encode
from rejoint_sync.circle.envelope import generate_scalar, public_point, sha256
from rejoint_sync.errors import StoreUnavailable, SyncError
from rejoint_sync.stores.sqlite_schema import sync_directory

KEYS_MAX: Final = 8
"""Keys kept at once; one more than that and the oldest goes, with the subscriptions made for it."""

_ID_BYTES: Final = 8
_OWNER_ALONE: Final = 0o600


@dataclass(frozen=True, slots=True)
class PushKey:
    """One key pair.

    Attributes:
        scalar: The private half, 32 bytes.
        made_s: When it was made, Unix seconds.
        public: The public half as browsers want it: base64url of 65 bytes.
        id: Names it: 11 characters, from the hash of the public half.
    """

    scalar: bytes
    made_s: int
    public: str
    id: str

    @classmethod
    def of(cls, scalar: bytes, made_s: int) -> Self:
        """The key pair of a private half."""
        point = public_point(scalar)
        return cls(scalar, made_s, b64u_encode(point), b64u_encode(sha256(point)[:_ID_BYTES]))


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys of a server.

    Attributes:
        keys: At least one, the newest first: that is the one to subscribe for.
    """

    keys: tuple[PushKey, ...]

    @property
    def current(self) -> PushKey:
        """The key that browsers subscribe for."""
        return self.keys[0]

    def of_id(self, name: str) -> PushKey | None:
        """The key of this id, None when it is not kept."""
        return next((key for key in self.keys if key.id == name), None)

    def of_public(self, public: str) -> PushKey | None:
        """The key of this public half, None when it is not kept."""
        return next((key for key in self.keys if key.public == public), None)

    def rotated(self, now_s: int) -> Self:
        """The ring with a new key before the others; of too many the oldest is left out."""
        return type(self)((PushKey.of(generate_scalar(), now_s), *self.keys[: KEYS_MAX - 1]))

    def keeping(self, ids: set[str]) -> Self:
        """The ring without earlier keys that are not among these."""
        return type(self)((self.keys[0], *(key for key in self.keys[1:] if key.id in ids)))

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read the file; one that others could read is closed to them first.

        Raises:
            StoreUnavailable: It is not there, or was changed by something else.
        """
        try:
            with file.open("rb") as opened:
                if stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & ~_OWNER_ALONE:
                    os.fchmod(opened.fileno(), _OWNER_ALONE)
                text = opened.read()
        except OSError as error:
            raise StoreUnavailable(f"cannot read {file.name}: {error.strerror}") from error
        try:
            rows: list[dict[str, Any]] = orjson.loads(text)["keys"]
            keys = tuple(PushKey.of(b64u_decode(row["private"]), int(row["made"])) for row in rows)
        except (ValueError, TypeError, KeyError, SyncError) as error:
            raise StoreUnavailable(f"{file.name} was changed by something else") from error
        if not keys:
            raise StoreUnavailable(f"{file.name} was changed by something else")
        return cls(keys)

    def write(self, file: Path) -> None:
        """Put it in the place of the file, durably. Raises `OSError`."""
        with _part_of(file, self) as part:
            part.rename(file)
        sync_directory(file.parent)

    @classmethod
    def opened(cls, file: Path, now_s: int) -> Self:
        """Read the file; where there is none, make one with a new key.

        Raises:
            StoreUnavailable: As `read`; or it cannot be made.
        """
        if not file.exists():
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                with _part_of(file, cls((PushKey.of(generate_scalar(), now_s),))) as part:
                    _put_first(part, file)
                sync_directory(file.parent)
            except OSError as error:
                raise StoreUnavailable(f"cannot make {file.name}: {error.strerror}") from error
        return cls.read(file)


class PushKeys:
    """The keys of a running server; read anew when somebody has replaced the file.

    Args:
        file: Where they are; made when it is not there.
    """

    def __init__(self, file: Path) -> None:
        self.file: Final = file
        self._seen: tuple[int, int] | None = None
        self._ring: KeyRing | None = None

    def open(self, now_s: int) -> None:
        """Make the file if it is not there. Raises `StoreUnavailable`."""
        KeyRing.opened(self.file, now_s)

    def now(self) -> KeyRing:
        """What the file holds; what it last held when it is gone. Raises `StoreUnavailable`."""
        try:
            found = self.file.stat()
        except OSError:
            if self._ring is not None:
                return self._ring
            raise StoreUnavailable(f"{self.file.name} is not there") from None
        seen = (found.st_ino, found.st_mtime_ns)
        if self._ring is None or seen != self._seen:
            self._ring = KeyRing.read(self.file)
            self._seen = seen
        return self._ring


@contextlib.contextmanager
def _part_of(file: Path, ring: KeyRing) -> Generator[Path]:
    """A file beside the one that is meant, complete and on the disk; removed if still there."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    rows = [{"private": b64u_encode(key.scalar), "made": key.made_s} for key in ring.keys]
    part.unlink(missing_ok=True)
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ALONE)
    try:
        with os.fdopen(opened, "wb") as written:
            written.write(orjson.dumps({"keys": rows}))
            written.flush()
            os.fsync(written.fileno())
        yield part
    finally:
        part.unlink(missing_ok=True)


def _put_first(part: Path, file: Path) -> None:
    """Give a file its name, unless another server that shares it was first."""
    try:
        os.link(part, file)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        part.rename(file)
