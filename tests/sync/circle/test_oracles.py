"""PyJWT reads every kind of token that ours wrote, and ours what PyJWT wrote."""

import json
from pathlib import Path
from typing import Any

import pytest
from jwt import PyJWS
from jwt.algorithms import ECAlgorithm
from jwt.exceptions import InvalidSignatureError

from rejoint_sync.circle.checkpoint import Checkpoint
from rejoint_sync.circle.document import Sealed
from rejoint_sync.circle.encoding import b64u_decode, b64u_encode, jcs, parse_jcs
from rejoint_sync.circle.jws import parse_jws
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.log import Membership
from sync.circle.story import PATIENT, THERAPIST, code_of

FOLDER = Path(__file__).parents[2] / "vectors" / "circle"
ES256: Any = {"algorithms": ["ES256"]}


def vector(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def jwk(spk: str, **private: str) -> Any:
    raw = b64u_decode(spk)
    x, y = b64u_encode(raw[1:33]), b64u_encode(raw[33:])
    return ECAlgorithm.from_jwk(json.dumps({"kty": "EC", "crv": "P-256", "x": x, "y": y} | private))


def signed_by(name: str, spk: str, token: str) -> None:
    """Both libraries take it, and neither does with one bit of the signature changed."""
    assert PyJWS().decode(token, jwk(spk), **ES256), name
    signed, _, tail = token.rpartition(".")
    raw = bytearray(b64u_decode(tail))
    raw[40] ^= 1
    with pytest.raises(InvalidSignatureError):
        PyJWS().decode(f"{signed}.{b64u_encode(bytes(raw))}", jwk(spk), **ES256)


@pytest.mark.parametrize(
    "name",
    ["log-genesis-cohort", "membership-close-taken", "membership-remove-k", "log-join-taken"],
)
def test_pyjwt_reads_an_entry_of_the_log(name: str) -> None:
    case = vector(name)
    jws = parse_jws(case["entry"]["j"], "rj1+log")
    if "dev" in jws.payload:
        spk = jws.payload["dev"]["spk"]
    else:
        circle = Membership.founded(case["log"][0]).circle
        spk = Membership.replay(circle, case["log"]).devices[jws.kid].pub["spk"]
    signed_by(name, spk, case["entry"]["j"])
    assert parse_jcs(PyJWS().decode(case["entry"]["j"], jwk(spk), **ES256)) == jws.payload


def test_pyjwt_reads_a_proof_by_the_invitations_key() -> None:
    case = vector("log-join-taken")
    invited = Membership.replay(Membership.founded(case["log"][0]).circle, case["log"])
    proof = parse_jws(case["entry"]["j"], "rj1+log").payload["proof"]
    iid = PyJWS().get_unverified_header(proof)["kid"]
    signed_by("proof", invited.invitations[iid].spk, proof)


def test_pyjwt_reads_a_document_as_a_token_whose_header_is_rebuilt() -> None:
    case = vector("document-patient")
    sealed = Sealed.parse(case["circle"], case["doc"])
    pub = DeviceKeys.from_secret(case["seal"]["secret"]).pub
    signed_by("document", pub["spk"], f"{sealed.header}.{sealed.c}.{sealed.s}")


def test_pyjwt_reads_a_checkpoint() -> None:
    case = vector("checkpoint-patient")
    Checkpoint.read(Membership.replay(case["circle"], case["log"]), case["doc"])
    pub = DeviceKeys.from_secret(case["secret"]).pub
    signed_by("checkpoint", pub["spk"], case["doc"]["j"])


def test_we_read_what_pyjwt_signs() -> None:
    payload = {"cir": "c" + "0" * 40, "dev": PATIENT.id}
    key = jwk(PATIENT.pub["spk"], d=b64u_encode(PATIENT.sign_scalar))
    head = {"kid": PATIENT.id, "typ": "rj1+join"}
    # PyJWT writes members sorted only when it is asked to.
    token = PyJWS().encode(jcs(payload), key, "ES256", head, sort_headers=True)
    jws = parse_jws(token, "rj1+join")
    assert jws.payload == payload
    jws.verify(b64u_decode(PATIENT.pub["spk"]))
    assert code_of(jws.verify, b64u_decode(THERAPIST.pub["spk"])) == "sig"
