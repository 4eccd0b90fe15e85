"""`rejoint device` as people type it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

REJOINT = str(Path(sys.executable).parent / "rejoint")


class Shell:
    """Runs commands in a folder of devices.

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
        done = subprocess.run(
            [REJOINT, "device", *command],
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.line, self.status = done.stderr.removesuffix("\n"), done.returncode
        if done.returncode == 0:
            assert done.stderr == ""
        else:
            assert "Traceback" not in done.stderr
            assert "\n" not in self.line
        return json.loads(done.stdout) if done.stdout else None

    def records(self, home: str, circle: str) -> list[dict[str, Any]]:
        """What `show` prints."""
        shown = self.device("show", "--home", home, "--circle", circle)
        records: list[dict[str, Any]] = shown["records"]
        return records
