import pytest

from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.envelope import public_point
from rejoint_sync.circle.jws import parse_jws, sign_jws
from rejoint_sync.errors import CircleError
from sync.circle.story import fixed

SCALAR = fixed("signer")


def test_a_token_gives_back_its_payload_and_verifies() -> None:
    token = sign_jws(SCALAR, "kid", "rj1+test", {"a": [1, "x"]})
    parsed = parse_jws(token, "rj1+test")
    assert (parsed.kid, parsed.payload) == ("kid", {"a": [1, "x"]})
    parsed.verify(public_point(SCALAR))
    with pytest.raises(CircleError) as caught:
        parsed.verify(public_point(fixed("other")))
    assert caught.value.code == "sig"


def test_signing_again_gives_the_same_bytes() -> None:
    """A bundle that is built again after a crash is the same bundle."""
    tokens = {sign_jws(SCALAR, "kid", "rj1+test", {"a": 1}) for _ in range(3)}
    assert len(tokens) == 1


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (None, "schema"),
        (1, "schema"),
        ("", "schema"),
        ("a.b", "schema"),
        ("a.b.c.d", "schema"),
        ("=.e30.AA", "b64"),
        (b64u_encode(b"{") + ".e30.AA", "canon"),
        (b64u_encode(b"[]") + ".e30.AA", "header"),
        (b64u_encode(b'{"alg":"ES256","kid":1,"typ":"rj1+test"}') + ".e30.AA", "header"),
        (b64u_encode(b'{"alg":"ES384","kid":"k","typ":"rj1+test"}') + ".e30.AA", "header"),
    ],
)
def test_malformed_tokens_are_refused(token: object, code: str) -> None:
    with pytest.raises(CircleError) as caught:
        parse_jws(token, "rj1+test")
    assert caught.value.code == code


def test_a_token_of_one_use_is_none_of_another() -> None:
    with pytest.raises(CircleError) as caught:
        parse_jws(sign_jws(SCALAR, "kid", "rj1+auth", {}), "rj1+log")
    assert caught.value.code == "header"
