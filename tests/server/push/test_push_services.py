"""An endpoint is one of a push service that the operator chose, in the one way to write it."""

import pytest

from rejoint_server.push.push_services import (
    ENDPOINT_LENGTH_MAX,
    SERVICES,
    PushServices,
    service_of,
)
from rejoint_server.settings import PUSH_HOSTS
from rejoint_sync.errors import BadRequest, Forbidden, SyncError

USUAL = PushServices(PUSH_HOSTS, loopback=False)
REAL = {
    "https://fcm.googleapis.com/fcm/send/dq0:APA91bE-x_y": "google",
    "https://fcm.googleapis.com/wp/dq0:APA91bE-x_y": "google",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAAAA-b_c=": "mozilla",
    "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAD%2bx%3d": "windows",
    "https://web.push.apple.com/QGuQyavXutnMH-x_y": "apple",
}


@pytest.mark.parametrize(("endpoint", "service"), REAL.items(), ids=REAL.values())
def test_the_push_services_of_browsers_are_known(endpoint: str, service: str) -> None:
    origin = USUAL.origin_of(endpoint)
    assert endpoint.startswith(f"{origin}/")
    assert service_of(origin) == service
    assert service in SERVICES


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/x",
        "https://fcm.googleapis.com:8443/x",
        "https://me@fcm.googleapis.com/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://fcm.googleapis.com\\@evil.example/x",
        "https://FCM.googleapis.com/x",
        "https://fcm.googleapis.com",
        "https://fcm.googleapis.com/x#y",
        "https://fcm.googleapis.com/x y",
        "https://fcm.googleapis.com/x\r\nHost: a",
        "https://fcm%2egoogleapis.com/x",
        "https://[::1]/x",
        "https:///x",
        "//fcm.googleapis.com/x",
        "ftp://fcm.googleapis.com/x",
        "http://127.0.0.1:80/x",
        "",
        "https://fcm.googleapis.com/" + "x" * ENDPOINT_LENGTH_MAX,
    ],
)
def test_what_could_be_read_in_two_ways_is_no_endpoint(endpoint: str) -> None:
    with pytest.raises(BadRequest):
        USUAL.origin_of(endpoint)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1",
        "localhost",
        "notify.windows.com",
        "evilnotify.windows.com",
        "fcm.googleapis.com.evil.example",
        "fcm.googleapis.com.",
        "xfcm.googleapis.com",
    ],
)
def test_other_hosts_are_refused_without_being_named(host: str) -> None:
    with pytest.raises(Forbidden) as refused:
        USUAL.origin_of(f"https://{host}/x")
    assert host not in refused.value.reason


def test_the_operator_chooses_the_hosts() -> None:
    own = PushServices(["push.example", "*.more.example"], loopback=False)
    assert own.origin_of("https://push.example/x") == "https://push.example"
    assert own.origin_of("https://a.b.more.example/x") == "https://a.b.more.example"
    assert service_of("https://push.example") == "other"
    with pytest.raises(Forbidden):
        own.origin_of("https://fcm.googleapis.com/x")


def test_a_service_on_this_machine_is_for_tests_alone() -> None:
    beside = PushServices(PUSH_HOSTS, loopback=True)
    assert beside.origin_of("http://127.0.0.1:8091/wp/a:b") == "http://127.0.0.1:8091"
    for other in ("http://127.0.0.2:80/x", "http://10.0.0.1:80/x", "http://localhost:80/x"):
        with pytest.raises(SyncError):
            beside.origin_of(other)
