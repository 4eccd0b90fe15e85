"""Lies to who comes in, comes back, or asks what time it is."""

from email.utils import formatdate
from typing import Any

from liar.server import Answer, Call, Lie
from rejoint_sync.circle.grammar import Pub
from rejoint_sync.exchange.messages import Asked, Receipt, Records, Told


class FeedsAnInvitation(Lie):
    """Hands out again the sealed part of an invitation that is used, over or taken back."""

    def __init__(self, sealed: dict[str, Any]) -> None:
        self._sealed = sealed

    def tell(self, call: Call, answer: Answer) -> None:
        if "/invitations/" in call.path and answer.status == 200:
            answer.body["inv"] = self._sealed


class LiesAboutTime(Lie):
    """Says another time than it is, in every answer.

    Args:
        ahead_s: Seconds that are added; may be negative.
    """

    def __init__(self, ahead_s: int, now_s: int) -> None:
        self._date = formatdate(now_s + ahead_s, usegmt=True)

    def tell(self, call: Call, answer: Answer) -> None:  # noqa: ARG002 - to all the same
        answer.headers["date"] = self._date


class FeedsAnInvitationInThePast(FeedsAnInvitation):
    """Hands out an invitation that is over, and says that it is still the time of it."""

    def __init__(self, sealed: dict[str, Any], now_s: int) -> None:
        super().__init__(sealed)
        self._time = LiesAboutTime(0, now_s)

    def tell(self, call: Call, answer: Answer) -> None:
        super().tell(call, answer)
        self._time.tell(call, answer)


class ShowsAnotherLogToWhoJoins(Lie):
    """Shows who comes by a link only the beginning of the log."""

    def __init__(self, entries: int) -> None:
        self._entries = entries

    def tell(self, call: Call, answer: Answer) -> None:
        if "/invitations/" in call.path and answer.status == 200:
            answer.body["log"] = answer.body["log"][: self._entries]


class AsksInAnothersPlace(Lie):
    """Replaces the request of a phone by one with the server's own keys."""

    def __init__(self, circle: str, own: dict[str, Any]) -> None:
        self._path = f"/circles/{circle}/requests"
        self._own = own

    def ask(self, call: Call) -> Answer | None:
        if call.path == self._path and call.method == "POST":
            call.body = {"req": self._own}
        return None


class GivesFalseKeys(Lie):
    """Gives other public keys under the names of the devices that were asked for."""

    def __init__(self, pub: Pub) -> None:
        self._pub = pub

    def tell(self, call: Call, answer: Answer) -> None:
        if call.path.startswith("/clinics/") and call.path.endswith("/keys"):
            answer.body["pubs"] = dict.fromkeys(answer.body["pubs"], self._pub)


class GivesAnothersCard(Lie):
    """Answers who types a printed code with the sealed keys of another card."""

    def __init__(self, other: dict[str, Any]) -> None:
        self._other = other

    def tell(self, call: Call, answer: Answer) -> None:
        if call.path.startswith("/recovery/") and answer.status == 200:
            rid = answer.body["rec"]["_id"]
            answer.body["rec"] = {**self._other, "_id": rid}


class WeakensACard(Lie):
    """Asks for a derivation that costs nothing, so that codes could be tried by the million."""

    def __init__(self, **kdf: int) -> None:
        self._kdf = kdf

    def tell(self, call: Call, answer: Answer) -> None:
        if call.path.startswith("/recovery/") and answer.status == 200:
            rec = answer.body["rec"]
            answer.body["rec"] = {**rec, "kdf": {**rec["kdf"], **self._kdf}}


class PretendsThatACircleIsGone(Lie):
    """Does not list a circle, and answers for it as for one that there is not."""

    def __init__(self, circle: str) -> None:
        self._circle = circle
        self._items: set[int] = set()

    def ask_one(self, device: str, asked: list[Asked]) -> list[Asked]:  # noqa: ARG002 - to all
        gone = [getattr(one, "circle", "") == self._circle for one in asked]
        self._items = {number for number, is_gone in enumerate(gone, 1) if is_gone}
        empty = Records(self._circle, [])
        return [empty if is_gone else one for one, is_gone in zip(asked, gone, strict=True)]

    def tell_one(self, device: str, told: list[Told]) -> list[Told]:  # noqa: ARG002 - as above
        return [
            one
            for one in told
            if getattr(one, "circle", "") != self._circle
            and not (isinstance(one, Receipt) and one.item in self._items)
        ]

    def ask(self, call: Call) -> Answer | None:
        if self._circle in call.path:
            return Answer(404, {"error": "not_found", "reason": "Database does not exist."})
        return None

    def tell(self, call: Call, answer: Answer) -> None:
        if call.path == "/circles" and answer.status == 200:
            rows = answer.body["circles"]
            answer.body["circles"] = [row for row in rows if row["circle"] != self._circle]
