"""Words that people typed are in no place that a server, an operator or a thief of disks sees:
the store and its write-ahead log, the journal, backups, the server's output, `/metrics`, and every
byte that went over the wire, decoded. The phones' own places are searched by `test_story.py`."""

import socket
import threading
import urllib.request
from pathlib import Path

from e2e.canary import Blob, database_blobs, leaks
from e2e.server_process import ServerProcess
from rejoint_server.__main__ import main
from rejoint_server.settings import journal_beside
from server.device_shell import Shell

NOTE = '{"type":"note","text":"Vorpal xylophone, bend only a little."}'
PLAN = (
    '{"type":"plan","title":"Quokka programme","parents":[],"days_per_week":7,"items":'
    '[{"exercise":"wobblegong-stretch","sets":3,"reps":13,"hold_s":0,"rest_s":9,"side":"both"}]}'
)
PAIN = '{"type":"pain","context":"now","score":9}'
CANARIES = ["vorpal", "xylophone", "quokka", "wobblegong", '"score":', '"days_per_week":']


class Wire:
    """Passes every connection on to a server and keeps what went either way.

    Args:
        port: Of the server, on this machine.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.seen: list[Blob] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._port))
            for way, source, sink in (("wire up", near, far), ("wire down", far, near)):
                threading.Thread(target=self._pass, args=(way, source, sink), daemon=True).start()

    def _pass(self, way: str, source: socket.socket, sink: socket.socket) -> None:
        kept = b""
        try:
            while piece := source.recv(65_536):
                kept += piece
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self.seen.append((way, kept))
        source.close()

    def close(self) -> None:
        self._listener.close()


def typed(shell: Shell, circle: str) -> None:
    """A therapist and a patient write what the search below looks for."""
    words = ("--circle", circle, "--json")
    assert shell.device("put", "--home", "@therapist", "--kind", "pl", *words, PLAN), shell.line
    assert shell.device("put", "--home", "@therapist", "--kind", "nt", *words, NOTE), shell.line
    assert shell.device("put", "--home", "@patient", "--kind", "ev", *words, PAIN), shell.line
    for home in ("@therapist", "@patient", "@therapist"):
        assert shell.device("sync", "--home", home)["trouble"] == []
    shown = {record["value"]["type"] for record in shell.records("@therapist", circle)}
    assert {"plan", "note", "pain"} <= shown


def test_what_people_typed_is_in_no_place_of_the_server(tmp_path: Path) -> None:
    data, log, backup = tmp_path / "data", tmp_path / "server.log", tmp_path / "backup"
    with ServerProcess(data, log) as server:
        wire = Wire(int(server.url.rpartition(":")[2]))
        link = server.setup_link().replace(server.url, f"http://127.0.0.1:{wire.port}")
        shell = Shell(tmp_path)
        assert shell.device("new", "--home", "@therapist", "--setup", link), shell.line
        circle = shell.device("circle", "new", "--home", "@therapist")["circle"]
        invited = shell.device(
            "invite", "--home", "@therapist", "--circle", circle, "--role", "patient"
        )
        assert shell.device("join", "--home", "@patient", invited["link"]), shell.line
        typed(shell, circle)
        with urllib.request.urlopen(f"{server.url}/metrics") as answer:
            metrics = answer.read()
        assert main(["backup", "--data", str(data), "--to", str(backup)]) == 0
        places = [
            *database_blobs(data),
            *database_blobs(journal_beside(data)),
            ("backup", backup.read_bytes()),
            ("server log", log.read_bytes()),
            ("metrics", metrics),
        ]
        wire.close()
    assert {name for name, _ in wire.seen} == {"wire up", "wire down"}
    assert metrics
    assert leaks(CANARIES, [*places, *wire.seen]) == []
    # The same words are found where they may be: else the search would say nothing.
    assert leaks(["vorpal"], [("typed", NOTE.encode())]) == [("typed", "vorpal")]
