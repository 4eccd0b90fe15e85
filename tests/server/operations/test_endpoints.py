"""What an operator may ask, who may ask it, and what a full disk does to it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from rejoint_server.operations.store_copy import LAST_BACKUP_FILE
from rejoint_sync.stores.sqlite import SqliteStore
from server.scene import Person, Scene, open_scene
from sync.stores.disk import Disk

HERE = {"host": "127.0.0.1:8000"}
WELL = {"ok": True, "reads": True, "writes": True, "push": True}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(f"disk-{tmp_path}", tmp_path / "survives")
    yield made
    made.unregister()


@pytest.fixture
async def kept(tmp_path: Path, disk: Disk) -> AsyncIterator[Scene]:
    """A server of circles over SQLite on that disk."""
    store = await SqliteStore.open(tmp_path, vfs=disk.name)
    async with open_scene(tmp_path, store) as opened:
        yield opened
    await store.close()


async def figures(scene: Scene) -> dict[str, float]:
    answer = await scene.ask("GET", "/metrics", headers=HERE)
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_a_server_that_works_is_ready(kept: Scene) -> None:
    answer = await kept.ask("GET", "/readyz")
    assert (answer.status_code, answer.json()) == (200, WELL)


async def test_a_full_disk_refuses_writes_tells_it_and_is_over_by_itself(
    kept: Scene, disk: Disk
) -> None:
    admin = await Person.founder(kept)
    record = admin.record("pr", type="clinic", name="x")
    disk.is_full = True
    body = {"docs": [record], "new_edits": False}
    path = f"/db/{admin.circle}"
    answer = await kept.ask("POST", f"{path}/_bulk_docs", json=body, headers=admin.login(kept))
    assert (answer.status_code, answer.json()["error"]) == (507, "insufficient_storage")
    assert (await kept.ask("GET", f"{path}/_changes", headers=admin.login(kept))).status_code == 200
    ready = await kept.ask("GET", "/readyz")
    assert (ready.status_code, ready.json()) == (503, {**WELL, "ok": False, "writes": False})
    assert (await figures(kept))["rejoint_store_disk_full"] == 1
    assert (await kept.ask("GET", "/healthz")).status_code == 200
    disk.is_full = False
    assert (await figures(kept))["rejoint_store_disk_full"] == 0
    assert (await kept.ask("GET", "/readyz")).status_code == 200
    assert await admin.push(kept, record) == []


async def test_a_closed_store_is_not_ready(kept: Scene) -> None:
    await kept.store.close()
    answer = await kept.ask("GET", "/readyz")
    assert (answer.status_code, answer.json()["reads"]) == (503, False)


async def test_figures_name_nobody(kept: Scene, tmp_path: Path) -> None:
    admin = await Person.founder(kept)
    await admin.push(kept, admin.record("pr", type="clinic", name="x"))
    await kept.ask("GET", f"/db/{admin.circle}/nothing", headers=admin.login(kept))
    await kept.ask("GET", "/a/path/of/a/person")
    (tmp_path / LAST_BACKUP_FILE).touch()
    page = (await kept.ask("GET", "/metrics", headers=HERE)).text
    assert admin.circle not in page
    assert admin.keys.id not in page
    assert "person" not in page
    shown = await figures(kept)
    assert shown['rejoint_requests_total{method="POST",route="/circles",status="201"}'] == 1
    assert shown["rejoint_requests_under_way"] == 1
    assert shown["rejoint_store_bytes"] > 4096
    assert shown["rejoint_store_free_bytes"] > 0
    assert shown["rejoint_last_backup_timestamp_seconds"] > 1_700_000_000


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "clinic.example"},
        HERE | {"x-forwarded-for": "127.0.0.1"},
        HERE | {"forwarded": "for=127.0.0.1"},
        HERE | {"x-real-ip": "127.0.0.1"},
        HERE | {"via": "1.1 x"},
    ],
)
async def test_figures_are_for_this_machine(scene: Scene, headers: dict[str, str]) -> None:
    assert (await scene.ask("GET", "/metrics", headers=headers)).status_code == 403


async def test_figures_are_not_for_other_machines(scene: Scene) -> None:
    transport = httpx.ASGITransport(app=scene.application.edge, client=("192.0.2.7", 4242))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        assert (await client.get("/metrics")).status_code == 403


async def test_a_token_opens_the_figures_from_anywhere_and_is_then_needed(tmp_path: Path) -> None:
    token = "x" * 16
    async with open_scene(tmp_path, metrics_token=SecretStr(token)) as scene:
        for headers, status in [
            ({"authorization": f"Bearer {token}"}, 200),
            ({"authorization": f"Bearer {token}x"}, 403),
            ({"authorization": "Bearer é"}, 403),
            (HERE, 403),
        ]:
            encoded = {name: value.encode() for name, value in headers.items()}
            answer = await scene.ask("GET", "/metrics", headers=encoded)
            assert answer.status_code == status


async def test_the_policy_open_offers_none_of_it(couch: Scene) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert (await couch.ask("GET", path, headers=HERE)).status_code >= 400
