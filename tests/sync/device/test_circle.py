"""One circle on a device: counters, kills between any two steps, tampering, the fold."""

import secrets
from typing import Any

import pytest

from rejoint_sync.circle import entries
from rejoint_sync.circle.document import DocumentId, seal
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.epochs import wrap
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.limits import LAMPORT_AHEAD_MAX, LAMPORT_MAX
from rejoint_sync.circle.log import Membership
from rejoint_sync.device.circle import CircleCopy
from rejoint_sync.device.home import HomeUnusable
from rejoint_sync.document import Document
from rejoint_sync.errors import CircleError, Forbidden, SyncError
from rejoint_sync.records import RecordUnknown
from rejoint_sync.stores.memory import MemoryStore

NOW_S = 1_795_000_000
PAIN = {"type": "pain", "context": "now", "score": 0}


def moment(**other: int) -> dict[str, Any]:
    return {"at": NOW_S, "tz_min": 0, "day": "2026-11-18", "performed_at": NOW_S} | other


class Killed(BaseException):
    """The process is gone."""


class Founded:
    """A patient's circle of one therapist's device, without a server."""

    def __init__(self, role: str = "therapist") -> None:
        self.store = MemoryStore()
        self.keys = DeviceKeys.generate()
        self.es = secrets.token_bytes(32)
        self.genesis = entries.genesis(
            self.keys,
            purpose="patient",
            adds="members",
            clinic="",
            member=entries.member_id(secrets.token_bytes(16)),
            role=role,
            es=self.es,
            rnd=secrets.token_bytes(16),
            ts=NOW_S,
        )
        self.members = Membership.founded(self.genesis)
        self.circle = self.members.circle

    async def adopt(self) -> CircleCopy:
        await self.store.create(self.circle)
        copy = await self.open()
        own_wrap = wrap(self.circle, "c", 1, self.es, self.keys.pub)
        await copy.adopt(Bundle(self.genesis, (own_wrap,)))
        return copy

    async def open(self) -> CircleCopy:
        return await CircleCopy.open(self.store, self.circle, self.keys)

    def sealed(self, n: int, body: dict[str, Any], kind: str = "ev") -> dict[str, Any]:
        return seal(
            self.members,
            self.keys,
            es=self.es,
            kind=kind,
            month="2611",
            n=n,
            obj=body,
            nonce=secrets.token_bytes(12),
        )

    async def arrive(self, document: dict[str, Any]) -> None:
        await self.store.write(self.circle, [Document.parse(document)], new_edits=False)


async def put(copy: CircleCopy, *values: object, kind: str = "ev", now_s: int = NOW_S) -> list[str]:
    return await copy.put(kind, values, now_s=now_s, tz_min=60)


async def test_counters_have_no_gap_and_do_not_repeat() -> None:
    founded = Founded()
    copy = await founded.adopt()
    names = await put(copy, PAIN, PAIN)
    names += await put(await founded.open(), PAIN)
    assert [DocumentId.parse(name).n for name in names] == [1, 2, 3]


@pytest.mark.parametrize("step", ["state", "documents"])
@pytest.mark.parametrize("after", [False, True])
async def test_a_kill_between_any_two_steps_leaves_no_gap_and_no_second_document(
    monkeypatch: pytest.MonkeyPatch, *, step: str, after: bool
) -> None:
    founded = Founded()
    await put(await founded.adopt(), PAIN)
    copy = await founded.open()
    original: Any = copy.save if step == "state" else copy._write

    async def dies(*arguments: Any) -> None:
        if after:
            await original(*arguments)
        raise Killed

    monkeypatch.setattr(copy, "save" if step == "state" else "_write", dies)
    with pytest.raises(Killed):
        await put(copy, PAIN | {"score": 6})
    again = await founded.open()
    name = (await put(again, PAIN | {"score": 7}))[0]
    shown = (await again.show())["records"]
    counters = [DocumentId.parse(record["id"]).n for record in shown]
    assert counters == list(range(1, len(shown) + 1))
    assert shown[-1]["id"] == name
    survived = step == "documents" or after
    assert [record["value"]["score"] for record in shown] == ([0, 6, 7] if survived else [0, 7])
    assert all(record["place"] == "phone" for record in shown)


async def test_what_the_device_knows_is_filled_in() -> None:
    founded = Founded()
    copy = await founded.adopt()
    await put(copy, PAIN)
    value = (await copy.show())["records"][0]["value"]
    assert value == PAIN | {
        "lam": 1,
        "at": NOW_S,
        "tz_min": 60,
        "performed_at": NOW_S,
        "day": "2026-11-18",
    }


async def test_a_given_time_is_kept_and_decides_the_local_day() -> None:
    founded = Founded()
    copy = await founded.adopt()
    late = 1_794_957_540  # 23:19 UTC, the next day one hour to the east
    await put(copy, PAIN | {"at": late, "performed_at": late})
    value = (await copy.show())["records"][0]["value"]
    assert (value["at"], value["performed_at"], value["day"]) == (late, late, "2026-11-18")


async def test_the_month_in_the_name_is_that_of_sealing() -> None:
    founded = Founded()
    copy = await founded.adopt()
    names = await put(copy, PAIN | {"at": 1_700_000_000, "performed_at": 1_700_000_000})
    assert DocumentId.parse(names[0]).month == "2611"


async def test_nothing_is_kept_when_one_record_of_several_is_refused() -> None:
    founded = Founded()
    copy = await founded.adopt()
    with pytest.raises(SyncError, match="score"):
        await put(copy, PAIN, PAIN | {"score": 11})
    assert (await copy.show())["records"] == []
    assert (await put(copy, PAIN))[0].endswith("c000001")


@pytest.mark.parametrize(
    "value", [1, [], "x", {"type": "dance"}, {}, {"type": "note", "text": "x"}]
)
async def test_what_is_no_record_of_this_kind_is_refused(value: object) -> None:
    founded = Founded()
    copy = await founded.adopt()
    with pytest.raises(SyncError):
        await put(copy, value)


async def test_an_unknown_type_is_refused_with_a_clear_line() -> None:
    founded = Founded()
    copy = await founded.adopt()
    with pytest.raises(RecordUnknown, match="expected a type that belongs to ev"):
        await put(copy, {"type": "dance"})


async def test_a_role_that_may_not_write_this_kind_is_refused_before_a_counter_is_used() -> None:
    founded = Founded(role="patient")
    copy = await founded.adopt()
    with pytest.raises(CircleError) as caught:
        await put(copy, {"type": "note", "text": "mine"}, kind="nt")
    assert caught.value.code == "authz"
    assert (await founded.open()).state.n == 0


@pytest.mark.parametrize("lam", [LAMPORT_AHEAD_MAX + 1, LAMPORT_MAX])
async def test_a_count_ahead_of_all_reason_takes_nobody_along(lam: int) -> None:
    founded = Founded()
    copy = await founded.adopt()
    await founded.arrive(founded.sealed(9, PAIN | moment(lam=lam)))
    name = (await put(copy, PAIN))[0]
    shown = await copy.show()
    own = next(record for record in shown["records"] if record["id"] == name)
    assert own["value"]["lam"] == 1
    assert all(record["id"] != name for record in shown["set_aside"])


async def test_lam_is_above_all_that_has_arrived() -> None:
    founded = Founded()
    copy = await founded.adopt()
    await founded.arrive(founded.sealed(1, PAIN | {"lam": 41, "at": NOW_S, "tz_min": 0}))
    await put(copy, PAIN)
    assert (await copy.show())["records"][-1]["value"]["lam"] == 42


async def test_a_directory_restored_from_a_copy_does_not_use_a_counter_again() -> None:
    founded = Founded()
    copy = await founded.adopt()
    await founded.arrive(founded.sealed(5, PAIN | {"lam": 1, "at": NOW_S, "tz_min": 0}))
    assert (await put(copy, PAIN))[0].endswith("c000006")


async def test_a_record_of_a_later_version_is_set_aside_and_kept() -> None:
    founded = Founded()
    copy = await founded.adopt()
    await founded.arrive(founded.sealed(1, {"type": "dance", "lam": 1, "at": 1, "tz_min": 0}))
    shown = await copy.show()
    assert shown["records"] == []
    assert shown["set_aside"][0]["id"].endswith("c000001")


async def test_a_forged_document_is_set_aside_with_its_code() -> None:
    founded = Founded()
    copy = await founded.adopt()
    forged = founded.sealed(1, PAIN | {"lam": 1, "at": NOW_S, "tz_min": 0})
    forged["s"] = "A" * 86
    await founded.arrive(forged)
    assert [one["code"] for one in (await copy.show())["set_aside"]] == ["sig"]


async def test_of_two_documents_in_one_place_the_smaller_hash_is_read() -> None:
    founded = Founded()
    copy = await founded.adopt()
    body = PAIN | {"lam": 1, "at": NOW_S, "tz_min": 0, "day": "2026-11-18", "performed_at": NOW_S}
    two = [founded.sealed(1, body | {"score": score}) for score in (1, 2)]
    for document in two:
        await founded.arrive(document)
    records = (await copy.show())["records"]
    smaller = min(two, key=lambda document: str(document["_rev"]))
    assert [record["value"]["score"] for record in records] == [1 if smaller is two[0] else 2]


async def test_records_come_in_the_order_of_the_fold() -> None:
    founded = Founded()
    copy = await founded.adopt()
    await put(copy, PAIN | {"score": 3, "at": NOW_S}, PAIN | {"score": 0, "at": NOW_S - 9000})
    scores = [record["value"]["score"] for record in (await copy.show())["records"]]
    assert scores == [3, 0]


async def test_a_changed_log_is_refused() -> None:
    founded, other = Founded(), Founded()
    await founded.adopt()
    await founded.store.delete(founded.circle)
    await founded.store.create(founded.circle)
    await founded.arrive({"_rev": "1-" + "0" * 32, **other.genesis})
    with pytest.raises(HomeUnusable, match="was changed"):
        await founded.open()


async def test_a_log_that_lost_its_end_is_refused() -> None:
    founded = Founded()
    copy = await founded.adopt()
    copy.state.pin = (1, "H" * 43)
    await copy.save()
    with pytest.raises(HomeUnusable, match="not what it was"):
        await founded.open()


async def test_killed_before_the_pin_moved_the_log_goes_on_where_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    founded = Founded()
    await founded.store.create(founded.circle)
    copy = await founded.open()

    async def dies() -> None:
        raise Killed

    monkeypatch.setattr(copy, "save", dies)
    with pytest.raises(Killed):
        await copy.extend([founded.genesis])
    again = await founded.open()
    assert again.state.pin == (0, again.members.head)


async def test_under_alarm_nothing_is_written_and_all_can_be_read() -> None:
    founded = Founded()
    copy = await founded.adopt()
    await put(copy, PAIN)
    copy.state.alarm = "the server shows another log"
    with pytest.raises(CircleError, match="another log"):
        await put(copy, PAIN)
    assert len((await copy.show())["records"]) == 1


async def test_before_the_key_has_arrived_nothing_is_sealed() -> None:
    founded = Founded()
    await founded.store.create(founded.circle)
    copy = await founded.open()
    with pytest.raises(Forbidden):
        await put(copy, PAIN)
    await copy.extend([founded.genesis])
    with pytest.raises(CircleError) as caught:
        await put(copy, PAIN)
    assert caught.value.code == "epoch"


async def test_an_accepted_bundle_may_be_adopted_twice() -> None:
    founded = Founded()
    copy = await founded.adopt()
    await copy.adopt(Bundle(founded.genesis, ()))
    assert copy.members.seq == 0


async def test_many_records_are_read_page_by_page() -> None:
    founded = Founded()
    copy = await founded.adopt()
    await put(copy, *([PAIN] * 450))
    records = (await (await founded.open()).show())["records"]
    assert [DocumentId.parse(record["id"]).n for record in records] == list(range(1, 451))
