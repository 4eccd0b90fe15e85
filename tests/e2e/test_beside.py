"""Two phones side by side, both without a network: one lets the other in later."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from e2e.test_circles import SENT, Clinic, sync_phone
from e2e.test_story import wait_for_worker

pytestmark = pytest.mark.browser

KEPT = "async (part) => (await caches.match(`/keeps-${part}`)) !== undefined"


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def clinic(playwright: Playwright, tmp_path: Path) -> Iterator[Clinic]:
    made = Clinic(playwright, tmp_path)
    yield made
    made.close()


def test_a_phone_beside_another_needs_no_network(clinic: Clinic) -> None:
    new, desk = clinic.another("new"), clinic.desk
    new.page.goto(clinic.server.url)
    wait_for_worker(new)
    wait_for_worker(desk)
    for phone in (new, desk):
        phone.page.wait_for_function(KEPT, arg="members")
        phone.offline(yes=True)
    new.page.reload()
    new.by("door-beside").click()
    shown = str(new.by("beside-code").text_content())
    assert shown.startswith("rj1-pub.")

    clinic.open_members()
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
    expect(new.by("done-all")).to_be_visible(timeout=SENT)
    new.by("open-more").click()
    new.by("open-status").click()
    expect(new.page.get_by_text("All your records are on the server.")).to_be_visible(timeout=SENT)
    clinic.sync_desk()
    clinic.open_members()
    expect(desk.by("member-added")).to_have_count(1, timeout=SENT)
    new.close()
