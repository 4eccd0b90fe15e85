"""`rejoint device message`, `voice` and `listen` against a real server, as people type them."""

from pathlib import Path

from e2e.server_process import ServerProcess
from server.device_shell import Shell

SOUND = bytes(range(256)) * 50


def test_a_voice_goes_one_way_and_words_come_back(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "data", tmp_path / "log") as server:
        shell = Shell(tmp_path / "homes")
        shell.device("new", "--home", "@therapist", "--setup", server.setup_link())
        circle = shell.device("circle", "new", "--home", "@therapist")["circle"]
        of = ("--circle", circle)
        invited = shell.device("invite", "--home", "@therapist", *of, "--role", "patient")
        shell.device("join", "--home", "@patient", invited["link"])
        sound = tmp_path / "sound.webm"
        sound.write_bytes(SOUND)
        spoken = shell.device("voice", "--home", "@patient", *of, str(sound), "--seconds", "9")
        for who in ("@patient", "@therapist"):
            shell.device("sync", "--home", who)
        heard = tmp_path / "heard.webm"
        told = shell.device("listen", "--home", "@therapist", *of, spoken["id"], "--to", str(heard))
        assert heard.read_bytes() == SOUND
        assert (told["seconds"], told["fetched"], told["media"]) == (9, 2, "audio/webm")
        answer = shell.device("message", "--home", "@therapist", *of, "Well done.")
        records = shell.records(str(shell.folder / "therapist"), circle)
        assert [row["value"]["text"] for row in records if row["id"] == answer["id"]] == [
            "Well done."
        ]
        assert shell.device("voice", "--home", "@patient", *of, str(tmp_path / "homes")) is None
