"""A turn: judged in a thread, decided before anything is sent."""

import threading

from contract.documents import revision
from rejoint_sync.document import Document
from rejoint_sync.errors import BadRequest
from rejoint_sync.stores import View
from rejoint_sync.stores.couch import CouchStore


async def test_a_judge_may_ask_for_anything_without_holding_up_the_loop(couch: CouchStore) -> None:
    await couch.write("circle", [revision("other", "1-a")], new_edits=False)
    seen: list[object] = []

    def judge(view: View, _: Document) -> None:
        seen.append(threading.current_thread() is threading.main_thread())
        seen.append((view.rev("other"), view.rev("new"), view.last_id("o")))

    await couch.write("circle", [revision("new", "1-a")], new_edits=False, judge=judge)
    assert seen == [False, ("1-a", None, "other")]


async def test_a_name_that_couchdb_would_change_is_refused(couch: CouchStore) -> None:
    """16 characters are taken for the bytes of an MD5, and would come back as 32 digits."""
    documents = [revision("x", "1-" + "a" * 16), revision("y", "1-" + "a" * 32)]
    one, two = await couch.write("circle", documents, new_edits=False)
    assert isinstance(one.error, BadRequest)
    assert two.error is None
    stored = await couch.read("circle", "y")
    assert stored is not None
    assert stored.leaves[0].rev == "1-" + "a" * 32
