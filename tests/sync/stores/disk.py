"""A disk that can be watched, filled, slowed down and cut off, as an SQLite VFS.

What a power cut leaves is kept apart: a copy of each file as it was at its last sync. Bytes that
were written and not synced are not in it. A file that was removed is in it until its directory is
synced, which SQLite does when it first syncs a new WAL.
"""

import shutil
import threading
import time
from pathlib import Path

import apsw


class Disk(apsw.VFS):
    """One disk; give its `name` to `SqliteStore.open`.

    Attributes:
        syncs: How often something was synced.
        is_full: Whether every write fails.
        is_broken: Whether every sync fails.
        sync_s: How long a sync takes at least, in seconds.
    """

    def __init__(self, name: str, survives: Path) -> None:
        self.name = name
        self._survives = survives
        self.syncs = 0
        self.is_full = False
        self.is_broken = False
        self.sync_s = 0.0
        self._lock = threading.Lock()
        self._removed: list[Path] = []
        survives.mkdir()
        super().__init__(name, "")

    def cut(self, directory: Path) -> None:
        """Write what a power cut now would leave into a new directory."""
        with self._lock:
            shutil.copytree(self._survives, directory)

    def keep(self, path: Path) -> None:
        """Note that a file, as it is now, is on the disk for good."""
        with self._lock:
            self.syncs += 1
            survivor = self._survives / path.name
            if path.name.endswith("-wal") and not survivor.exists():
                for removed in self._removed:
                    removed.unlink(missing_ok=True)
                self._removed.clear()
            shutil.copyfile(path, survivor)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001, N802
        super().xDelete(filename, syncdir)
        with self._lock:
            survivor = self._survives / Path(filename).name
            if syncdir:
                survivor.unlink(missing_ok=True)
            else:
                self._removed.append(survivor)

    def xOpen(  # noqa: N802  # SQLite's name
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> "DiskFile":
        return DiskFile(self, name, flags)


class DiskFile(apsw.VFSFile):
    """One open file of a `Disk`."""

    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        text = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._path = Path(text) if text else None
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        if self._disk.is_full:
            raise apsw.FullError
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        time.sleep(self._disk.sync_s)
        if self._disk.is_broken:
            raise apsw.IOError
        super().xSync(flags)
        if self._path is not None:
            self._disk.keep(self._path)
