"""The whole story in two real browsers: a log made offline reaches the therapist, sealed.

The therapist founds the clinic and creates a patient; the patient joins, goes offline, logs two
sessions (pain 0, then pain 6), and has the phone killed and started again without network; online
again, the therapist reads both and writes a note, which the patient reads and answers by voice.
Then everything that server and phones have stored is decoded and searched for what was typed.
"""

import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from e2e.canary import DUMP_INDEXED_DB, database_blobs, leaks
from e2e.phone import PATIENCE_MS, Phone
from e2e.server_process import ServerProcess

pytestmark = pytest.mark.browser

CLINIC = "Quokka Hill Clinic 48213"
THERAPIST = "Rosa Zyzzyva"
PATIENT = "Wilhelmina-Anastasia Oluwaseun-Papadopoulou"
NOTE = "Vorpal xylophone 73519: bend only a little."
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
CANARIES = [
    *("Quokka", "48213", "Zyzzyva", "Wilhelmina", "Papadopoulou", "Vorpal", "xylophone", "73519"),
    *('"worst":', '"score":', '"sets_done":', '"pain_rule":', '"done":"all"', '"type":"session"'),
]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


def today() -> str:
    return datetime.now(ZoneInfo("Africa/Nairobi")).date().isoformat()


def found_clinic(phone: Phone, link: str) -> None:
    phone.page.goto(link)
    phone.by("setup-clinic").fill(CLINIC)
    phone.by("setup-person").fill(THERAPIST)
    phone.by("setup-save").click()
    expect(phone.by("patients")).to_be_visible()
    assert "#" not in phone.page.url


def create_patient(phone: Phone) -> str:
    phone.by("add-patient").click()
    phone.by("patient-name").fill(PATIENT)
    phone.by("starter-knee").click()
    phone.by("patient-save").click()
    link = phone.by("invite-link")
    expect(link).to_be_visible()
    text = link.text_content()
    assert text
    return str(text).strip()


def join(phone: Phone, link: str) -> None:
    phone.page.goto(link)
    phone.by("join-accept").click()
    expect(phone.by("today")).to_be_visible()
    expect(phone.by("done-all")).to_be_visible()
    assert "#" not in phone.page.url


KEEPS_CARE = "caches.match('/keeps-care').then((mark) => mark !== undefined)"


def wait_for_worker(phone: Phone) -> None:
    """Everything works offline after the first load: wait until the worker has it all."""
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    phone.wait_until(KEEPS_CARE)


def log_session(phone: Phone, *, pain: int, effort: int) -> None:
    """The first of a day takes four taps; one more is asked for by name."""
    expect(phone.by("log-start")).to_be_visible()
    if phone.by("done-all").count() == 0:
        phone.by("log-start").click()
    phone.by("done-all").click()
    phone.by(f"pain-{pain}").click()
    phone.by(f"effort-{effort}").click()
    phone.by("save").click()
    expect(phone.by("saved")).to_be_visible()
    phone.by("saved-home").click()
    expect(phone.by("today")).to_be_visible()


def open_offline(phone: Phone, url: str) -> None:
    phone.page.goto(url)
    expect(phone.by("today")).to_be_visible()


def stored_blobs(phones: list[Phone], data: Path, log: Path) -> list[tuple[str, bytes]]:
    blobs = [*database_blobs(data), ("server log", log.read_bytes())]
    for phone in phones:
        rows = phone.page.evaluate(DUMP_INDEXED_DB)
        assert rows
        assert not any("extractable=true" in text for _, text in rows)
        blobs.extend((f"phone {where}", text.encode()) for where, text in rows)
    return blobs


def answer_by_voice(phone: Phone, desk: Phone) -> None:
    """Two taps in the room of messages; the therapist fetches and hears it, and that is told."""
    phone.by("speak").click()
    expect(phone.by("speaking")).to_be_visible()
    phone.by("speak-send").click()
    expect(phone.by("state-server")).to_be_visible()
    desk.by("room-status").click()
    desk.by("sync-now").click()
    desk.by("room-home").click()
    desk.by("patient-row").first.click()
    desk.by("voice-play").click()
    desk.by("room-status").click()
    desk.by("sync-now").click()
    expect(desk.by("unsent")).to_have_text(re.compile("^0 "))
    # A network that comes back is a reason to look at once. That it was heard is written when the
    # sound begins, which may be after that round.
    until = time.monotonic() + PATIENCE_MS / 1000
    while phone.by("state-seen").count() == 0:
        assert time.monotonic() < until
        phone.offline(yes=True)
        phone.offline(yes=False)
        phone.page.wait_for_timeout(2_000)


def test_a_log_made_offline_reaches_the_therapist_sealed(
    playwright: Playwright, tmp_path: Path
) -> None:
    data, log = tmp_path / "data", tmp_path / "server.log"
    desk = Phone(playwright, tmp_path / "desk", width=1280, height=800)
    phone = Phone(playwright, tmp_path / "phone", more=MICROPHONE)
    with ServerProcess(data, log) as server:
        desk.start()
        found_clinic(desk, server.setup_link())
        link = create_patient(desk)

        phone.start()
        join(phone, link)
        wait_for_worker(phone)

        phone.offline(yes=True)
        phone.page.reload()
        expect(phone.by("today")).to_be_visible()
        log_session(phone, pain=0, effort=2)
        log_session(phone, pain=6, effort=7)
        phone.kill()

        phone.start(offline=True)
        open_offline(phone, server.url)
        phone.by("open-days").click()
        expect(phone.by("history-row")).to_have_count(2)
        expect(phone.by("place-phone")).to_have_count(2)

        phone.offline(yes=False)
        expect(phone.by("place-server")).to_have_count(2)

        desk.by("room-status").click()
        desk.by("sync-now").click()
        desk.by("room-home").click()
        expect(desk.by("patients")).to_contain_text(PATIENT)
        desk.by("patient-row").first.click()
        rows = desk.by("session-row")
        expect(rows).to_have_count(2)
        assert [rows.nth(i).get_attribute("data-day") for i in (0, 1)] == [today(), today()]
        pains = sorted(str(text) for text in desk.by("session-pain").all_text_contents())
        assert re.search(r"\b0\b", pains[0]), pains
        assert re.search(r"\b6\b", pains[1]), pains

        desk.by("note-text").fill(NOTE)
        desk.by("note-save").click()
        expect(desk.by("note-body").first).to_have_text(NOTE)

        phone.page.goto(server.url)
        expect(phone.by("note-card")).to_be_visible()
        phone.by("open-messages").click()
        expect(phone.by("note-body").first).to_have_text(NOTE)
        answer_by_voice(phone, desk)

        found = leaks(CANARIES, stored_blobs([desk, phone], data, log))
    desk.close()
    phone.close()
    assert found == []
    assert "route=/sync " in log.read_text()
    assert "_changes" not in log.read_text()


@pytest.mark.long
def test_a_server_that_only_replicates_is_understood_as_well(
    playwright: Playwright, tmp_path: Path
) -> None:
    """Its answer to one-request sync is that there is no such path, in plain text."""
    log = tmp_path / "server.log"
    desk = Phone(playwright, tmp_path / "desk", width=1280, height=800)
    phone = Phone(playwright, tmp_path / "phone")
    with ServerProcess(tmp_path / "data", log) as server:
        for one in (desk, phone):
            one.start()
            one.page.route("**/sync", lambda route: route.fulfill(status=404, body="Not found"))
        found_clinic(desk, server.setup_link())
        join(phone, create_patient(desk))
        log_session(phone, pain=3, effort=2)
        phone.by("open-days").click()
        expect(phone.by("place-server")).to_have_count(1)
        desk.by("room-status").click()
        desk.by("sync-now").click()
        desk.by("room-home").click()
        desk.by("patient-row").first.click()
        expect(desk.by("session-row")).to_have_count(1)
    desk.close()
    phone.close()
    assert "_changes" in log.read_text()
    assert "route=/sync " not in log.read_text()
