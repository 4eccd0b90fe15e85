"""`rejoint device relay …` against a real server, as people type it."""

from pathlib import Path

from e2e.server_process import ServerProcess
from server.device_shell import Shell

PAIN = '{"type":"pain","context":"now","score":8}'


def test_a_file_travels_from_one_device_by_another(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "data", tmp_path / "log") as server:
        shell = Shell(tmp_path / "homes")
        shell.device("new", "--home", "@therapist", "--setup", server.setup_link())
        circle = shell.device("circle", "new", "--home", "@therapist")["circle"]
        of = ("--circle", circle)
        invited = shell.device("invite", "--home", "@therapist", *of, "--role", "patient")
        shell.device("join", "--home", "@patient", invited["link"])
        shell.device("sync", "--home", "@patient")
        shell.device("put", "--home", "@patient", *of, "--kind", "ev", "--json", PAIN)
        file = str(tmp_path / "sealed.txt")
        made = shell.device("relay", "export", "--home", "@patient", file)
        assert (made["records"], made["file"]) == (1, file)
        assert shell.device("relay", "import", "--home", "@therapist", file)["brought"]
        shell.device("sync", "--home", "@therapist")
        records = shell.records(str(shell.folder / "therapist"), circle)
        assert [row["value"]["score"] for row in records] == [8]
        Path(file).write_text("something else")
        assert shell.device("relay", "import", "--home", "@therapist", file) is None
        assert (shell.status, "not a relay file" in shell.line) == (1, True)
