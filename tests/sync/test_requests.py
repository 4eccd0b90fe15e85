"""Who may ask to be let in, and how many."""

from typing import Any

import pytest

from rejoint_sync.circle import entries
from rejoint_sync.circle.invitation import Opened, invitation_id, request
from rejoint_sync.circle.limits import REQUESTS_PER_INVITATION_MAX
from rejoint_sync.circle.log import Membership
from rejoint_sync.document import Document
from rejoint_sync.errors import StoreUnavailable
from rejoint_sync.judge import judge_request, judge_unmoved
from sync.circle.story import NOW_S, STRANGER, THERAPIST, code_of, fixed, member_of, whole
from sync.test_judge import Shelf

SCALAR = fixed("asked by")


def asked() -> tuple[Membership, dict[str, Any]]:
    """A circle with an invitation to be approved, and a request by it."""
    before = whole()
    iid = invitation_id(before.circle, fixed("approve", 16))
    entry = entries.invite(
        before,
        THERAPIST,
        iid=iid,
        sign_scalar=SCALAR,
        role="caregiver",
        member=member_of("aunt"),
        s="c",
        exp=NOW_S + 3600,
        ts=NOW_S,
        mode="approve",
    )
    after = before.append(entry)
    opened = Opened(iid, SCALAR, after.seq, after.head, {})
    return after, request(opened, after.circle, STRANGER)


@pytest.mark.parametrize(("more", "code"), [(-1, None), (0, "limit")])
def test_so_many_may_ask(more: int, code: str | None) -> None:
    membership, body = asked()
    waiting = [f"req:{n}" for n in range(REQUESTS_PER_INVITATION_MAX + more)]
    assert code_of(judge_request, membership, body, NOW_S, waiting) == code
    assert code_of(judge_request, membership, body, NOW_S, [*waiting[1:], body["_id"]]) is None


def test_a_request_is_of_an_open_invitation() -> None:
    membership, body = asked()
    assert judge_request(membership, body, NOW_S, []).id == body["_id"]
    assert code_of(judge_request, membership, body, NOW_S + 3601, []) == "invite"
    assert code_of(judge_request, whole(), body, NOW_S, []) == "invite"


def test_what_was_judged_by_an_old_log_is_not_stored() -> None:
    membership, body = asked()
    document, shelf = Document.parse({**body, "_rev": "1-a"}), Shelf()
    shelf.put({"_id": f"log:{membership.seq:06d}"})
    judge_unmoved(membership)(shelf, document)
    with pytest.raises(StoreUnavailable):
        judge_unmoved(whole())(shelf, document)
