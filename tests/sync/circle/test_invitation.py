from dataclasses import replace

import pytest

from rejoint_sync.circle.encoding import b64u_encode, jcs
from rejoint_sync.circle.envelope import aes_gcm_seal
from rejoint_sync.circle.invitation import (
    Link,
    accept,
    invitation_id,
    invitation_key,
    join_proof,
    open_inv,
    seal_inv,
)
from rejoint_sync.circle.jws import parse_jws
from rejoint_sync.circle.log import PROOF_TYP
from rejoint_sync.errors import CircleError
from sync.circle.story import (
    ES,
    LINK_SECRET,
    NOW_S,
    PATIENT,
    code_of,
    fixed,
    founded,
    invited,
    steps,
)

STEP = invited(founded().membership)
CIRCLE = STEP.membership.circle
assert STEP.bundle.inv is not None
INV = STEP.bundle.inv
OPENED = open_inv(CIRCLE, LINK_SECRET, INV)
INSIDE = {"v": 1, "ssk": b64u_encode(fixed("ssk")), "head": [1, "A" * 43], "es": {"c": "A" * 43}}


def test_a_link_is_read_as_it_is_written() -> None:
    for link in (
        Link("https://clinic.example", "j1", CIRCLE, LINK_SECRET),
        Link("http://127.0.0.1:8000", "s1", "", LINK_SECRET),
    ):
        assert Link.parse(link.format()) == link
        assert "/#" in link.format()


@pytest.mark.parametrize("cut", range(1, 66))
def test_a_link_that_lost_its_end_says_so(cut: int) -> None:
    """Messengers and people cut links; the reader must know that it is not their fault."""
    text = Link("https://clinic.example", "j1", CIRCLE, LINK_SECRET).format()[:-cut]
    with pytest.raises(CircleError, match="this link is incomplete"):
        Link.parse(text)


@pytest.mark.parametrize("text", ["", "https://clinic.example/", "#x1.abc", f"#j2.{CIRCLE}.abc"])
def test_another_link_is_called_so(text: str) -> None:
    """Who scanned a museum's code is not told that the clinic's link is broken."""
    with pytest.raises(CircleError, match="not a link of this app"):
        Link.parse(text)


def test_a_links_secret_stays_out_of_text() -> None:
    assert b64u_encode(LINK_SECRET) not in repr(Link("", "j1", CIRCLE, LINK_SECRET))
    assert repr(ES) not in repr(OPENED)


def test_what_was_sealed_is_opened() -> None:
    assert OPENED.iid == invitation_id(CIRCLE, LINK_SECRET)
    assert (OPENED.seq, OPENED.head) == (1, STEP.membership.head)
    assert OPENED.es == {"c": ES}
    assert accept(STEP.membership, OPENED, NOW_S).role == "patient"


def test_the_name_of_an_invitation_does_not_give_its_key() -> None:
    """The name is public, the key is not; and each circle has its own."""
    key = invitation_key(CIRCLE, LINK_SECRET)
    assert OPENED.iid[1:] not in b64u_encode(key)
    assert invitation_key("c" + "0" * 40, LINK_SECRET) != key
    assert invitation_id("c" + "0" * 40, LINK_SECRET) != OPENED.iid


def test_another_secret_opens_nothing() -> None:
    assert code_of(open_inv, CIRCLE, fixed("other", 16), INV) == "tag"
    assert code_of(open_inv, "c" + "0" * 40, LINK_SECRET, INV) == "tag"


@pytest.mark.parametrize(
    "change", [{"k": 1}, {"_id": 1}, {"_id": "inv:x"}, {"x": "x"}, {"k": None}]
)
def test_a_malformed_invitation_is_refused(change: dict[str, object]) -> None:
    assert code_of(open_inv, CIRCLE, LINK_SECRET, INV | change) == "schema"


@pytest.mark.parametrize(
    "inside",
    [
        [],
        "x",
        {"v": 1},
        {**INSIDE, "ssk": 1},
        {**INSIDE, "head": []},
        {**INSIDE, "head": {}},
        {**INSIDE, "head": [1, 2]},
        {**INSIDE, "head": ["1", "A" * 43]},
        {**INSIDE, "es": []},
        {**INSIDE, "es": {"x": "A" * 43}},
        {**INSIDE, "es": {"c": 1}},
    ],
)
def test_a_malformed_inside_is_refused(inside: object) -> None:
    """Whoever holds the link can seal anything for the next one who opens it."""
    aad = b"rj1 invite\0" + jcs([CIRCLE, OPENED.iid])
    key = invitation_key(CIRCLE, LINK_SECRET)
    sealed = aes_gcm_seal(key, jcs(inside), nonce=fixed("n", 12), aad=aad)
    assert code_of(open_inv, CIRCLE, LINK_SECRET, INV | {"k": b64u_encode(sealed)}) == "schema"


def test_a_joiner_takes_only_the_inviters_log() -> None:
    """A server that shows another log, or an older one, is found out before any key is made."""
    other = replace(STEP.membership, heads=(STEP.membership.heads[0], "A" * 43))
    assert code_of(accept, other, OPENED, NOW_S) == "fork"
    assert code_of(accept, founded().membership, OPENED, NOW_S) == "newer-log"


def test_a_joiner_takes_only_an_open_invitation() -> None:
    assert code_of(accept, steps()[2].membership, OPENED, NOW_S) == "invite"
    assert code_of(accept, STEP.membership, OPENED, NOW_S + 3601) == "invite"


def test_a_joiner_takes_only_the_logs_keys() -> None:
    for wrong, code in (
        (replace(OPENED, es={"c": fixed("other")}), "commit"),
        (replace(OPENED, es={"k": ES}), "epoch"),
        (replace(OPENED, sign_scalar=fixed("other")), "invite"),
        (replace(OPENED, iid="i" + "A" * 22), "invite"),
    ):
        assert code_of(accept, STEP.membership, wrong, NOW_S) == code


def test_the_proof_names_circle_and_device() -> None:
    proof = parse_jws(join_proof(OPENED, CIRCLE, PATIENT.id), PROOF_TYP)
    assert proof.kid == OPENED.iid
    assert proof.payload == {"cir": CIRCLE, "dev": PATIENT.id}


def test_an_invitation_without_secrets_can_be_sealed() -> None:
    """A link that must be approved opens nothing by itself: the format is ready for it."""
    sealed = seal_inv(
        STEP.membership, LINK_SECRET, sign_scalar=fixed("x"), es={}, nonce=fixed("n", 12)
    )
    assert open_inv(CIRCLE, LINK_SECRET, sealed).es == {}
