"""What an operator and a machine that watches may ask: `/healthz`, `/readyz`, `/metrics`.

`/metrics` is for who shows the token, when the operator set one. Without one it is for this machine
only: a request from a loopback address, to a loopback name, that no proxy has passed on.

A full disk is noticed by the write that finds no room. It is over when a write finds room again;
when none comes, whoever asks `/readyz` or `/metrics` makes one of the server's own.
"""

import contextlib
import hmac
import ipaddress
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from litestar import Request as LitestarRequest
from litestar import Response, get
from litestar.types import ControllerRouterHandler
from pydantic import SecretStr

from rejoint_server.access.hints import NOTES
from rejoint_server.circles.ledger import Ledger
from rejoint_server.circles.upkeep import Upkeep
from rejoint_server.operations.metrics import CONTENT_TYPE, Metrics
from rejoint_server.operations.store_copy import LAST_BACKUP_FILE
from rejoint_server.reminders import Counts, Rows
from rejoint_server.reminders.scheduler import Scheduler
from rejoint_sync.errors import Forbidden, StoreFull, StoreUnavailable, SyncError
from rejoint_sync.stores import Store
from rejoint_sync.stores.sqlite_schema import STORE_FILE

HttpRequest = LitestarRequest[Any, Any, Any]

PROBE: Final = b'{"room":"' + b"." * 32_768 + b'"}'
"""What is written to find out whether there is room: as much as a usual push."""

_PASSED_ON: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
_FULL: Final = 507


class Operations:
    """The state that the routes tell.

    Args:
        store: Of the server; its notes are open before anyone asks.
        data: The data directory.
        token: Who shows it may read the figures; None for this machine only.
        under_way: How many requests are.
    """

    def __init__(
        self, store: Store, data: Path, token: SecretStr | None, under_way: Callable[[], int]
    ) -> None:
        self._store = store
        self._token = token
        self._full = False
        self._rows: Rows | None = None
        self._counts = Counts()
        self._has_push_key: Callable[[], Awaitable[bool]] = _yes
        self._lacks_push_key = False
        self.metrics = Metrics()
        self._offer_gauges(data, under_way)

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note one request that is over."""
        if status == _FULL:
            self._full = True
        self.metrics.count(method, route, status, seconds)

    async def is_full(self) -> bool:
        """Whether a write finds no room; asks the store only after one found none."""
        if self._full:
            try:
                await self._store.local_put(NOTES, "probe", PROBE)
            except StoreFull:
                return True
            except StoreUnavailable:
                return self._full
            self._full = False
            await self._store.local_delete(NOTES, "probe")
        return self._full

    async def state(self) -> dict[str, bool]:
        """Whether reads and writes work now, and whether pings can be signed."""
        try:
            await self._store.local_get(NOTES, "setup")
            push = await self._has_push_key()
        except SyncError:
            return {"ok": False, "reads": False, "writes": False, "push": False}
        writes = not await self.is_full()
        # A server that cannot ping takes and gives records all the same.
        return {"ok": writes, "reads": True, "writes": writes, "push": push}

    def check_reader(self, request: HttpRequest) -> None:
        """Let in who may read the figures. Raises `Forbidden`."""
        if self._token is not None:
            shown = request.headers.get("authorization", "").encode()
            expected = f"Bearer {self._token.get_secret_value()}".encode()
            if not hmac.compare_digest(shown, expected):
                raise Forbidden("The figures are for who shows the operator's token.")
            return
        client = request.client.host if request.client else ""
        passed_on = any(name in request.headers for name in _PASSED_ON)
        if passed_on or not _is_loopback(client) or not _is_loopback(request.url.hostname or ""):
            raise Forbidden("The figures are for this machine; set a token for others.")

    def watch(self, ledger: Ledger, upkeep: Upkeep) -> None:
        """Offer the figures of what restores left behind, and of the daily work."""
        self.metrics.show(
            "rejoint_upkeep_failed",
            "Circles that the last day's work failed on.",
            lambda: upkeep.failed,
        )
        self.metrics.show(
            "rejoint_circles_frozen",
            "Circles of which two logs are about: nothing new is taken there.",
            lambda: ledger.frozen,
        )
        self.metrics.show(
            "rejoint_circles_wait_seconds",
            "How long circles wait for their devices after a restore, at most.",
            lambda: ledger.waiting_s,
        )

    def watch_reminders(self, rows: Rows, scheduler: Scheduler | None) -> None:
        """Offer the figures of reminders."""
        self._rows = rows
        self.metrics.show(
            "rejoint_reminders_schedules",
            "Devices with a schedule of reminders.",
            lambda: self._counts.schedules,
        )
        self.metrics.show(
            "rejoint_reminders_silent",
            "Of these, how many were not heard of for 14 days, as their clinics were told.",
            lambda: self._counts.silent,
        )
        self.metrics.show(
            "rejoint_reminders_failed",
            "Reminders, and whole minutes of them, that went wrong.",
            lambda: scheduler.failed if scheduler else 0,
        )

    def watch_push(self, has_key: Callable[[], Awaitable[bool]]) -> None:
        """Tell whether the server has the key that the others on its store go by."""
        self._has_push_key = has_key
        self.metrics.show(
            "rejoint_push_key_missing",
            "1 when other servers on the store have a newer push key than this one.",
            lambda: float(self._lacks_push_key),
        )

    async def page(self) -> bytes:
        """All figures; those of the store as they were when it could last be asked."""
        await self.is_full()
        if self._rows is not None:
            with contextlib.suppress(SyncError):
                self._counts = await self._rows.counts()
        with contextlib.suppress(SyncError):
            self._lacks_push_key = not await self._has_push_key()
        return self.metrics.page()

    def _offer_gauges(self, data: Path, under_way: Callable[[], int]) -> None:
        show = self.metrics.show
        show("rejoint_requests_under_way", "Requests not answered yet.", under_way)
        show(
            "rejoint_store_disk_full",
            "1 when the last write found no room.",
            lambda: float(self._full),
        )
        show(
            "rejoint_store_free_bytes",
            "Room left where the data directory is.",
            lambda: shutil.disk_usage(data).free,
        )
        show(
            "rejoint_store_bytes",
            "Size of the store with its write-ahead log.",
            lambda: sum(_size(data / name) for name in (STORE_FILE, f"{STORE_FILE}-wal")),
        )
        show(
            "rejoint_last_backup_timestamp_seconds",
            "When the last backup was complete; 0 when there was none.",
            lambda: _changed(data / LAST_BACKUP_FILE),
        )


def operation_routes(operations: Operations) -> list[ControllerRouterHandler]:
    """The handlers of `/healthz`, `/readyz` and `/metrics`."""

    @get("/healthz", sync_to_thread=False)
    def healthz() -> dict[str, bool]:
        return {"ok": True}

    @get("/readyz")
    async def readyz() -> Response[dict[str, bool]]:
        state = await operations.state()
        return Response(state, status_code=200 if state["ok"] else 503)

    @get("/metrics")
    async def metrics(request: HttpRequest) -> Response[bytes]:
        operations.check_reader(request)
        return Response(await operations.page(), media_type=CONTENT_TYPE)

    return [healthz, readyz, metrics]


async def _yes() -> bool:
    return True


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
