"""What a phone holds of a circle at the end of a world, whatever kind of phone it is."""

from dataclasses import dataclass

Leaves = dict[str, tuple[str, ...]]
"""The leaves of sealed documents by name."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One record as a phone shows it.

    Attributes:
        name: Of its document.
        mark: By which the world knows it; 0 for what no act wrote.
        place: "server" when the phone says that it is there.
    """

    name: str
    mark: int
    place: str


@dataclass(frozen=True, slots=True)
class Held:
    """All that the laws ask about.

    Attributes:
        leaves: Of every sealed document that is here.
        shown: What it shows.
        unsent: How many own records nobody took.
        refused: Codes of records that were refused.
        aside: Codes of what is here and does not open.
        alarms: What it accuses others of, each with whether it stops all writing.
        head: Of its log.
        lacks_key: Whether it cannot read what is written now.
    """

    leaves: Leaves
    shown: tuple[Shown, ...]
    unsent: int
    refused: tuple[str, ...]
    aside: tuple[str, ...]
    alarms: tuple[tuple[str, bool], ...]
    head: str
    lacks_key: bool
