"""The commands on members, cards and enrolment, against a real server, as people type them."""

from collections.abc import Iterator
from typing import Any

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
def care(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, str, str]:
    """A shell with a therapist and a patient; the clinic and the patient's circle."""
    shell = Shell(tmp_path_factory.mktemp("homes"))
    clinic = shell.device("new", "--home", "@therapist", "--setup", server.setup_link())["circle"]
    circle = shell.device("circle", "new", "--home", "@therapist")["circle"]
    link = shell.device("invite", "--home", "@therapist", "--circle", circle, "--role", "patient")[
        "link"
    ]
    shell.device("join", "--home", "@patient", link)
    return shell, clinic, circle


def of(name: str, circle: str) -> tuple[str, ...]:
    return ("--home", f"@{name}", "--circle", circle)


def ask(shell: Shell, circle: str, name: str) -> dict[str, Any]:
    """A caregiver who asks by a link of mode approve."""
    link = shell.device(
        "invite", *of("patient", circle), "--role", "caregiver", "--mode", "approve"
    )["link"]
    asked: dict[str, Any] = shell.device("join", "--home", f"@{name}", link)
    return asked


def test_a_caregiver_asks_is_approved_and_removed(care: tuple[Shell, str, str]) -> None:
    shell, _, circle = care
    asked = ask(shell, circle, "son")
    rows = shell.device("requests", *of("therapist", circle))["requests"]
    assert [row["digits"] for row in rows] == [asked["digits"]]
    approve = ("approve", *of("therapist", circle), asked["iid"], asked["device"])
    assert shell.device(*approve, "--digits", "000 000 000 000") is None
    assert (shell.status, "do not let this device in" in shell.line) == (1, True)
    assert shell.device(*approve, "--digits", asked["digits"])["role"] == "caregiver"
    shell.device("sync", "--home", "@son")
    members = shell.device("members", *of("son", circle))["members"]
    assert {row["role"] for row in members} == {"therapist", "patient", "caregiver"}
    removed = shell.device("remove", *of("therapist", circle), asked["device"])
    assert removed["removed"] == [asked["device"]]
    report = shell.device("sync", "--home", "@son")
    assert report["removed"] == [circle]
    assert shell.device("alarms", "--home", "@therapist") == {"alarms": []}


def test_an_invitation_is_taken_back(care: tuple[Shell, str, str]) -> None:
    shell, _, circle = care
    asked = ask(shell, circle, "daughter")
    uninvite = ("uninvite", *of("patient", circle), asked["iid"])
    assert shell.device(*uninvite)["iid"] == asked["iid"]
    approve = ("approve", *of("patient", circle), asked["iid"], asked["device"])
    assert shell.device(*approve, "--digits", asked["digits"]) is None
    assert shell.status == 1


@pytest.mark.long
def test_new_keys_and_the_clinicians_stream(care: tuple[Shell, str, str]) -> None:
    shell, _, circle = care
    assert shell.device("rekey", *of("therapist", circle))["streams"] == ["c"]
    assert shell.device("rekey", *of("therapist", circle), "--stream", "k")["streams"] == ["k"]
    note = '{"type":"note","text":"For us."}'
    put = ("put", *of("therapist", circle), "--kind", "nt", "--stream", "k", "--json", note)
    assert shell.device(*put)["ids"][0][-7:] == "k000001"
    shell.device("sync", "--home", "@therapist")
    shell.device("sync", "--home", "@patient")
    assert all(
        row["value"].get("text") != "For us."
        for row in shell.records(str(shell.folder / "patient"), circle)
    )


@pytest.mark.long
def test_a_device_is_suspended_and_served_again(care: tuple[Shell, str, str]) -> None:
    shell, clinic, circle = care
    patient = shell.device("key", "--home", "@patient")["device"]
    suspend = ("suspend", *of("therapist", clinic), patient)
    assert shell.device(*suspend)["suspended"] == [patient]
    shell.device("put", *of("patient", circle), "--kind", "ev", "--json", PAIN % 2)
    assert "suspended" in str(shell.device("sync", "--home", "@patient")["trouble"])
    assert shell.status == 1
    assert shell.device(*suspend, "--end")["suspended"] == []
    assert shell.device("sync", "--home", "@patient")["trouble"] == []


def test_closed_and_opened_again(care: tuple[Shell, str, str]) -> None:
    shell, _, circle = care
    assert shell.device("close", *of("therapist", circle))["closed"] is True
    assert shell.device("reopen", *of("therapist", circle))["closed"] is False


@pytest.mark.long
def test_late_records_are_accepted(care: tuple[Shell, str, str]) -> None:
    shell, _, circle = care
    link = shell.device("invite", *of("patient", circle), "--role", "caregiver")["link"]
    late = shell.device("join", "--home", "@aunt", link)["device"]
    shell.device("put", *of("aunt", circle), "--kind", "ev", "--json", PAIN % 4)
    shell.device("remove", *of("therapist", circle), late)
    assert shell.device("sync", "--home", "@aunt")["quarantined"] == 1
    assert len(shell.device("late", *of("therapist", circle), late)["records"]) == 1
    assert shell.device("accept", *of("therapist", circle), late)["accepted"] == 1
    shell.device("sync", "--home", "@patient")
    scores = [
        row["value"].get("score") for row in shell.records(str(shell.folder / "patient"), circle)
    ]
    assert 4 in scores


def test_leaving(care: tuple[Shell, str, str]) -> None:
    shell, _, circle = care
    link = shell.device("invite", *of("patient", circle), "--role", "caregiver")["link"]
    device = shell.device("join", "--home", "@uncle", link)["device"]
    assert shell.device("leave", *of("uncle", circle))["left"] == device
    assert shell.device("members", *of("uncle", circle))["stale"] == ["c"]


def test_an_approval_needs_its_digits(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["device", "approve", "--home", "x", "--circle", "c", "i", "d"])
    assert caught.value.code == 2
    assert "--digits" in capsys.readouterr().err
