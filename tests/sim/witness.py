"""What was promised to somebody in a world: nothing of it may turn out untrue at its end."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Witness:
    """Promises, as they were heard.

    Attributes:
        kept: Records that a phone said are kept durably: their mark, by whom, in which circle and
            stream.
        acknowledged: Marks that some phone showed as being on the server.
        removed: Devices of which a phone said that they are out, by circle.
        threatened: Devices that somebody at least tried to take out.
        joined: Devices of which a phone said that they are in, by circle.
        broken: Promises that were found broken on the way, in words.
    """

    kept: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    acknowledged: set[int] = field(default_factory=set)
    removed: set[tuple[str, str]] = field(default_factory=set)
    threatened: set[tuple[str, str]] = field(default_factory=set)
    joined: set[tuple[str, str]] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)

    def accuse(self, words: str) -> None:
        """Note a broken promise, once."""
        if words not in self.broken:
            self.broken.append(words)
