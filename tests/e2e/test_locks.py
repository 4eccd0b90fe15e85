"""Keys and locks in a real browser: keys that it loses, numbers, hiding, wiping, a kill in between.

The faults are put into IndexedDB itself, before the app runs: what a page hands in is not what it
gets back. The app must notice before anybody is told of the public half of such keys.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from e2e.canary import DUMP_INDEXED_DB, leaks
from e2e.phone import PATIENCE_MS, Phone
from e2e.server_process import ServerProcess

pytestmark = pytest.mark.browser

CLINIC = "Quokka Hill Clinic 48213"
PERSON = "Rosa Zyzzyva"
PATIENT = "Wilhelmina"
PIN = "4711"
WRONG = "4712"

_OPAQUE = "const isKeys = (value) => value && value.level === 1;"
REFUSES = (
    _OPAQUE
    + """
const add = IDBObjectStore.prototype.add;
IDBObjectStore.prototype.add = function (value, key) {
  if (isKeys(value)) throw new DOMException("could not be cloned", "DataCloneError");
  return add.call(this, value, key);
};
"""
)
LOSES = (
    _OPAQUE
    + """
const add = IDBObjectStore.prototype.add;
const isKey = (value) => value instanceof CryptoKey || value?.privateKey instanceof CryptoKey;
const lost = (row) =>
  Object.fromEntries(Object.entries(row).map(([name, each]) => [name, isKey(each) ? {} : each]));
IDBObjectStore.prototype.add = function (value, key) {
  return add.call(this, isKeys(value) ? lost(value) : value, key);
};
"""
)
SWAPS = (
    _OPAQUE
    + """
let other;
const P256 = { name: "ECDSA", namedCurve: "P-256" };
crypto.subtle.generateKey(P256, false, ["sign", "verify"]).then((pair) => { other = pair; });
const { get } = Object.getOwnPropertyDescriptor(IDBRequest.prototype, "result");
Object.defineProperty(IDBRequest.prototype, "result", {
  get() {
    const value = get.call(this);
    return isKeys(value) ? { ...value, signing: other } : value;
  },
});
"""
)
KEEPS_NOTHING = """
IDBObjectStore.prototype.add = function () {
  throw new DOMException("quota", "QuotaExceededError");
};
"""
# Everything but the keys stays for ever: a wipe stops in the middle.
HOLDS_RECORDS = """
const remove = IDBFactory.prototype.deleteDatabase;
IDBFactory.prototype.deleteDatabase = function (name) {
  return name.includes("keys") ? remove.call(this, name) : indexedDB.open("held");
};
IDBFactory.prototype.databases = () => new Promise(() => {});
"""
# The phone wakes up some seconds later.
SLEEPS = """(seconds) => {
  const now = Date.now;
  Date.now = () => now() + seconds * 1000;
  document.dispatchEvent(new Event("visibilitychange"));
}"""
STORED = """async () => {
  const names = (await indexedDB.databases()).map(({ name }) => name);
  const request = indexedDB.open("rejoint");
  const shelf = await new Promise((ok) => { request.onsuccess = () => ok(request.result); });
  const rows = [];
  for (const store of shelf.objectStoreNames) {
    if (store === "facts") continue;
    const all = shelf.transaction(store).objectStore(store).getAll();
    await new Promise((ok) => { all.onsuccess = ok; });
    rows.push(...all.result.map((row) => store + " " + JSON.stringify(row)));
  }
  shelf.close();
  return { names, rows };
}"""


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path / "data", tmp_path / "server.log") as running:
        yield running


@pytest.fixture
def open_phone(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[[str], Phone]]:
    phones: list[Phone] = []

    def make(name: str) -> Phone:
        phones.append(Phone(playwright, tmp_path / name))
        return phones[-1]

    yield make
    for phone in phones:
        phone.close()


def tap(phone: Phone, pin: str, *, ends: bool = False) -> None:
    """Tap a number on the pad; `ends` where its length is not known yet."""
    for digit in pin:
        phone.by(f"pin-{digit}").click()
    if ends:
        phone.by("pin-end").click()


def found(phone: Phone, link: str) -> None:
    phone.page.goto(link)
    phone.by("setup-clinic").fill(CLINIC)
    phone.by("setup-person").fill(PERSON)
    phone.by("setup-save").click()


def set_number(phone: Phone) -> None:
    """From any room of the desk: put a lock on."""
    phone.by("room-status").click()
    phone.by("open-lock").click()
    phone.by("lock-put").click()
    tap(phone, PIN, ends=True)
    tap(phone, PIN)
    expect(phone.by("hide")).to_be_visible()
    phone.by("room-home").click()
    expect(phone.by("patients")).to_be_visible()


def wait_until_gone(phone: Phone) -> None:
    """No database and no row of any profile is left; the screen does not wait for that."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while phone.page.evaluate(STORED)["rows"]:
        assert time.monotonic() < until, phone.page.evaluate(STORED)
        phone.page.wait_for_timeout(100)
    assert not any("-" in name for name in phone.page.evaluate(STORED)["names"])


def keys_on_disk(phone: Phone) -> list[str]:
    rows = phone.page.evaluate(DUMP_INDEXED_DB)
    return [f"{where} {text}" for where, text in rows if "rejoint-keys" in where]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(REFUSES, id="refuses"),
        pytest.param(LOSES, id="loses", marks=pytest.mark.long),
        pytest.param(SWAPS, id="swaps", marks=pytest.mark.long),
    ],
)
def test_a_browser_that_keeps_no_opaque_keys_asks_for_a_number(
    fault: str, server: ServerProcess, open_phone: Callable[[str], Phone]
) -> None:
    phone = open_phone("phone").start(script=fault)
    found(phone, server.setup_link())
    expect(phone.by("keys-pin")).to_be_visible()
    # Nobody has heard of these keys.
    assert "/circles" not in re.sub(r"GET \S+", "", server.log.read_text())
    assert keys_on_disk(phone) == []
    tap(phone, PIN, ends=True)
    tap(phone, PIN)
    expect(phone.by("patients")).to_be_visible()
    assert not any("key extractable" in text for text in keys_on_disk(phone))
    phone.close()

    phone.start(script=fault)
    phone.page.goto(server.url)
    expect(phone.by("locked")).to_be_visible()
    tap(phone, WRONG)
    expect(phone.by("pin-refused")).to_contain_text("3 more tries")
    tap(phone, PIN)
    expect(phone.by("patients")).to_be_visible()
    # These keys log in: what they wrote is taken.
    phone.by("room-status").click()
    phone.by("sync-now").click()
    expect(phone.by("unsent")).to_have_text(re.compile(r"^0"))


def test_a_browser_that_keeps_nothing_is_refused_in_plain_words(
    server: ServerProcess, open_phone: Callable[[str], Phone]
) -> None:
    phone = open_phone("phone").start(script=KEEPS_NOTHING)
    found(phone, server.setup_link())
    expect(phone.by("keys-none")).to_be_visible()
    assert keys_on_disk(phone) == []
    assert server.setup_link()


def test_an_ordinary_browser_keeps_opaque_keys_and_asks_for_nothing(
    server: ServerProcess, open_phone: Callable[[str], Phone]
) -> None:
    phone = open_phone("phone").start()
    link = server.setup_link()
    found(phone, link)
    expect(phone.by("patients")).to_be_visible()
    keys = keys_on_disk(phone)
    assert any("key extractable=false" in text for text in keys)
    assert any("sealed" in text for text in keys), "the seed of the X-Wing key"
    assert not any("extractable=true" in text for text in keys)
    # The secret of the link is nowhere: not in the address, the history, the log, the disk.
    secret = link.partition("#")[2]
    assert phone.page.evaluate("location.href").endswith("/")
    phone.page.go_back()
    assert secret not in phone.page.url
    phone.page.goto(server.url)
    texts = [text for _, text in phone.page.evaluate(DUMP_INDEXED_DB)]
    assert not any(secret.removeprefix("s1.") in text for text in [*texts, *phone.console])
    assert "GET /#" not in server.log.read_text()


def test_a_locked_profile_opens_by_its_number_without_a_network(
    server: ServerProcess, open_phone: Callable[[str], Phone]
) -> None:
    phone = open_phone("phone").start()
    found(phone, server.setup_link())
    set_number(phone)
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    phone.wait_until("caches.match('/keeps-lock').then(Boolean)")
    for part in ("desk", "xwing"):
        phone.wait_until(f"caches.match('/keeps-{part}').then(Boolean)")
    # Only what the worker keeps counts: what the browser happens to have goes.
    phone.page.context.new_cdp_session(phone.page).send("Network.clearBrowserCache")
    phone.by("hide").click()
    expect(phone.by("locked")).to_be_visible()
    assert CLINIC not in phone.page.content()
    phone.kill()

    phone.start(offline=True)
    phone.page.goto(server.url)
    expect(phone.by("locked")).to_be_visible()
    for left in ("3 more tries", "2 more tries", "1 more try"):
        tap(phone, WRONG)
        expect(phone.by("pin-refused")).to_contain_text(left)
    tap(phone, WRONG)
    expect(phone.by("pin-refused")).to_contain_text("Wait")
    phone.kill()

    phone.start(offline=True)
    phone.page.clock.install()
    phone.page.goto(server.url)
    expect(phone.by("pin-refused")).to_contain_text("Wait")
    expect(phone.by("pin-1")).to_have_attribute("aria-disabled", "true")
    phone.page.clock.run_for(15_000)
    expect(phone.by("pin-1")).to_have_attribute("aria-disabled", "true")
    phone.page.clock.run_for(16_000)
    expect(phone.by("pin-1")).to_have_attribute("aria-disabled", "false")
    tap(phone, PIN)
    expect(phone.by("patients")).to_be_visible()


def test_the_phones_own_lock_opens_a_profile(
    server: ServerProcess, open_phone: Callable[[str], Phone]
) -> None:
    phone = open_phone("phone").start()
    devices = phone.page.context.new_cdp_session(phone.page)
    devices.send("WebAuthn.enable")
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "ctap2Version": "ctap2_1",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "hasPrf": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    # A passkey belongs to a name, not to an address.
    found(phone, server.setup_link().replace("127.0.0.1", "localhost"))
    set_number(phone)
    phone.by("room-status").click()
    phone.by("open-lock").click()
    phone.by("lock-phone").click()
    tap(phone, PIN)
    expect(phone.by("lock-phone")).to_be_hidden()
    phone.by("hide").click()
    phone.by("unlock-phone").click()
    expect(phone.by("patients")).to_be_visible()


def test_a_profile_locks_when_it_is_not_used_or_not_seen(
    server: ServerProcess, open_phone: Callable[[str], Phone]
) -> None:
    phone = open_phone("phone").start()
    found(phone, server.setup_link())
    set_number(phone)
    phone.page.evaluate(SLEEPS, 60)
    expect(phone.by("patients")).to_be_visible()
    phone.page.evaluate(SLEEPS, 70)
    expect(phone.by("locked")).to_be_visible()
    tap(phone, PIN)
    expect(phone.by("patients")).to_be_visible()
    phone.page.evaluate("""() => {
      Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    expect(phone.by("locked")).to_be_visible()
    assert CLINIC not in phone.page.content()


def test_what_is_wiped_is_gone_also_after_a_kill_in_the_middle(
    server: ServerProcess, open_phone: Callable[[str], Phone]
) -> None:
    phone = open_phone("phone").start(script=HOLDS_RECORDS)
    found(phone, server.setup_link())
    set_number(phone)
    profile = phone.page.evaluate(STORED.replace("(await indexedDB.databases())", "[]"))["rows"]
    assert any(row.startswith("profiles") for row in profile)
    phone.by("room-status").click()
    phone.by("open-lock").click()
    phone.by("lock-wipe").click()
    phone.by("wipe-yes").click()
    # The mark is on the disk; the records are held for ever.
    phone.page.wait_for_timeout(1_000)
    phone.kill()

    phone.start()
    phone.page.goto(server.url)
    expect(phone.by("door-none")).to_be_visible()
    wait_until_gone(phone)
    assert set(phone.page.evaluate(STORED)["names"]) <= {"rejoint", "held"}


def test_a_cached_fold_is_sealed_and_goes_with_its_profile(
    server: ServerProcess, open_phone: Callable[[str], Phone]
) -> None:
    phone = open_phone("phone").start()
    found(phone, server.setup_link())
    phone.by("add-patient").click()
    phone.by("patient-name").fill(PATIENT)
    phone.by("starter-knee").click()
    phone.by("patient-save").click()
    expect(phone.by("invite-link")).to_be_visible()
    set_number(phone)
    phone.by("patient-row").first.click()
    phone.by("note-text").fill("vorpal xylophone")
    phone.by("note-save").click()
    phone.page.wait_for_timeout(1_500)
    blobs = [(where, text.encode()) for where, text in phone.page.evaluate(DUMP_INDEXED_DB)]
    assert sum(where.startswith("rejoint-folds-") for where, _ in blobs) >= 2
    words = ["quokka", "zyzzyva", PATIENT, "vorpal", '"sets"', '"type":"note"', PIN + '"']
    assert leaks(words, blobs) == []

    phone.page.goto(server.url)
    tap(phone, PIN)
    expect(phone.by("patients")).to_contain_text(PATIENT)
    phone.by("room-status").click()
    phone.by("open-lock").click()
    phone.by("lock-wipe").click()
    phone.by("wipe-yes").click()
    expect(phone.by("door-none")).to_be_visible()
    wait_until_gone(phone)
    assert phone.page.evaluate(STORED)["names"] == ["rejoint"]
