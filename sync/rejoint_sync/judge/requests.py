"""May this device ask to be let in? By the log, the invitation and the number that asked already.

Source: docs/circle.md, "The server's duties".
"""

from collections.abc import Collection
from typing import Any

from rejoint_sync.circle.document import structural_rev
from rejoint_sync.circle.invitation import read_request
from rejoint_sync.circle.limits import REQUESTS_PER_INVITATION_MAX
from rejoint_sync.circle.log import Membership
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError, StoreUnavailable
from rejoint_sync.stores import Judge, View


def judge_request(
    membership: Membership, request: dict[str, Any], now_s: int, waiting: Collection[str]
) -> Document:
    """Judge what a device sends that asks to be let in. Pure.

    Args:
        membership: The circle.
        request: `{"_id", "dev", "proof"}`, from the wire.
        now_s: Unix seconds by the server's clock.
        waiting: Names of the requests of this invitation that are stored.

    Returns:
        What to store.

    Raises:
        CircleError: The codes of `read_request`; `limit` (enough ask already).
    """
    read_request(membership, request, now_s)
    if request["_id"] not in waiting and len(waiting) >= REQUESTS_PER_INVITATION_MAX:
        raise CircleError("limit", "enough devices ask by this invitation; wait for an answer")
    return Document.parse({**request, "_rev": structural_rev(request)})


def judge_unmoved(membership: Membership) -> Judge:
    """Make the judge that stores what was judged by a log only while the log is still the same."""

    def decide(view: View, _: Document) -> None:
        if view.last_id("log:") != f"log:{membership.seq:06d}":
            raise StoreUnavailable("the log of this circle has just moved on; send it again")

    return decide
