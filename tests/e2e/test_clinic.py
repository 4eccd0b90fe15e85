"""A clinic's office at work in real browsers: a code for a patient, who founds the record alone.

The admin who gave the code out holds no key of that record; the therapist whom it names reads it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from e2e.phone import Phone
from e2e.server_process import ServerProcess
from e2e.test_story import found_clinic

pytestmark = pytest.mark.browser

SENT = 30_000
THERAPIST = "Omar Quillfeather"


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


def sync_desk(desk: Phone) -> None:
    desk.by("room-status").click()
    desk.by("sync-now").click()
    expect(desk.by("sync-now")).to_have_attribute("aria-disabled", "false", timeout=SENT)


def open_more(desk: Phone) -> None:
    """What there is to do for the clinic."""
    desk.by("open-clinic").click()
    desk.by("members-more").click()
    expect(desk.by("clinic-more")).to_be_visible(timeout=SENT)


def therapist_joins(office: Phone, desk: Phone, url: str) -> None:
    """By a code of the office; then she says her name."""
    office.by("open-clinic").click()
    office.by("members-add").click()
    office.by("add-therapist").click()
    office.by("add-direct").click()
    link = office.by("member-link").text_content()
    assert link
    desk.page.goto(link.strip())
    desk.by("join-accept").click()
    expect(desk.by("patients")).to_be_visible(timeout=SENT)
    open_more(desk)
    desk.by("own-name").fill(THERAPIST)
    desk.by("own-name-save").click()
    expect(desk.by("own-name")).to_have_count(0, timeout=SENT)
    desk.page.goto(url)
    sync_desk(desk)


@pytest.mark.long
def test_a_patient_founds_the_record_by_a_code_of_the_office(
    playwright: Playwright, tmp_path: Path
) -> None:
    with ServerProcess(tmp_path / "data", tmp_path / "server.log") as server:
        office = Phone(playwright, tmp_path / "office", width=1280, height=800).start()
        desk = Phone(playwright, tmp_path / "desk").start()
        phone = Phone(playwright, tmp_path / "phone").start()
        found_clinic(office, server.setup_link())
        therapist_joins(office, desk, server.url)
        office.page.goto(server.url)
        sync_desk(office)

        open_more(office)
        office.by("more-enrol").click()
        office.by("staff").filter(has_text=THERAPIST).click(timeout=SENT)
        office.by("enrol-make").click()
        link = office.by("enrol-link").text_content(timeout=SENT)
        assert link
        phone.page.goto(link.strip())
        phone.by("join-accept").click()
        expect(phone.by("today")).to_be_visible(timeout=SENT)
        assert "#" not in phone.page.url

        desk.page.goto(server.url)
        expect(desk.by("patient-row")).to_have_count(1, timeout=2 * SENT)
        # Who gave the code out reads nothing: there is no patient here.
        office.page.goto(server.url)
        sync_desk(office)
        office.by("room-home").click()
        expect(office.by("patients")).to_be_visible()
        expect(office.by("patient-row")).to_have_count(0)
        for one in (office, desk, phone):
            one.close()
