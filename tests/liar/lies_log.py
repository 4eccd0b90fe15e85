"""Lies about who is in a circle: its log, and the keys that go with it."""

from collections.abc import Iterable
from typing import Any

from liar.edited import Edited, kept_back
from liar.forgery import forged_add, own_epoch_entry, own_wrap, with_rev
from liar.server import Answer, Call, Lie
from rejoint_server.app import Application
from rejoint_sync.circle.grammar import Pub
from rejoint_sync.circle.keys import DeviceKeys

Log = list[dict[str, Any]]


class SwapsAWrap(Edited):
    """Gives a device, in the place of its key, the one that was sealed to another device."""

    def __init__(self, circle: str, mine: str, others: dict[str, Any]) -> None:
        swapped = with_rev({"_id": mine, "k": others["k"]})
        super().__init__(circle, shows=[swapped])


class GivesAKeyOfItsOwn(Edited):
    """Gives a device, in the place of its key, one that the server has made and can open."""

    def __init__(self, circle: str, mine: str, pub: Pub) -> None:
        super().__init__(circle, shows=[own_wrap(mine, circle, pub)])


class KeepsBackAWrap(Edited):
    """Does not give a device its key."""

    def __init__(self, circle: str, mine: str) -> None:
        super().__init__(circle, hides=lambda name: name == mine)


class AddsAReader(Edited):
    """Adds an entry by which a member seems to let a stranger in."""

    def __init__(self, circle: str, log: Log, signer: str) -> None:
        entry = forged_add(log, signer=signer, stranger=DeviceKeys.generate())
        super().__init__(circle, shows=[entry], head=len(log))


class AddsAReaderInItsOwnName(Edited):
    """Adds an entry by which a stranger lets itself in."""

    def __init__(self, circle: str, log: Log) -> None:
        stranger = DeviceKeys.generate()
        entry = forged_add(log, signer=stranger.id, stranger=stranger)
        super().__init__(circle, shows=[entry], head=len(log))


class OpensAnEpoch(Edited):
    """Opens an epoch in a member's name, with a key that the server knows."""

    def __init__(self, circle: str, log: Log, signer: str) -> None:
        super().__init__(circle, shows=[own_epoch_entry(log, signer=signer)], head=len(log))


class ReordersTheLog(Edited):
    """Shows two entries of the log in each other's place."""

    def __init__(self, circle: str, log: Log, first: int, second: int) -> None:
        one, other = log[first], log[second]
        swapped = [
            with_rev({"_id": one["_id"], "j": other["j"]}),
            with_rev({"_id": other["_id"], "j": one["j"]}),
        ]
        super().__init__(circle, shows=swapped)


class TruncatesTheLog(Edited):
    """Shows only the beginning of a log, says yes to what is sent again, and forgets it."""

    def __init__(self, circle: str, first: int, to: Iterable[str] | None = None) -> None:
        super().__init__(circle, hides=kept_back(first), head=first - 1, to=to)

    def ask(self, call: Call) -> Answer | None:
        lied_to = self.to is None or call.device in self.to
        if call.path == f"/circles/{self.circle}/log" and lied_to:
            return Answer(201, {"ok": True})
        return None


class HidesARemoval(Edited):
    """Keeps back from one device that another one was removed, and all later entries."""

    def __init__(self, circle: str, first: int, to: Iterable[str]) -> None:
        super().__init__(circle, hides=kept_back(first), head=first - 1, to=to)


class HidesARemovalAndWhatFollows(Edited):
    """Keeps back from one device a removal and all that was written since."""

    def __init__(self, circle: str, first: int, names: Iterable[str], to: Iterable[str]) -> None:
        held, of_log = frozenset(names), kept_back(first)
        super().__init__(
            circle, hides=lambda name: name in held or of_log(name), head=first - 1, to=to
        )


class ForksTheLog(Lie):
    """Keeps a second log of its own for some devices, and lets both sides append."""

    def __init__(self, devices: Iterable[str], second: Application) -> None:
        self._devices = frozenset(devices)
        self._second = second

    def application_of(self, device: str) -> Application | None:
        """The server that a device gets to see."""
        return self._second if device in self._devices else None


class LetsBothWin(Lie):
    """Tells a device that its entry was taken while another one has that place."""

    def __init__(self, circle: str) -> None:
        self._path = f"/circles/{circle}/log"

    def ask(self, call: Call) -> Answer | None:
        if call.path == self._path and call.method == "POST":
            return Answer(201, {"ok": True})
        return None


class ChangesALink(Edited):
    """Changes, in an entry that opens an epoch, the link to the key before."""

    def __init__(self, circle: str, entry: dict[str, Any], changed: str) -> None:
        super().__init__(circle, shows=[with_rev({"_id": entry["_id"], "j": changed})])
