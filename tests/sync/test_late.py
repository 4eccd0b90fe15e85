"""What may wait to be accepted, and when it counts."""

from dataclasses import replace

import pytest

from rejoint_sync.circle.log import Mark, Member
from rejoint_sync.document import Document
from rejoint_sync.judge import is_covered, judge_late
from sync.circle.story import CAREGIVER, PATIENT, code_of, sealed
from sync.test_judge import CIRCLE
from sync.test_judge_checkpoints import chunk, point


def gone(until: int = CIRCLE.seq + 1, **marks: int) -> Member:
    fences = {stream: (Mark(n, ""),) for stream, n in marks.items()}
    return replace(CIRCLE.devices[PATIENT.id], until=until, marks=fences)


def late(document: dict[str, object], member: Member) -> str | None:
    circle = replace(CIRCLE, devices={**CIRCLE.devices, member.device: member})
    return code_of(judge_late, circle, member, Document.parse(document))


def test_ones_own_records_and_chunks_of_before_the_end_wait() -> None:
    assert late(sealed(CIRCLE), gone(c=0)) is None
    assert late(chunk(), gone(c=0)) is None
    assert late(sealed(CIRCLE), gone(CIRCLE.seq)) == "removed"
    assert late(chunk(), gone(CIRCLE.seq)) == "removed"
    assert late(sealed(CIRCLE, CAREGIVER), gone()) == "authz"
    assert late(chunk(keys=CAREGIVER), gone()) == "authz"
    assert late(point(1), gone()) == "authz"
    assert late(sealed(CIRCLE, kind="nt"), gone()) == "authz"


@pytest.mark.parametrize(
    ("name", "covered"),
    [("ev:2611:x:c000003", True), ("ev:2611:x:c000004", False), ("ev:2611:x:k000001", False)],
)
def test_the_fence_says_what_counts(name: str, covered: bool) -> None:  # noqa: FBT001
    assert is_covered(gone(c=3), name) is covered


def test_chunks_come_with_the_first_that_is_accepted() -> None:
    assert is_covered(gone(c=1), "ch:x:y")
    assert not is_covered(gone(c=0), "ch:x:y")
    assert not is_covered(gone(), "ch:x:y")
