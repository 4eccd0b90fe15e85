"""Members come and go in real browsers: twelve digits, a stolen phone, a card on paper.

The stories of one clinic, on a real server. What a phone that was taken out can still read is
looked up on its screen and in its database.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from e2e.canary import DUMP_INDEXED_DB
from e2e.phone import Phone
from e2e.server_process import ServerProcess
from e2e.test_story import (
    NOTE,
    create_patient,
    found_clinic,
    join,
    log_session,
    wait_for_worker,
)

pytestmark = pytest.mark.browser

SECRET_NOTE = "Zanzibar quill 90210: after the theft."
SENT = 60_000
KEPT = "async (part) => (await caches.match(`/keeps-${part}`)) !== undefined"


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


class Clinic:
    """A server, the therapist's desk and the patient's phone, which has joined."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self.playwright = playwright
        self.folder = folder
        self.server = ServerProcess(folder / "data", folder / "server.log")
        self.desk = Phone(playwright, folder / "desk", width=1280, height=800).start()
        found_clinic(self.desk, self.server.setup_link())
        link = create_patient(self.desk)
        self.phone = Phone(playwright, folder / "phone").start()
        join(self.phone, link)
        self.sync_desk()

    def another(self, name: str) -> Phone:
        return Phone(self.playwright, self.folder / name).start()

    def sync_desk(self) -> None:
        self.desk.by("room-status").click()
        self.desk.by("sync-now").click()
        expect(self.desk.by("sync-now")).to_have_attribute("aria-disabled", "false", timeout=SENT)
        self.desk.by("room-home").click()

    def open_patient(self) -> None:
        self.desk.by("patient-row").first.click()
        expect(self.desk.by("patient")).to_be_visible()

    def open_members(self) -> None:
        self.open_patient()
        self.desk.by("open-members").click()
        expect(self.desk.by("members")).to_be_visible()

    def write_note(self, text: str) -> None:
        self.desk.by("note-text").fill(text)
        self.desk.by("note-save").click()
        expect(self.desk.by("note-body").last).to_have_text(text)
        newest = self.desk.by("message").last
        # On the server, or seen there already by whom it is for.
        expect(newest.get_by_test_id(re.compile("state-(server|seen)"))).to_be_visible(timeout=SENT)

    def close(self, *phones: Phone) -> None:
        for phone in (self.desk, self.phone, *phones):
            phone.close()
        self.server.stop()


@pytest.fixture(scope="module")
def clinic(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    made = Clinic(playwright, tmp_path_factory.mktemp("clinic"))
    yield made
    made.close()


def sync_phone(phone: Phone) -> None:
    """Back on today after a round."""
    phone.by("open-more").click()
    phone.by("open-status").click()
    phone.by("sync-now").click()
    expect(phone.by("sync-now")).to_have_attribute("aria-disabled", "false", timeout=SENT)
    phone.page.go_back()
    expect(phone.by("more")).to_be_visible()
    phone.page.go_back()
    expect(phone.by("today")).to_be_visible()


def let_in_by_digits(clinic: Clinic) -> Phone:
    """A second phone of the patient, by a link that was sent; the digits are compared."""
    clinic.open_members()
    expect(clinic.desk.by("members-add")).to_be_visible()
    assert clinic.desk.beyond_keys() == []
    clinic.desk.page.keyboard.press("Enter")
    clinic.desk.by("add-patient").click()
    clinic.desk.by("add-approve").click()
    link = clinic.desk.by("member-link").text_content()
    assert link
    clinic.desk.page.go_back()

    second = clinic.another("second")
    second.page.goto(link.strip())
    second.by("join-accept").click()
    expect(second.by("ask")).to_be_visible()
    shown = second.by("digits").text_content()

    expect(clinic.desk.by("members-asks")).to_be_visible(timeout=45_000)
    clinic.desk.by("members-compare").click()
    assert clinic.desk.by("digits").text_content() == shown
    clinic.desk.by("compare-same").click()
    expect(clinic.desk.by("members")).to_be_visible()
    expect(second.by("today")).to_be_visible(timeout=SENT)
    expect(second.by("done-all")).to_be_visible(timeout=SENT)
    return second


def test_a_second_phone_is_let_in_and_the_stolen_one_reads_nothing_new(clinic: Clinic) -> None:
    second = let_in_by_digits(clinic)
    tags = clinic.desk.by("member-added")
    expect(tags).to_have_count(1)
    expect(clinic.desk.by("member-device")).to_have_count(3)
    log_session(second, pain=3, effort=2)
    sync_phone(second)
    clinic.desk.page.goto(clinic.server.url)
    clinic.open_patient()
    expect(clinic.desk.by("session-row")).to_have_count(1, timeout=SENT)
    expect(clinic.desk.by("added-by")).to_have_count(1)
    clinic.write_note(NOTE)
    sync_phone(clinic.phone)
    expect(clinic.phone.by("note-card")).to_be_visible(timeout=SENT)

    # The first phone is the stolen one; the second stays.
    clinic.desk.by("open-members").click()
    clinic.desk.by("member-remove").first.click()
    clinic.desk.by("remove-yes").click()
    expect(clinic.desk.by("member-device")).to_have_count(2)
    clinic.desk.page.go_back()
    clinic.write_note(SECRET_NOTE)
    sync_phone(second)
    expect(second.by("note-card")).to_contain_text("Zanzibar", timeout=SENT)

    log_session(clinic.phone, pain=1, effort=2)
    clinic.phone.page.goto(clinic.server.url)
    expect(clinic.phone.by("net-trouble").or_(clinic.phone.by("today-out")).first).to_be_visible(
        timeout=SENT
    )
    clinic.phone.by("open-messages").click()
    expect(clinic.phone.by("note-body")).to_have_count(1)
    stored = clinic.phone.page.evaluate(DUMP_INDEXED_DB)
    sealed = [text for where, text in stored if '"_id":"nt:' in text or "nt:" in text[:40]]
    assert sealed
    assert not any("Zanzibar" in text for _, text in stored)
    second.close()


def test_a_phone_beside_another_needs_no_network(clinic: Clinic) -> None:
    new, desk = clinic.another("new"), clinic.desk
    for phone in (new, desk):
        phone.page.goto(clinic.server.url)
    wait_for_worker(new)
    wait_for_worker(desk)
    for phone in (new, desk):
        phone.wait_until(KEPT, "members")
        phone.offline(yes=True)
    new.page.reload()
    new.by("door-beside").click()
    shown = str(new.by("beside-code").text_content())
    assert shown.startswith("rj1-pub.")

    clinic.open_members()
    expect(desk.by("member-device").first).to_be_visible()
    added = desk.by("member-added").count()
    desk.by("members-add").click()
    desk.by("add-patient").click()
    desk.by("add-beside").click()
    desk.by("scan-typed").fill(shown[:-9])
    desk.by("scan-take").click()
    expect(desk.by("add-answer")).to_have_count(0)
    desk.by("scan-typed").fill(shown)
    desk.by("scan-take").click()
    expect(desk.by("add-answer")).to_be_visible(timeout=SENT)
    answer = str(desk.by("beside-answer").text_content())

    new.by("beside-next").click()
    new.by("scan-typed").fill(answer)
    new.by("scan-take").click()
    expect(new.by("awaited")).to_be_visible(timeout=SENT)
    new.by("morning-open").click()
    new.by("pain-4").click()
    expect(new.by("morning-answer")).to_be_visible()

    for phone in (desk, new):
        phone.offline(yes=False)
    desk.page.goto(clinic.server.url)
    clinic.sync_desk()
    sync_phone(new)
    sync_phone(new)
    expect(new.by("awaited")).to_have_count(0, timeout=SENT)
    expect(new.page.get_by_text("Straight leg lift")).to_be_visible(timeout=SENT)
    new.by("open-more").click()
    new.by("open-status").click()
    expect(new.page.get_by_text("All your records are on the server.")).to_be_visible(timeout=SENT)
    clinic.sync_desk()
    clinic.open_members()
    expect(desk.by("member-added")).to_have_count(added + 1, timeout=SENT)
    new.close()


@pytest.mark.long
def test_a_therapist_comes_back_by_card(clinic: Clinic) -> None:
    """The last story of its desk, which is taken out."""
    clinic.desk.page.goto(clinic.server.url)
    clinic.open_patient()
    clinic.write_note(f"{NOTE} Again.")
    clinic.desk.by("room-status").click()
    clinic.desk.by("open-paper").click()
    expect(clinic.desk.by("paper-make")).to_be_visible()
    assert clinic.desk.beyond_keys() == []
    clinic.desk.by("paper-make").click()
    code = clinic.desk.by("paper-code")
    expect(code).to_be_visible(timeout=SENT)
    text = str(code.text_content())
    clinic.desk.by("paper-kept").click()
    clinic.desk.by("paper-typed").fill(text.lower())
    clinic.desk.by("paper-check").click()
    clinic.desk.by("paper-done").click()

    back = clinic.another("back")
    back.page.goto(clinic.server.url)
    back.by("door-card").click()
    back.by("card-typed").fill("0" * 20)
    back.by("card-enter").click()
    expect(back.by("card-target")).to_be_visible()
    back.by("card-typed").fill(text)
    back.by("card-enter").click()
    expect(back.by("patients")).to_be_visible(timeout=SENT)
    expect(back.by("patient-row")).to_have_count(1, timeout=SENT)
    back.by("patient-row").first.click()
    expect(back.by("note-body").last).to_have_text(f"{NOTE} Again.", timeout=SENT)
    back.by("back").click()
    back.by("room-status").click()
    back.by("open-paper").click()
    expect(back.by("paper-has")).to_be_visible()
    back.by("paper-take-out").click()
    back.by("paper-take-out").click()
    expect(back.by("paper-other")).to_have_count(0, timeout=SENT)
    back.close()
