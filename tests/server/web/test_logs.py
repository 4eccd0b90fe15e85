"""Nothing private can reach a log line."""

import asyncio
from datetime import UTC, datetime
from io import StringIO

from rejoint_server.web.logs import PRIVATE, VALUE_LENGTH_MAX, open_log


def test_hides_every_field_that_is_not_on_the_list() -> None:
    sink = StringIO()
    open_log(sink).info("request", method="GET", status=200, body="vorpal", token=7)
    line = sink.getvalue()
    assert "vorpal" not in line
    assert "method=GET" in line
    assert "status=200" in line
    assert line.count(PRIVATE) == 2


def test_cuts_what_is_long() -> None:
    sink = StringIO()
    open_log(sink).info("request", route="a" * 1000)
    assert sink.getvalue().endswith(f" route={'a' * VALUE_LENGTH_MAX}\n")


def test_keeps_one_line_per_event() -> None:
    sink = StringIO()
    open_log(sink).info("request", route="a\nlevel=error")
    assert sink.getvalue().count("\n") == 1


def test_a_request_reads_as_the_same_event_told_at_length() -> None:
    long, short = StringIO(), StringIO()
    for route in ("/db/{db}", "", "a b=c\n", "x" * 1000, "…"):
        open_log(long).info("request", method="GET", route=route, status=200, duration_ms=1.3)
        open_log(short).request("GET", route, 200, 0.0013)
    lines = [
        [line.partition(" ")[2] for line in sink.getvalue().splitlines()] for sink in (long, short)
    ]
    assert lines[0] == lines[1]
    assert len(lines[1]) == 5


def test_every_line_says_when_it_was_written() -> None:
    sink = StringIO()
    log = open_log(sink)
    before = datetime.now(UTC)
    log.request("GET", "/db/{db}", 200, 0.1)
    log.error("failed", error_type="OSError")
    log.request("GET", "/db/{db}", 200, 0.1)
    stamps = [line.partition(" ")[0] for line in sink.getvalue().splitlines()]
    times = [datetime.fromisoformat(stamp.removeprefix("timestamp=")) for stamp in stamps]
    assert before <= times[0] <= times[1] <= times[2] <= datetime.now(UTC)


class Counting(StringIO):
    """Counts the calls of the system that a stream would make."""

    flushes = 0

    def flush(self) -> None:
        self.flushes += 1


async def test_requests_of_one_turn_are_written_at_once_and_before_what_follows() -> None:
    sink = Counting()
    log = open_log(sink)
    for _ in range(3):
        log.request("POST", "/sync", 200, 0.001)
    assert sink.getvalue() == ""
    await asyncio.sleep(0)
    assert (sink.getvalue().count("\n"), sink.flushes) == (3, 1)
    log.request("POST", "/sync", 200, 0.001)
    log.error("failed", error_type="OSError")
    assert [line.split()[1] for line in sink.getvalue().splitlines()[3:]] == [
        "level=info",
        "level=error",
    ]
