"""Faults that are planted on purpose, one at a time: the worlds must see each of them.

Each is a patch in `planted/` that is applied to a copy of the sources; its first line says from
which world on it is looked for, so that none before is run again and again. One that does not apply
any more is made anew, on what its lines have become.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANTED = sorted(Path(__file__).parent.joinpath("planted").glob("*.patch"))
WORLDS_MAX = 15
"""A fault that so many worlds do not see is one that they cannot see."""


def copy_of_the_sources(folder: Path) -> None:
    """What a world is made of, to be spoiled."""
    for name in ("sync", "server", "pwa/src", "pwa/test/sim"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pwa" / "node_modules").symlink_to(ROOT / "pwa" / "node_modules")


@pytest.mark.parametrize("patch", PLANTED, ids=lambda patch: patch.stem)
def test_the_worlds_see_a_planted_fault(tmp_path: Path, patch: Path) -> None:
    copy_of_the_sources(tmp_path)
    subprocess.run(["git", "apply", "-p1", "-C1", patch], cwd=tmp_path, check=True)
    first = re.findall(r"\d+", patch.read_text().partition("\n")[0])[0]
    shipped = ("--shipped", "--pwa", str(tmp_path / "pwa"))
    kinds = {"web_app": shipped} | {one: (f"--{one}",) for one in ("losing", "taking", "pouchdb")}
    kind = next((name for name in kinds if patch.stem.startswith(name)), "")
    where = os.pathsep.join(str(tmp_path / part) for part in ("sync", "server"))
    went = subprocess.run(
        [
            *(sys.executable, "-m", "sim.run", "--from", first),
            *("--seeds", str(WORLDS_MAX), "--until-broken"),
            *("--jobs", "1", *kinds.get(kind, ())),
        ],
        cwd=ROOT / "tests",
        env=os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": where},
        capture_output=True,
        text=True,
        check=False,
        timeout=570,
    )
    assert went.stderr == ""
    assert "broke a law" in went.stdout
    assert went.returncode == 1, f"nothing was seen: {went.stdout}"


def test_there_are_faults_of_every_part() -> None:
    patches = "".join(patch.read_text() for patch in PLANTED)
    for part in ("sync/rejoint_sync/stores", "sync/rejoint_sync/device", "server"):
        assert f"+++ b/{part}/" in patches
    assert len(PLANTED) >= 8
