"""What went over the network, and how long connections were made for it."""

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Traffic:
    """What went over the network; `drive` says what is counted.

    Attributes:
        requests: Requests begun, answered or not.
        bytes_up: Sent.
        bytes_down: Received.
        connecting_s: Time that connections took to be made, in seconds, those that failed too; of
            streams alone.
    """

    requests: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    connecting_s: float = 0.0


@dataclass(slots=True)
class Dial:
    """Times how long a connection is made for one request; told by the client's trace.

    Attributes:
        traffic: Counts it.
        begun_s: When the connection was begun that is not made yet.
    """

    traffic: Traffic
    begun_s: float | None = None

    async def note(self, event: str, _about: object) -> None:
        """Something happened; the request goes out when its headers do."""
        if event == "connection.connect_tcp.started":
            self.begun_s = time.monotonic()
        elif event == "http11.send_request_headers.started":
            self.end()

    def end(self) -> None:
        """It is made, or given up."""
        if self.begun_s is not None:
            self.traffic.connecting_s += time.monotonic() - self.begun_s
            self.begun_s = None
