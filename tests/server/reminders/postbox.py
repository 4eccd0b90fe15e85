"""A sender that keeps what it is given to send."""

from dataclasses import dataclass, field

from rejoint_server.reminders import Outcome
from rejoint_sync.reminders import Ping


@dataclass(slots=True)
class Postbox:
    """Takes every ping.

    Attributes:
        sent: Device and ping, in their order.
        answers: Outcomes for the next pings; after them all are delivered.
    """

    sent: list[tuple[str, Ping]] = field(default_factory=list)
    answers: list[Outcome] = field(default_factory=list)

    async def send(self, device: str, ping: Ping) -> Outcome:
        """As the port."""
        self.sent.append((device, ping))
        return self.answers.pop(0) if self.answers else Outcome("delivered")

    def kinds(self, device: str = "") -> list[str]:
        """The kinds of what was sent, to all devices or to one."""
        return [ping.kind for to, ping in self.sent if device in ("", to)]
