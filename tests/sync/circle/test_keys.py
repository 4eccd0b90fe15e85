import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.grammar import DEVICE, Pub
from rejoint_sync.circle.keys import DeviceKeys, check_login, device_id, login_token
from rejoint_sync.errors import CircleError, Unauthorized
from sync.circle.story import NOW_S, PATIENT, THERAPIST

ORIGIN = "https://clinic.example"
PUBS = {THERAPIST.id: THERAPIST.pub}


def verifying_key(pub: Pub) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b64u_decode(pub["spk"]))


def signing_key(keys: DeviceKeys) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(keys.sign_scalar), ec.SECP256R1())


def test_a_device_is_read_back_whole() -> None:
    keys = DeviceKeys.generate()
    again = DeviceKeys.from_secret(keys.to_secret())
    assert again == keys
    assert DEVICE.match(keys.id)
    assert keys.id == device_id(keys.pub)


def test_two_devices_are_never_the_same() -> None:
    assert DeviceKeys.generate().id != DeviceKeys.generate().id


def test_private_keys_stay_out_of_text() -> None:
    """A key in a traceback or a log line would be a leak."""
    shown = repr(THERAPIST)
    assert THERAPIST.to_secret()["ssk"] not in shown
    assert repr(THERAPIST.sign_scalar) not in shown
    assert repr(THERAPIST.kem_secret) not in shown


@pytest.mark.parametrize("secret", [None, {}, [], "x", {"kem": "P256", "ksk": "", "ssk": ""}])
def test_a_malformed_secret_is_refused(secret: object) -> None:
    with pytest.raises(CircleError) as caught:
        DeviceKeys.from_secret(secret)
    assert caught.value.code == "schema"


def test_pyjwt_reads_our_login() -> None:
    """An implementation that is not ours accepts the token and its claims."""
    token = login_token(THERAPIST, ORIGIN, NOW_S)
    claims = jwt.decode(
        token,
        verifying_key(THERAPIST.pub),
        algorithms=["ES256"],
        audience=ORIGIN,
        options={"require": ["aud", "exp", "iat"], "verify_exp": False, "verify_iat": False},
    )
    assert claims == {"aud": ORIGIN, "iat": NOW_S, "exp": NOW_S + 300}
    assert jwt.get_unverified_header(token) == {
        "alg": "ES256",
        "kid": THERAPIST.id,
        "typ": "rj1+auth",
    }


def test_we_read_a_login_of_pyjwt() -> None:
    token = jwt.encode(
        {"aud": ORIGIN, "exp": NOW_S + 60, "iat": NOW_S},
        signing_key(THERAPIST),
        algorithm="ES256",
        headers={"kid": THERAPIST.id, "typ": "rj1+auth"},
    )
    assert check_login(token, PUBS.get, ORIGIN, NOW_S) == THERAPIST.id


def test_pyjwt_refuses_what_we_refuse() -> None:
    token = login_token(THERAPIST, ORIGIN, NOW_S)
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, verifying_key(PATIENT.pub), algorithms=["ES256"], audience=ORIGIN)
    with pytest.raises(Unauthorized):
        check_login(token, {THERAPIST.id: PATIENT.pub}.get, ORIGIN, NOW_S)


@pytest.mark.parametrize("now_s", [NOW_S - 30, NOW_S, NOW_S + 299])
def test_a_login_is_good_for_its_time(now_s: int) -> None:
    token = login_token(THERAPIST, ORIGIN, NOW_S)
    assert check_login(token, PUBS.get, ORIGIN, now_s) == THERAPIST.id


@pytest.mark.parametrize("now_s", [NOW_S - 31, NOW_S + 300, NOW_S + 10**6])
def test_a_login_of_another_time_says_that_it_is_the_clock(now_s: int) -> None:
    """The client then corrects its clock by the answer and tries once more."""
    token = login_token(THERAPIST, ORIGIN, NOW_S)
    with pytest.raises(CircleError) as caught:
        check_login(token, PUBS.get, ORIGIN, now_s)
    assert (caught.value.code, caught.value.status) == ("clock", 401)


def test_a_wrong_clock_is_not_told_to_strangers() -> None:
    token = login_token(PATIENT, ORIGIN, NOW_S - 10**6)
    with pytest.raises(Unauthorized):
        check_login(token, PUBS.get, ORIGIN, NOW_S)


def test_a_login_with_one_character_changed_is_refused() -> None:
    token = login_token(THERAPIST, ORIGIN, NOW_S)
    for place in range(0, len(token), 11):
        letter = "A" if token[place] != "A" else "B"
        with pytest.raises((Unauthorized, CircleError)):
            check_login(token[:place] + letter + token[place + 1 :], PUBS.get, ORIGIN, NOW_S)
