"""Cards, exports and the clinic's key, against a real server, as people type them."""

import json
from collections.abc import Iterator

import pytest

from e2e.server_process import ServerProcess
from rejoint_server.__main__ import main
from server.device_shell import Shell

PAIN = '{"type":"pain","context":"now","score":%d}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("server")
    with ServerProcess(folder / "data", folder / "log") as running:
        yield running


@pytest.fixture(scope="module")
def shell(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell with a therapist who founded the clinic."""
    shell = Shell(tmp_path_factory.mktemp("homes"))
    shell.device("new", "--home", "@therapist", "--setup", server.setup_link())
    return shell


def test_a_card_brings_a_new_device_in(shell: Shell, server: ServerProcess) -> None:
    circle = shell.device("circle", "new", "--home", "@therapist")["circle"]
    card = shell.device("recovery-card", "--home", "@therapist")
    assert (len(card["code"]), card["circles"]) == (24, 2)
    found = shell.device("recover", "--home", "@new", "--at", server.url, "0" * 20)
    assert (found, shell.status) == (None, 1)
    assert "no card has this code" in shell.line
    found = shell.device("recover", "--home", "@new", "--at", server.url, card["code"])
    assert circle in {row["circle"] for row in found["circles"]}
    assert (found["removed"], len(found["card"]["code"])) == ([], 24)


def test_a_key_made_offline_reads(
    shell: Shell, server: ServerProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recovery-key", "new"]) == 0
    made = json.loads(capsys.readouterr().out)
    circle = shell.device("circle", "new", "--home", "@therapist")["circle"]
    of = ("--circle", circle)
    added = shell.device("add-recovery", "--home", "@therapist", *of, made["pub"])
    assert (added["device"], added["role"]) == (made["device"], "recovery")
    shell.device("put", "--home", "@therapist", *of, "--kind", "ev", "--json", PAIN % 6)
    shell.device("sync", "--home", "@therapist")
    use = ("use-key", "--home", "@vault", "--at", server.url, "--key-file", "-")
    assert shell.device(*use, given=made["key"])["device"] == made["device"]
    shell.device("sync", "--home", "@vault")
    records = shell.records(str(shell.folder / "vault"), circle)
    assert [row["value"]["score"] for row in records] == [6]


def test_a_snapshot_an_export_and_a_check(shell: Shell) -> None:
    circle = shell.device("circle", "new", "--home", "@therapist")["circle"]
    of = ("--circle", circle)
    shell.device("put", "--home", "@therapist", *of, "--kind", "ev", "--json", PAIN % 1)
    shell.device("sync", "--home", "@therapist")
    assert shell.device("snapshot", "--home", "@therapist", *of)["records"] == 1
    shell.device("sync", "--home", "@therapist")
    exported = shell.device("export", "--home", "@therapist", str(shell.folder / "out"))
    assert exported["unsent"] == 0
    assert (shell.folder / "out" / f"{circle}.json").exists()
    checked = shell.device("check", "--home", "@therapist")
    assert (checked["faults"], checked["alarms"]) == ([], 0)
    compared = shell.device("compare", "--home", "@therapist")
    assert (compared["differed"], compared["trouble"]) == ([], [])


def test_what_waits_is_taken_along_sealed(shell: Shell) -> None:
    circle = shell.device("circle", "new", "--home", "@therapist")["circle"]
    of = ("--circle", circle)
    shell.device("put", "--home", "@therapist", *of, "--kind", "ev", "--json", PAIN % 1)
    file = shell.folder / "along.json"
    found = shell.device("stuck", "--home", "@therapist", "--to", str(file), "--retry")
    assert (found["records"], found["exported"], found["retried"]) == ([], 1, 0)
    assert list(json.loads(file.read_text())["circles"]) == [circle]
    assert shell.device("stuck", "--home", "@therapist", "--to", str(file)) is None
    assert "is there already" in shell.line
