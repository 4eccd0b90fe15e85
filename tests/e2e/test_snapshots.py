"""A new phone of a therapist shows a snapshot at once, and then the records themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from e2e.canary import DUMP_INDEXED_DB
from e2e.phone import Phone
from e2e.test_circles import SENT, Clinic, sync_phone
from e2e.test_story import log_session

pytestmark = [pytest.mark.browser, pytest.mark.long]

NOTES = 7


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def clinic(playwright: Playwright, tmp_path: Path) -> Iterator[Clinic]:
    made = Clinic(playwright, tmp_path)
    yield made
    made.close()


def make_card(clinic: Clinic) -> str:
    clinic.desk.by("room-status").click()
    clinic.desk.by("open-paper").click()
    clinic.desk.by("paper-make").click()
    code = clinic.desk.by("paper-code")
    expect(code).to_be_visible(timeout=SENT)
    text = str(code.text_content())
    clinic.desk.page.goto(clinic.server.url)
    return text


def has_snapshot(phone: Phone) -> bool:
    return any('"sn:' in text for _, text in phone.page.evaluate(DUMP_INDEXED_DB))


def test_a_therapists_second_phone_starts_from_a_snapshot(clinic: Clinic) -> None:
    log_session(clinic.phone, pain=4, effort=2)
    sync_phone(clinic.phone)
    clinic.open_patient()
    for number in range(NOTES):
        clinic.write_note(f"Note {number}")
    clinic.desk.page.goto(clinic.server.url)
    for _ in range(5):
        clinic.sync_desk()
        if has_snapshot(clinic.desk):
            break
    assert has_snapshot(clinic.desk)
    clinic.sync_desk()
    code = make_card(clinic)

    second = clinic.another("second")
    second.page.route("**/sync", lambda route: route.abort())
    second.page.goto(clinic.server.url)
    second.by("door-card").click()
    second.by("card-typed").fill(code)
    second.by("card-enter").click()
    expect(second.by("patient-row")).to_have_count(1, timeout=SENT)
    second.by("patient-row").first.click()
    expect(second.by("checking")).to_be_visible(timeout=SENT)
    expect(second.by("session-row")).to_have_count(1)
    # It was written when ten records were there: two names, a plan, a session and six notes.
    expect(second.by("message")).to_have_count(NOTES - 1)
    expect(second.by("patient").get_by_text("Knee").first).to_be_visible()

    second.page.unroute("**/sync")
    second.by("back").click()
    second.by("room-status").click()
    second.by("sync-now").click()
    second.by("room-home").click()
    second.by("patient-row").first.click()
    expect(second.by("checking")).to_have_count(0, timeout=SENT)
    expect(second.by("session-row")).to_have_count(1)
    expect(second.by("message")).to_have_count(NOTES)
    expect(second.by("net-trouble")).to_have_count(0)
    second.close()
