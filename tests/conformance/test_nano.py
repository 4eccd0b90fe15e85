"""nano 11: what an application in Node does with a database."""

from conformance.served import Database, node


def test_an_application_in_node_finds_what_it_knows(second: Database) -> None:
    said = node("nano_story.mjs", second.base, second.name)
    roles = said.pop("session")["roles"]
    assert roles == ["_admin"]
    assert said == {
        "created": True,
        "again": [412, "file_exists"],
        "listed": True,
        "conflict": [409, "conflict"],
        "read": 2,
        "head": True,
        "named": True,
        "bulk": [True] * 4,
        "range": ["b2", "b3"],
        "fetched": ["b4", "not_found"],
        "revisions": ["rev"],
        "removed": True,
        "gone": [404, "not_found"],
        "attached": True,
        "streamed": True,
        "related": "hello",
        "parts": True,
        "detached": True,
        "feed": ["b1", "b2", "b3", "b4", "exercise/1 ü", "pictured", "related"],
        "followed": "late",
        "once": True,
        "spooled": True,
        "newest": "late",
        "lines": True,
        "login": True,
        "uuids": 3,
        "related_rev": True,
        "destroyed": True,
        "missing": [404, "not_found"],
    }
