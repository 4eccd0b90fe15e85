"""Which wraps may come later than the entry that required them."""

import pytest

from rejoint_sync.circle.epochs import make_wraps, wrap_id
from rejoint_sync.judge import judge_wrap, wrapped_for
from sync.circle.story import PATIENT, SECRETS, STRANGER, THERAPIST, code_of
from sync.test_judge import CIRCLE

COMMIT = CIRCLE.epochs["c"][0].commit
NAME = wrap_id("c", 1, COMMIT, PATIENT.id)


def test_a_live_device_of_the_stream_is_served() -> None:
    stream, member = wrapped_for(CIRCLE, NAME)
    assert (stream, member.device) == ("c", PATIENT.id)
    (wrap,) = make_wraps(CIRCLE, [NAME], SECRETS)
    assert judge_wrap(CIRCLE, CIRCLE.devices[THERAPIST.id], wrap).id == NAME
    assert str(judge_wrap(CIRCLE, member, wrap | {"_rev": "1-x"}).rev).startswith("1-")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (wrap_id("c", 2, COMMIT, PATIENT.id), "wrap"),
        (wrap_id("c", 0, COMMIT, PATIENT.id), "wrap"),
        (wrap_id("k", 1, COMMIT, PATIENT.id), "wrap"),
        (wrap_id("c", 1, "A" * 43, PATIENT.id), "wrap"),
        (wrap_id("c", 1, COMMIT, STRANGER.id), "wrap"),
        (NAME + "x", "schema"),
        (7, "schema"),
    ],
)
def test_nobody_else_is(name: object, code: str) -> None:
    assert code_of(wrapped_for, CIRCLE, name) == code


def test_a_wrap_has_its_size() -> None:
    giver = CIRCLE.devices[THERAPIST.id]
    assert code_of(judge_wrap, CIRCLE, giver, {"_id": NAME, "k": "AAAA"}) == "wrap"
    assert code_of(judge_wrap, CIRCLE, giver, {"_id": NAME, "k": "A="}) == "b64"
    assert code_of(judge_wrap, CIRCLE, giver, {"_id": NAME, "k": 1}) == "schema"
    assert code_of(judge_wrap, CIRCLE, giver, {"_id": NAME}) == "schema"
