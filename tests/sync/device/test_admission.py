"""Getting in: each way a link can fail is said in plain words, and leaves nothing behind."""

import pytest

from rejoint_sync.device import admission
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import CircleError, SyncError
from sync.device.clinic import Clinic, Killed


async def link_for(clinic: Clinic, role: str = "caregiver") -> tuple[str, str]:
    circle = await clinic.care()
    return circle, (await clinic.do("therapist", "invite", circle, role))["link"]


async def reason(clinic: Clinic, link: str, name: str = "late") -> str:
    with pytest.raises(SyncError) as caught:
        await clinic.do(name, "join", link)
    assert await clinic.do(name, "circles") == []
    return caught.value.reason


async def test_a_used_link_is_said_to_be_used(clinic: Clinic) -> None:
    _, link = await link_for(clinic)
    await clinic.do("caregiver", "join", link)
    assert "someone else used this invitation" in await reason(clinic, link)


async def test_an_expired_link_is_said_to_be_expired(clinic: Clinic) -> None:
    _, link = await link_for(clinic)
    clinic.clock.now += 3601
    clinic.phone_clock.now -= 999  # its own clock says nothing about it
    assert "has expired" in await reason(clinic, link)


@pytest.mark.parametrize("cut", [1, 10, 21, 22, 23, 40])
async def test_a_truncated_link_is_said_to_be_incomplete(clinic: Clinic, cut: int) -> None:
    _, link = await link_for(clinic)
    assert await reason(clinic, link[:-cut]) == "this link is incomplete"


async def test_a_link_without_its_server_is_incomplete(clinic: Clinic) -> None:
    _, link = await link_for(clinic)
    assert "does not name the server" in await reason(clinic, "#" + link.partition("#")[2])


async def test_a_changed_link_opens_nothing(clinic: Clinic) -> None:
    _, link = await link_for(clinic)
    changed = link[:-4] + ("AAAA" if link[-4:] != "AAAA" else "QQQQ")
    assert "no such invitation" in await reason(clinic, changed)


@pytest.mark.parametrize(
    "origin", ["http://[::", "http://x:99999", "http://", "ftp://x", "http://a/b"]
)
async def test_a_link_of_no_possible_server_is_incomplete(clinic: Clinic, origin: str) -> None:
    _, link = await link_for(clinic)
    broken = f"{origin}/#{link.partition('#')[2]}"
    assert "does not name the server" in await reason(clinic, broken)


@pytest.mark.parametrize("link", ["", "hello", "http://server.example/", "http://x/#q1.abc"])
async def test_what_is_no_link_is_said_so(clinic: Clinic, link: str) -> None:
    await clinic.start()
    assert "not a link" in await reason(clinic, link)


async def test_a_setup_link_is_not_an_invitation(clinic: Clinic) -> None:
    setup = await clinic.start()
    assert "expected an invitation" in await reason(clinic, setup)


async def test_setup_works_once(clinic: Clinic) -> None:
    setup = await clinic.start()
    await clinic.do("therapist", "new", setup)
    with pytest.raises(SyncError, match="used already"):
        await clinic.do("other", "new", setup)
    with pytest.raises(SyncError, match="lives here already"):
        await clinic.do("therapist", "new", setup)


@pytest.mark.parametrize("fault", ["lost request", "lost answer", "killed"])
@pytest.mark.parametrize("request_number", [0, 1])
async def test_founding_may_be_interrupted_anywhere(
    clinic: Clinic, request_number: int, fault: str
) -> None:
    setup = await clinic.start()
    clinic.network.faults = ["ok"] * request_number + [fault]
    with pytest.raises((Unreachable, Killed)):
        await clinic.do("therapist", "new", setup)
    again = await clinic.do("therapist", "new", setup)
    assert [one["circle"] for one in await clinic.do("therapist", "circles")] == [again["circle"]]
    await clinic.do("therapist", "sync")


@pytest.mark.parametrize("fault", ["lost request", "lost answer", "killed"])
@pytest.mark.parametrize("request_number", [0, 1])
async def test_joining_may_be_interrupted_anywhere(
    clinic: Clinic, request_number: int, fault: str
) -> None:
    circle, link = await link_for(clinic)
    clinic.network.faults = ["ok"] * request_number + [fault]
    with pytest.raises((Unreachable, Killed)):
        await clinic.do("caregiver", "join", link)
    joined = await clinic.do("caregiver", "join", link)
    assert (joined["circle"], joined["role"]) == (circle, "caregiver")
    assert (await clinic.do("caregiver", "circles"))[0]["seq"] == 4


@pytest.mark.parametrize(("later_s", "links"), [(60, 1), (2 * 3600, 2)])
async def test_an_invitation_that_got_no_answer_is_given_out_as_long_as_it_holds(
    clinic: Clinic, later_s: int, links: int
) -> None:
    circle = await clinic.care()
    clinic.network.faults = ["ok", "lost answer"]
    with pytest.raises(Unreachable):
        await clinic.do("therapist", "invite", circle, "caregiver")
    clinic.clock.now += later_s
    clinic.phone_clock.now += later_s
    await clinic.do("patient", "sync")
    made = await clinic.do("therapist", "invite", circle, "caregiver")
    assert (await clinic.do("caregiver", "join", made["link"]))["role"] == "caregiver"
    entries = await clinic.store.range(circle, "log:", "log;", limit=99)
    assert len(entries) == 4 + links


@pytest.mark.parametrize("fault", ["lost answer", "killed"])
async def test_a_patients_circle_is_founded_once(clinic: Clinic, fault: str) -> None:
    await clinic.care()
    clinic.network.faults = ["ok", fault]
    with pytest.raises((Unreachable, Killed)):
        await clinic.do("therapist", "circle_new")
    await clinic.do("therapist", "circle_new")
    assert len(await clinic.do("therapist", "circles")) == 3


async def test_someone_faster_in_the_log_does_not_stop_a_joiner(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    circle, link = await link_for(clinic)
    original = admission._look
    faster = ["therapist"]

    async def look(*arguments: object) -> object:
        seen = await original(*arguments)  # type: ignore[arg-type]  # passed on as it came
        if faster:
            await clinic.do(faster.pop(), "invite", circle, "caregiver")
        return seen

    monkeypatch.setattr(admission, "_look", look)
    await clinic.do("caregiver", "join", link)
    assert (await clinic.do("caregiver", "circles"))[0]["seq"] == 5


async def test_a_device_joins_a_second_circle_with_the_same_keys(clinic: Clinic) -> None:
    first = await clinic.care(["one", "two"])
    invited = await clinic.do("therapist", "invite", first, "caregiver")
    await clinic.do("one", "join", invited["link"])
    roles = [one["role"] for one in await clinic.do("one", "circles")]
    assert sorted(roles) == ["caregiver", "patient"]


async def test_a_device_does_not_join_the_same_circle_twice(clinic: Clinic) -> None:
    _, link = await link_for(clinic)
    with pytest.raises(SyncError, match="in this circle already"):
        await clinic.do("patient", "join", link)


async def test_a_device_of_another_server_is_not_mixed_in(clinic: Clinic) -> None:
    _, link = await link_for(clinic)
    with pytest.raises(SyncError, match=r"belongs to http://server\.example"):
        await clinic.do("patient", "join", link.replace("server.example", "other.example"))


async def test_only_clinicians_found_patients_circles(clinic: Clinic) -> None:
    await clinic.care()
    with pytest.raises(SyncError, match="only a clinic's therapist"):
        await clinic.do("patient", "circle_new")


async def test_a_second_patient_link_is_for_the_one_patient(clinic: Clinic) -> None:
    """There is one patient in a circle: a new link replaces a lost phone."""
    circle = await clinic.care()
    member = (await clinic.do("patient", "circles"))[0]["member"]
    invited = await clinic.do("therapist", "invite", circle, "patient")
    assert invited["member"] == member
    joined = await clinic.do("new phone", "join", invited["link"])
    assert joined["member"] == member


async def test_an_invitation_under_a_therapists_member_is_refused(clinic: Clinic) -> None:
    circle = await clinic.care()
    member = next(
        one["member"] for one in await clinic.do("therapist", "circles") if one["circle"] == circle
    )
    with pytest.raises(CircleError) as caught:
        await clinic.do("patient", "invite", circle, "therapist", member=member)
    assert caught.value.code == "authz"
