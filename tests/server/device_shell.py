"""`rejoint device` as people type it, without the time that a new process takes."""

import io
import json
import sys
import threading
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rejoint_server.__main__ import main

REJOINT = str(Path(sys.executable).parent / "rejoint")


class Shell:
    """Runs commands in a folder of devices, each as if it were alone in its process.

    Attributes:
        line: Standard error of the last command, without its final line break.
        status: Its exit status.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.line = ""
        self.status = 0

    def device(self, *words: str, given: str = "") -> Any:
        """Run `rejoint device WORDS`, a word `@name` being the directory of that device."""
        command = [str(self.folder / word[1:]) if word[:1] == "@" else word for word in words]
        printed, said = io.StringIO(), io.StringIO()

        def run() -> None:
            try:
                self.status = main(["device", *command])
            except SystemExit as stopped:
                self.status = int(stopped.code or 0)

        stdin = patch.object(sys, "stdin", io.StringIO(given))
        with stdin, redirect_stdout(printed), redirect_stderr(said):
            # The thread of a test may have a loop of its own running, the command starts another.
            beside = threading.Thread(target=run)
            self.status = -1
            beside.start()
            beside.join()
        self.line = said.getvalue().removesuffix("\n")
        if self.status == 0:
            assert self.line == ""
        else:
            assert self.status in {1, 2}, self.line
            assert "\n" not in self.line
        return json.loads(printed.getvalue()) if printed.getvalue() else None

    def records(self, home: str, circle: str) -> list[dict[str, Any]]:
        """What `show` prints."""
        shown = self.device("show", "--home", home, "--circle", circle)
        records: list[dict[str, Any]] = shown["records"]
        return records
