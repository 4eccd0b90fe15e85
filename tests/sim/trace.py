"""What happened in a world, line by line, without anything that somebody wrote down."""

import hashlib
from collections.abc import Callable


class Trace:
    """The lines of one world.

    Args:
        now_s: Virtual seconds since its beginning.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self.lines: list[str] = []

    def note(self, who: str, what: str) -> None:
        """Add a line. `what` holds no content of records."""
        self.lines.append(f"{self._now_s():11.2f}  {who:<10}  {what}")

    @property
    def digest(self) -> str:
        """Equal for two runs in which the same happened at the same times."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()[:16]
