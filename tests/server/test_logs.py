"""Nothing private can reach a log line."""

from io import StringIO

from rejoint_server.logs import PRIVATE, VALUE_LENGTH_MAX, open_log


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
