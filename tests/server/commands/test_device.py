"""`rejoint device` as people type it, against a real `rejoint serve`."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from e2e.server_process import ServerProcess
from rejoint_server.__main__ import main
from rejoint_server.commands import device
from server.device_shell import REJOINT, Shell

PAIN = '{"type":"pain","context":"now","score":%d}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("server")
    with ServerProcess(folder / "data", folder / "log") as running:
        yield running


@pytest.fixture(scope="module")
def founded(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell with a therapist who founded the clinic."""
    shell = Shell(tmp_path_factory.mktemp("homes"))
    new = shell.device("new", "--home", "@therapist", "--setup", server.setup_link())
    assert new["role"] == "admin"
    return shell


@pytest.fixture
def care(founded: Shell, tmp_path: Path) -> tuple[Shell, str, str]:
    """The shell, a fresh patient's circle, and the directory of its patient."""
    return admit(founded, tmp_path)


@pytest.fixture(scope="module")
def quiet(founded: Shell, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, str, str]:
    """As `care`, of a patient who never logs anything."""
    return admit(founded, tmp_path_factory.mktemp("quiet"))


def admit(founded: Shell, tmp_path: Path) -> tuple[Shell, str, str]:
    circle = founded.device("circle", "new", "--home", "@therapist")["circle"]
    link = founded.device(
        "invite", "--home", "@therapist", "--circle", circle, "--role", "patient"
    )["link"]
    home = str(tmp_path / "patient")
    joined = founded.device("join", "--home", home, link)
    assert joined["circle"] == circle
    return founded, circle, home


def test_the_story_by_commands(care: tuple[Shell, str, str]) -> None:
    shell, circle, patient = care
    of = ("--circle", circle)
    session = {
        "type": "session",
        "done": "all",
        "items": [{"exercise": "kn05", "sets_done": 3}],
        "pain": {"before": 2, "worst": 3, "after": "not_said"},
        "effort": 4,
    }
    put = shell.device("put", "--home", patient, *of, "--kind", "ev", "--json", json.dumps(session))
    assert len(put["ids"]) == 1
    lines = "\n".join(PAIN % score for score in (0, 6)) + "\n"
    many = shell.device("put", "--home", patient, *of, "--kind", "ev", "--json", "-", given=lines)
    assert [name[-7:] for name in many["ids"]] == ["c000002", "c000003"]
    assert {record["place"] for record in shell.records(patient, circle)} == {"phone"}
    sent = shell.device("sync", "--home", patient)
    assert (sent["pushed"], sent["refused"]) == (3, [])
    assert set(sent) == {
        "pushed",
        "pulled",
        "resealed",
        "rekeyed",
        "differed",
        "quarantined",
        "removed",
        "waiting",
        "alarms",
        "refused",
        "requests",
        "bytes_up",
        "bytes_down",
        "trouble",
    }
    assert shell.device("sync", "--home", patient)["pushed"] == 0
    shell.device("sync", "--home", "@therapist")
    seen = shell.records(str(shell.folder / "therapist"), circle)
    assert [record["value"].get("score") for record in seen] == [None, 0, 6]
    assert seen[0]["value"]["pain"] == {"before": 2, "worst": 3, "after": "not_said"}
    note = ["--kind", "nt", "--json", "-"]
    text = '{"type":"note","text":"Bien, sigue\u2028así."}'
    shell.device("put", "--home", "@therapist", *of, *note, given=text)
    shell.device("sync", "--home", "@therapist")
    assert shell.device("sync", "--home", patient)["pulled"] == 1
    last = shell.records(patient, circle)[-1]
    assert (last["role"], last["value"]["text"]) == ("therapist", "Bien, sigue\u2028así.")
    assert {"id", "place", "author", "member", "role", "value"} == set(last)


def test_put_works_with_the_server_down(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    with ServerProcess(tmp_path / "data", tmp_path / "log") as running:
        circle = shell.device("new", "--home", "@one", "--setup", running.setup_link())["circle"]
    profile = '{"type":"profile","about":"clinic","name":"Hill Road"}'
    put = ("put", "--home", "@one", "--circle", circle, "--kind", "pr", "--json", profile)
    assert len(shell.device(*put)["ids"]) == 1
    assert shell.device("sync", "--home", "@one") is None
    assert shell.status == 1
    assert shell.line.startswith("rejoint: no answer from the server")
    assert shell.records(str(tmp_path / "one"), circle)[0]["place"] == "phone"


def test_put_in_two_commands_at_once_waits_and_keeps_both(care: tuple[Shell, str, str]) -> None:
    shell, circle, patient = care
    command = [REJOINT, "device", "put", "--home", patient, "--circle", circle, "--kind", "ev"]
    both = [
        subprocess.Popen([*command, "--json", PAIN % score], stdout=subprocess.PIPE)
        for score in (1, 2, 3)
    ]
    ids = [json.loads(process.communicate(timeout=60)[0])["ids"][0] for process in both]
    assert sorted(name[-7:] for name in ids) == ["c000001", "c000002", "c000003"]
    assert len(shell.records(patient, circle)) == 3


def test_killed_puts_use_no_counter_twice(care: tuple[Shell, str, str]) -> None:
    """A real kill, at moments spread over the life of the command."""
    shell, circle, patient = care
    command = [REJOINT, "device", "put", "--home", patient, "--circle", circle, "--kind", "ev"]
    confirmed = 0
    for attempt in range(8):
        process = subprocess.Popen([*command, "--json", PAIN % attempt], stdout=subprocess.PIPE)
        time.sleep(0.2 + 0.05 * attempt)
        process.kill()
        confirmed += b"ids" in process.communicate(timeout=60)[0]
    records = shell.records(patient, circle)
    counters = [int(record["id"][-6:]) for record in records]
    assert counters == list(range(1, len(records) + 1))
    assert len(records) >= confirmed
    sent = shell.device("sync", "--home", patient)
    assert (sent["pushed"], sent["refused"]) == (len(records), [])


def test_a_used_link_and_a_cut_link_say_so(founded: Shell, tmp_path: Path) -> None:
    circle = founded.device("circle", "new", "--home", "@therapist")["circle"]
    of = ("--home", "@therapist", "--circle", circle)
    link = founded.device("invite", *of, "--role", "patient")["link"]
    founded.device("join", "--home", str(tmp_path / "late"), link[:-1])
    assert (founded.status, founded.line) == (1, "rejoint: this link is incomplete")
    founded.device("join", "--home", str(tmp_path / "first"), link)
    founded.device("join", "--home", str(tmp_path / "late"), link)
    assert founded.status == 1
    assert "someone else used this invitation" in founded.line


def test_an_own_device_is_added_everywhere(care: tuple[Shell, str, str], tmp_path: Path) -> None:
    shell, circle, _ = care
    clinic = next(
        one["circle"]
        for one in shell.device("circle", "list", "--home", "@therapist")["circles"]
        if one["purpose"] == "clinic"
    )
    link = shell.device("invite", "--home", "@therapist", "--circle", clinic, "--own")["link"]
    laptop = str(tmp_path / "laptop")
    shell.device("join", "--home", laptop, link)
    shell.device("sync", "--home", "@therapist")
    shell.device("sync", "--home", laptop)
    circles = shell.device("circle", "list", "--home", laptop)["circles"]
    assert circle in {one["circle"] for one in circles}


@pytest.mark.parametrize(
    ("json_text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "JSON object"),
        ('{"type":"dance"}', "expected a type that belongs to ev"),
        ('{"type":"pain","context":"now","score":11}', "score"),
        ('{"type":"pain","context":"now","score":true}', "score"),
        ('{"type":"pain","context":"now","score":0,"extra":1}', "extra"),
        ('{"type":"note","text":"secret words"}', "expected a type that belongs to ev"),
    ],
)
def test_a_bad_record_is_one_clear_line_and_keeps_nothing(
    quiet: tuple[Shell, str, str], json_text: str, words: str
) -> None:
    shell, circle, patient = quiet
    of = ("--home", patient, "--circle", circle, "--kind", "ev")
    assert shell.device("put", *of, "--json", PAIN % 1, "--json", json_text) is None
    assert shell.status == 1
    assert words in shell.line
    assert "secret words" not in shell.line
    assert shell.records(patient, circle) == []


@pytest.mark.parametrize("given", [b"\xff\xfe", b"[" * 100_000, b'{"a":\n}'])
def test_odd_bytes_on_standard_input_are_one_line(
    quiet: tuple[Shell, str, str], given: bytes
) -> None:
    _, circle, patient = quiet
    command = [REJOINT, "device", "put", "--home", patient, "--circle", circle, "--kind", "ev"]
    done = subprocess.run([*command, "--json", "-"], input=given, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"rejoint: a record is not JSON")
    assert done.stderr.count(b"\n") == 1


def test_a_forged_author_is_refused(care: tuple[Shell, str, str], tmp_path: Path) -> None:
    """A patient's directory with the patient's keys, and another device's name on a document."""
    shell, circle, patient = care
    shell.device("sync", "--home", "@therapist")  # what other circles have brought
    shell.device("put", "--home", patient, "--circle", circle, "--kind", "ev", "--json", PAIN % 3)
    script = tmp_path / "forge.py"
    script.write_text(FORGE)
    subprocess.run([sys.executable, str(script), patient, circle], check=True, timeout=60)
    report = shell.device("sync", "--home", patient)
    assert report["pushed"] == 1
    assert [one["code"] for one in report["refused"]] == ["sig"]
    assert shell.device("sync", "--home", "@therapist")["pulled"] == 1


FORGE = """
import asyncio, sys
from pathlib import Path
from rejoint_sync.circle.document import rev_of
from rejoint_sync.device.circle import plain
from rejoint_sync.document import Document
from rejoint_sync.stores.sqlite import SqliteStore

async def forge(home, circle):
    store = await SqliteStore.open(Path(home) / "circles")
    stored, = await store.range(circle, "ev:", "ev;", limit=9)
    log, = await store.range(circle, "log:000000", "log:000001", limit=9)
    import json, base64
    head = plain(log)["j"].split(".")[0]
    therapist = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]
    document = plain(stored)
    kind, month, _, _ = document["_id"].split(":")
    document["_id"] = f"{kind}:{month}:{therapist}:c000900"
    document["_rev"] = rev_of(circle, document)
    await store.write(circle, [Document.parse(document)], new_edits=False)
    _, note = await store.local_get(circle, "state")
    note = json.loads(note)
    note["unsent"].append(document["_id"])
    await store.local_put(circle, "state", json.dumps(note).encode())
    await store.close()

asyncio.run(forge(sys.argv[1], sys.argv[2]))
"""


def test_a_tampered_directory_is_refused(quiet: tuple[Shell, str, str], tmp_path: Path) -> None:
    shell, circle, patient = quiet
    copied = tmp_path / "copied"
    shutil.copytree(patient, copied)
    keys = copied / "keys.json"
    secret = orjson.loads(keys.read_bytes())
    others = orjson.loads((shell.folder / "therapist" / "keys.json").read_bytes())
    keys.write_bytes(orjson.dumps(secret | {"keys": others["keys"]}))
    assert shell.device("show", "--home", str(copied), "--circle", circle) is None
    assert (shell.status, "not those of this device" in shell.line) == (1, True)
    keys.write_bytes(b"{}")
    shell.device("sync", "--home", str(copied))
    assert (shell.status, "it was changed" in shell.line) == (1, True)
    keys.chmod(0o644)
    shell.device("sync", "--home", str(copied))
    assert (shell.status, "others may read" in shell.line) == (1, True)


def test_a_directory_without_a_device_is_one_line(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.device("sync", "--home", "@nobody")
    assert shell.status == 1
    assert "no device lives in" in shell.line
    assert not (tmp_path / "nobody").exists()


@pytest.mark.parametrize("words", [(), ("circle",), ("sync",), ("put", "--home", "x"), ("invite",)])
def test_a_missing_argument_is_explained(words: tuple[str, ...]) -> None:
    done = subprocess.run([REJOINT, "device", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage: rejoint device" in done.stderr


def test_every_repeats_until_stopped(quiet: tuple[Shell, str, str]) -> None:
    _, _, patient = quiet
    command = [REJOINT, "device", "sync", "--home", patient, "--every", "0.1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert all(json.loads(process.stdout.readline())["trouble"] == [] for _ in range(3))
    process.send_signal(signal.SIGINT)
    _, line = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped" in line


def test_an_interrupt_that_got_lost_in_a_round_ends_it_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rounds = []

    def deaf(_arguments: object) -> int:
        rounds.append(1)
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        return 0

    monkeypatch.setattr(device, "_run_once", deaf)
    assert main(["device", "sync", "--home", str(tmp_path), "--every", "0.01"]) == 130
    assert rounds == [1]
    assert "stopped" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_help_needs_no_heavy_import() -> None:
    """`rejoint device` starts fast: ciphers, HTTP and pydantic come when they are needed."""
    script = "import sys; from rejoint_server.commands import device; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    loaded = set(done.stdout.decode().split())
    assert loaded.isdisjoint({"httpx", "cryptography", "pydantic", "apsw", "litestar", "granian"})


def test_a_command_that_stays_offline_loads_no_http() -> None:
    script = "import sys, rejoint_sync.device.device; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert set(done.stdout.decode().split()).isdisjoint(
        {"httpx", "pydantic", "litestar", "granian"}
    )


def test_main_knows_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["device", "sync", "--home", str(tmp_path / "none")]) == 1
    assert "no device lives in" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
