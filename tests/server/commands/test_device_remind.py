"""`rejoint device remind …` against a real server, as people type it."""

from pathlib import Path

from e2e.server_process import ServerProcess
from server.device_shell import Shell


def test_reminders_are_chosen_paused_marked_and_forgotten(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "data", tmp_path / "log") as server:
        shell = Shell(tmp_path / "homes")
        shell.device("new", "--home", "@admin", "--setup", server.setup_link())
        of = ("--home", "@admin")
        assert shell.device("remind", "show", *of) is None
        assert shell.status == 1
        chosen = ("--zone", "Asia/Kolkata", "--at", "07:00", "--days", "135", "--nudge", "60")
        made = shell.device("remind", "set", *of, *chosen, "--quiet", "21:00-06:00", "--no-notes")
        assert made["schedule"] == {
            "zone": "Asia/Kolkata",
            "times": dict.fromkeys("135", "07:00"),
            "nudge": 60,
            "quiet": {"start": "21:00", "end": "06:00"},
            "notes": False,
        }
        assert made["next"] % 86_400 == 90 * 60
        assert shell.device("remind", "show", *of) == made
        assert shell.device("remind", "pause", *of)["next"] is None
        assert shell.device("remind", "resume", *of) == made
        shell.device("remind", "snooze", *of)
        shell.device("remind", "done", *of)
        shell.device("sync", *of, "--done")
        assert shell.device("remind", "set", *of, "--zone", "Mars/Olympus") is None
        assert (shell.status, "zone" in shell.line) == (1, True)
        assert shell.device("remind", "off", *of) == {"ok": True}
        assert shell.device("remind", "show", *of) is None
