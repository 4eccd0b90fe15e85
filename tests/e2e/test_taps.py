"""How many taps the daily things take: small screen, letters twice as big, right to left.

Nothing is dragged and nothing typed. The clinic is made by commands; the phone is a real browser.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect, sync_playwright

from e2e.phone import Phone
from e2e.server_process import ServerProcess
from rejoint_server.commands import demo_story as story
from rejoint_server.commands.demo_clinic import Device

pytestmark = pytest.mark.browser

WIDTH = 320
COUNTS = "addEventListener('click', () => { globalThis.taps = (globalThis.taps ?? 0) + 1 }, true)"
BIG_LETTERS = "document.documentElement.style.fontSize = '200%'"
FAKE_SPEECH = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phone]:
    """A patient's phone that has joined, in Arabic."""
    folder = tmp_path_factory.mktemp("taps")
    patient = story.PATIENTS[0]
    with ServerProcess(folder / "data", folder / "log") as server:
        desk = Device(folder / "desk")
        desk.run("new", "--setup", server.setup_link(), "--server", server.url)
        circle = desk.run("circle", "new")["circle"]
        desk.put(circle, "pl", story.plan(patient))
        link = desk.run("invite", "--circle", circle, "--role", "patient")["link"]
        desk.sync()
        with sync_playwright() as playwright:
            one = Phone(playwright, folder / "phone", width=WIDTH, language="ar", more=FAKE_SPEECH)
            one.start(script=COUNTS)
            one.page.goto(server.url + "/#" + link.partition("/#")[2])
            one.by("join-accept").click()
            expect(one.by("done-all")).to_be_visible()
            one.page.evaluate(BIG_LETTERS)
            yield one
            one.close()


def tapped(phone: Phone, *names: str) -> None:
    """Tap what has these test ids, one after the other; nothing lies beside the screen."""
    for name in names:
        phone.by(name).first.click()
    wide = phone.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= WIDTH


def taps(phone: Phone) -> int:
    """How many there were since the last look."""
    count = phone.page.evaluate("globalThis.taps ?? 0")
    phone.page.evaluate("globalThis.taps = 0")
    return int(count)


@pytest.fixture(autouse=True)
def _at_home(phone: Phone) -> None:
    expect(phone.by("today")).to_be_visible()
    assert phone.page.evaluate("document.documentElement.dir") == "rtl"
    taps(phone)


def test_a_session_takes_four(phone: Phone) -> None:
    tapped(phone, "done-all", "pain-1", "effort-2", "save")
    expect(phone.by("saved")).to_be_visible()
    assert taps(phone) == 4
    tapped(phone, "saved-home")


def test_the_mornings_pain_takes_two(phone: Phone) -> None:
    tapped(phone, "morning-open", "pain-3")
    expect(phone.by("morning-answer")).to_be_visible()
    assert taps(phone) == 2


def test_how_it_is_done_takes_one(phone: Phone) -> None:
    tapped(phone, "exercise-0")
    expect(phone.by("exercise-run")).to_be_visible()
    expect(phone.by("exercise").get_by_role("heading", level=2)).to_be_visible()
    moving = phone.by("exercise").get_by_role("img")
    expect(moving.nth(1)).to_be_visible()
    assert taps(phone) == 1
    phone.page.go_back()


def test_a_spoken_message_takes_three(phone: Phone) -> None:
    tapped(phone, "open-messages", "speak", "speak-send")
    expect(phone.by("message")).to_have_count(1)
    assert taps(phone) == 3
    phone.page.go_back()


def test_the_check_for_danger_takes_one(phone: Phone) -> None:
    tapped(phone, "help")
    expect(phone.by("check")).to_be_visible()
    expect(phone.by("check-call")).to_be_visible()
    assert taps(phone) == 1
    phone.page.go_back()
