"""A stock PouchDB 9 in Node against a real server: what phones do, without our own code."""

import json
import subprocess
import sys
from pathlib import Path

from e2e.server_process import ServerProcess

ROOT = Path(__file__).parents[2]


def test_a_stock_pouchdb_syncs_both_ways_at_once_and_live(tmp_path: Path) -> None:
    node = Path(sys.executable).parent / "node"
    script = Path(__file__).with_suffix(".mjs").with_name("pouchdb_sync.mjs")
    log = tmp_path / "server.log"
    with ServerProcess(tmp_path / "data", log, "--policy", "open") as server:
        run = subprocess.run(
            [node, script, ROOT / "pwa" / "node_modules", f"{server.url}/db/story"],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "pushed": 300,
        "pulled": 300,
        "failures": 0,
        "again": 0,
        "documents": 641,
        "conflicted": 112,
        "idleRequests": 0,
        "leavesEqual": True,
        "winnersEqual": True,
    }
    assert "level=error" not in log.read_text()
