"""Lies to the web app in a real browser: who notices, and what stands on the screen.

The phone is the patient's second one; everybody else is a headless device. What was on the screen
before a lie stays there, and what is written on it is not lost.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from e2e.browser import ARGUMENTS, obtain
from liar.edited import number_of
from liar.handset import Handset
from liar.lies_acts import PretendsThatACircleIsGone
from liar.lies_log import (
    AddsAReader,
    ForksTheLog,
    HidesARemoval,
    HidesARemovalAndWhatFollows,
    SwapsAWrap,
    TruncatesTheLog,
)
from liar.lies_records import (
    DropsAfterTheReceipt,
    ExchangesUnderTheSameRevision,
    HidesARecord,
    MovesToAnotherName,
    PlantsATombstone,
)
from liar.test_keys import key_of
from liar.test_log import break_a_link
from liar.world import World

pytestmark = pytest.mark.browser

ASK = "Please ask your clinic."
MISTAKE = f"The member list of this circle has a mistake. {ASK}"
OTHER = f"The member list on the server is not the one this phone has seen. {ASK}"
OLDER = f"The member list on the server is older than the one this phone has seen. {ASK}"
KEPT_BACK = f"The server keeps back news about the members. {ASK}"
MISSING = f"Some records of Wilma are missing on the server. {ASK}"
NOBODYS = f"The server shows a record that nobody here wrote. {ASK}"
CLOSED = "The key that the server gave does not open. Your records wait on this phone."
LINK = f"The key that Rosa made does not open older records. {ASK}"
GONE = f"The clinic's server does not know this circle. {ASK}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=obtain(), args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture
def phone(browser: Browser, world: World) -> Iterator[Handset]:
    made = Handset(browser, world)
    yield made.join()
    made.close()


def test_the_truth_raises_no_words(phone: Handset, world: World) -> None:
    world.tells("patient", 6)
    phone.sync(3)
    assert phone.words() == ""
    assert phone.pains() == [2, 3, 6]


def test_a_swapped_key(phone: Handset, world: World) -> None:
    """SwapsAWrap."""
    world.do("therapist", "rekey", world.circle)
    mine = key_of(world, "phone")
    world.told(SwapsAWrap(world.circle, mine, world.stored(key_of(world, "caregiver"))))
    world.tells("therapist", 9)
    phone.sync(2)
    assert phone.words() == CLOSED
    assert phone.pains() == [2, 3]
    # It said what it lacks; who holds the key writes it again.
    world.honest()
    world.a_day_later()
    world.sync("therapist")
    phone.sync(3)
    assert phone.words() == ""
    assert phone.pains() == [2, 3, 9]


def test_a_reader_whom_nobody_let_in(phone: Handset, world: World) -> None:
    """AddsAReader."""
    world.told(AddsAReader(world.circle, world.log(), world.ids["therapist"]))
    phone.sync(2)
    assert phone.words() == MISTAKE
    assert phone.pains() == [2, 3]
    # It is no entry: nobody came in, and the true one that follows takes its place.
    world.honest()
    world.do("therapist", "invite", world.circle, "caregiver")
    world.tells("therapist", 4)
    phone.sync(2)
    assert phone.words() == ""
    assert phone.pains() == [2, 3, 4]


def test_a_log_that_ends_early_also_from_who_says_yes(phone: Handset, world: World) -> None:
    """TruncatesTheLog."""
    world.told(TruncatesTheLog(world.circle, len(world.log()) - 2))
    phone.sync(2)
    assert phone.words() == OLDER
    assert phone.pains() == [2, 3]
    world.honest()
    phone.sync(2)
    assert phone.words() == ""


def test_an_old_backup(phone: Handset, world: World) -> None:
    """The server goes on with what it had an hour ago, and its operator says nothing."""
    backup = world.backup("old")
    world.do("therapist", "invite", world.circle, "caregiver")
    world.tells("patient", 6)
    phone.sync(2)
    world.server.replace(backup)
    phone.sync(2)
    assert phone.words() == OLDER
    assert phone.pains() == [2, 3, 6]


def test_a_forked_log(phone: Handset, world: World) -> None:
    """ForksTheLog: seen when it ends, or by what crosses."""
    backup = world.backup("second")
    shown_other = [world.ids["phone"], world.ids["patient"]]
    world.told(ForksTheLog(shown_other, world.server.second(backup)))
    for person in ("therapist", "patient"):
        world.do(person, "invite", world.circle, "caregiver")
    world.tells("therapist", 9)
    phone.sync(2)
    assert phone.words() == ""
    assert phone.pains() == [2, 3]
    world.honest()
    phone.sync(2)
    assert phone.words() == OTHER
    assert phone.pains()[:2] == [2, 3]


def test_a_hidden_removal(phone: Handset, world: World) -> None:
    """HidesARemoval."""
    world.do("therapist", "remove", world.circle, [world.ids["caregiver"]])
    seq = number_of(world.log()[-1]["_id"])
    world.told(HidesARemoval(world.circle, seq, [world.ids["phone"]]))
    world.tells("therapist", 9)
    phone.sync(3)
    assert phone.words() == KEPT_BACK
    assert phone.pains() == [2, 3]
    world.honest()
    world.a_day_later()
    phone.sync(3)
    assert phone.words() == ""
    assert phone.pains() == [2, 3, 9]


def test_a_removal_hidden_with_all_that_follows_is_silence(phone: Handset, world: World) -> None:
    """HidesARemovalAndWhatFollows: "last heard from" stands still, nothing else can tell."""
    day = phone.heard()
    world.do("therapist", "remove", world.circle, [world.ids["caregiver"]])
    seq = number_of(world.log()[-1]["_id"])
    world.a_day_later()
    hidden = [*world.tells("therapist", 9), f"cp:c:{world.ids['therapist']}"]
    to = [world.ids["phone"]]
    world.told(HidesARemovalAndWhatFollows(world.circle, seq, hidden, to))
    phone.sync(2)
    assert phone.words() == ""
    assert phone.heard() == day


@pytest.mark.parametrize(
    "lie",
    [
        "hidden",
        pytest.param("dropped", marks=pytest.mark.long),
        pytest.param("exchanged", marks=pytest.mark.long),
    ],
)
def test_a_record_missing_in_the_middle(phone: Handset, world: World, lie: str) -> None:
    """HidesARecord, DropsAfterTheReceipt, ExchangesUnderTheSameRevision."""
    if lie == "dropped":
        world.told(DropsAfterTheReceipt(world.circle, [":c000003"]))
    hidden, _ = world.tells("patient", 6, 7)
    if lie == "hidden":
        world.told(HidesARecord(world.circle, [hidden]))
    if lie == "exchanged":
        content = world.stored(hidden)["c"][:-8] + "AAAAAAAA"
        world.told(ExchangesUnderTheSameRevision(world.circle, hidden, content))
    phone.sync(3)
    assert phone.words() == MISSING
    assert phone.pains() == [2, 3, 7]
    if lie != "dropped":
        world.honest()
        world.a_day_later()
        phone.sync(3)
        assert phone.words() == ""
        assert phone.pains() == [2, 3, 6, 7]


@pytest.mark.parametrize("lie", ["moved", pytest.param("tombstone", marks=pytest.mark.long)])
def test_something_false_in_a_place(phone: Handset, world: World, lie: str) -> None:
    """MovesToAnotherName, PlantsATombstone."""
    name, _ = world.tells("patient", 6, 7)
    document = world.stored(name)
    if lie == "moved":
        world.told(MovesToAnotherName(world.circle, document, name[:-1] + "9"))
    else:
        phone.sync(2)
        world.told(PlantsATombstone(world.circle, document))
    phone.sync(3)
    assert phone.words() == (NOBODYS if lie == "moved" else "")
    assert phone.pains() == [2, 3, 6, 7]


def test_a_bad_link_names_who_signed_it(phone: Handset, world: World) -> None:
    """A member gone bad, whom the server can not see through."""
    break_a_link(world)
    world.tells("therapist", 9)
    phone.sync(2)
    assert phone.words() == LINK
    assert phone.pains() == [2, 3, 9]


def test_a_circle_that_is_said_to_be_gone(phone: Handset, world: World) -> None:
    """PretendsThatACircleIsGone."""
    world.told(PretendsThatACircleIsGone(world.circle))
    phone.sync(2)
    assert phone.words() == GONE
    assert phone.pains() == [2, 3]
    world.honest()
    phone.sync(2)
    assert phone.words() == ""
