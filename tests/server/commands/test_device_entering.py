"""A ticket, a key that was read, and a wish, against a real server, as people type them."""

from collections.abc import Iterator

import pytest

from e2e.server_process import ServerProcess
from server.device_shell import Shell


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("server")
    with ServerProcess(folder / "data", folder / "log") as running:
        yield running


def test_the_story_of_a_clinic_without_keys(
    server: ServerProcess, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shell = Shell(tmp_path_factory.mktemp("homes"))
    clinic = shell.device("new", "--home", "@admin", "--setup", server.setup_link())["circle"]
    of = ("--home", "@admin", "--circle", clinic)
    joined = {}
    for name in ("first", "second"):
        link = shell.device("invite", *of, "--role", "therapist")["link"]
        joined[name] = shell.device("join", "--home", f"@{name}", link)
    shell.device("sync", "--home", "@admin")
    link = shell.device("enrol", *of, joined["first"]["device"])["link"]
    founded = shell.device("join", "--home", "@patient", link)
    assert founded["added"] == [joined["first"]["device"]]
    circle = founded["circle"]
    # A second phone of the patient, side by side.
    key = shell.device("key", "--home", "@tablet", "--at", server.url)["key"]
    admitted = shell.device("admit", "--home", "@patient", "--circle", circle, key)
    assert (admitted["role"], admitted["queued"]) == ("patient", False)
    # The admin wishes that the second therapist takes over; the first one confirms.
    member = joined["second"]["member"]
    wish = ("--patient", circle, "--member", member)
    shell.device("handover-wish", *of, *wish)
    shell.device("sync", "--home", "@admin")
    shell.device("sync", "--home", "@first")
    (found,) = shell.device("handover-wishes", "--home", "@first")["wishes"]
    assert found["member"] == member
    confirm = ("handover-confirm", "--home", "@first", "--circle", circle, "--member", member)
    assert shell.device(*confirm)["added"] == [joined["second"]["device"]]
    shell.device("sync", "--home", "@second")
    circles = shell.device("circle", "list", "--home", "@second")["circles"]
    assert circle in {one["circle"] for one in circles}
