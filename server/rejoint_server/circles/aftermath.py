"""What is known of restores: when what was lost, and whether circles still wait for their devices.

It stands in a file of the data directory, so that an operator can end the waiting while the server
runs. The file is replaced whole; who asks looks whether it is another one.
"""

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import orjson

from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.stores.sqlite_schema import sync_directory

AFTERMATH_FILE: Final = "restored.json"

WAITING_SECONDS: Final = 7 * 86_400
"""How long after a restore a circle waits for its devices at most."""

SLACK_SECONDS: Final = 300
"""How far an entry's own time may lie from the server's clock."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What restores left behind.

    Attributes:
        windows: Of each restore, when its backup was made and when it was restored, unix seconds:
            what was accepted in between may be lost.
        waiting_until_s: Until then a circle waits for its devices; 0 when none has to.
    """

    windows: tuple[tuple[int, int], ...] = ()
    waiting_until_s: int = 0

    @classmethod
    def read(cls, data: Path) -> Self:
        """Read the file of a data directory; nothing happened when there is none.

        Raises:
            StoreUnavailable: It cannot be read.
        """
        try:
            text = (data / AFTERMATH_FILE).read_bytes()
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise StoreUnavailable(f"cannot read {AFTERMATH_FILE}: {error.strerror}") from error
        try:
            value: dict[str, Any] = orjson.loads(text)
            windows = tuple((int(begin), int(end)) for begin, end in value["windows"])
            return cls(windows, int(value["waiting_until_s"]))
        except (ValueError, TypeError, KeyError) as error:
            raise StoreUnavailable(f"{AFTERMATH_FILE} was changed by something else") from error

    def write(self, data: Path) -> None:
        """Put it in the place of the file, durably. Raises `OSError`."""
        part = data / f".{AFTERMATH_FILE}.{os.getpid()}.part"
        with part.open("wb") as file:
            file.write(orjson.dumps(asdict(self)))
            file.flush()
            os.fsync(file.fileno())
        part.rename(data / AFTERMATH_FILE)
        sync_directory(data)

    def after_restore(self, backed_up_s: int, now_s: int, *, complete: bool) -> Self:
        """What it is after one more restore.

        Args:
            backed_up_s: When the backup was made; 0 when that is not known.
            now_s: Now.
            complete: Whether the journal had everything that the backup lacks.
        """
        until_s = self.waiting_until_s if complete else now_s + WAITING_SECONDS
        return replace(self, windows=(*self.windows, (backed_up_s, now_s)), waiting_until_s=until_s)

    def may_have_lost(self, ts: int) -> bool:
        """Whether an entry of this time may have been accepted and then lost by a restore."""
        return any(
            begin - SLACK_SECONDS <= ts <= end + SLACK_SECONDS for begin, end in self.windows
        )


class Watched:
    """The file of a running server; read anew when somebody has replaced it.

    Args:
        data: The data directory.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._seen: tuple[int, int] | None = None
        self._known = Aftermath()

    def now(self) -> Aftermath:
        """What the file says. Raises `StoreUnavailable`."""
        try:
            found = (self._data / AFTERMATH_FILE).stat()
        except OSError:
            return Aftermath()
        seen = (found.st_ino, found.st_mtime_ns)
        if seen != self._seen:
            self._known = Aftermath.read(self._data)
            self._seen = seen
        return self._known
