import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rejoint_sync.circle.document import (
    DocumentId,
    Sealed,
    open_document,
    rev_of,
    structural_rev,
    verify,
)
from rejoint_sync.circle.encoding import b64u_decode, b64u_encode, jcs
from rejoint_sync.circle.limits import DOCUMENT_BYTES_MAX
from rejoint_sync.circle.log import Mark, Membership
from sync.circle.story import (
    CAREGIVER,
    PATIENT,
    RECORD,
    SECRETS,
    STRANGER,
    THERAPIST,
    code_of,
    fixed,
    sealed,
    steps,
    whole,
)

CIRCLE = whole()
PRINTABLE = "".join(map(chr, range(32, 127)))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def ended(membership: Membership, device: str, until: int, fence: int | None) -> Membership:
    """The same circle, had this device been removed at an entry."""
    marks = {} if fence is None else {"c": (Mark(fence, ""),)}
    gone = replace(membership.devices[device], until=until, marks=marks)
    return replace(membership, devices={**membership.devices, device: gone})


@given(st.dictionaries(texts, texts | st.integers(-(2**53), 2**53) | st.none(), max_size=5))
@settings(max_examples=50)
def test_a_record_comes_out_as_it_went_in(obj: dict[str, Any]) -> None:
    document = sealed(CIRCLE, obj=obj)
    assert open_document(CIRCLE, SECRETS, document) == obj


def test_pain_of_zero_stays_a_zero() -> None:
    opened = open_document(CIRCLE, SECRETS, sealed(CIRCLE))
    assert opened["score"] == 0
    assert type(opened["score"]) is int


def test_nothing_of_the_record_is_readable() -> None:
    document = sealed(CIRCLE, obj={"text": "canary word"})
    everything = repr(document).encode() + b64u_decode(document["c"])
    assert b"canary" not in everything


def test_sealing_the_same_under_another_name_looks_different() -> None:
    first, second = sealed(CIRCLE, n=1), sealed(CIRCLE, n=2)
    assert first["_rev"] != second["_rev"]
    assert b64u_decode(first["c"])[12:] != b64u_decode(second["c"])[12:]


def test_the_same_content_has_the_same_revision_whatever_its_signature() -> None:
    document = sealed(CIRCLE)
    assert document["_rev"] == rev_of(CIRCLE.circle, document)
    assert rev_of(CIRCLE.circle, document | {"s": "x"}) == document["_rev"]
    assert rev_of("c" + "0" * 40, document) != document["_rev"]


def test_a_document_with_one_bit_changed_is_refused() -> None:
    """Sealed part, signature, name and head alike: 0 of all are accepted."""
    document = sealed(CIRCLE)
    bare = {name: value for name, value in document.items() if name != "_rev"}
    for member in ("c", "s"):
        data = bytearray(b64u_decode(document[member]))
        for bit in range(0, len(data) * 8, 7):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            wrong = bare | {member: b64u_encode(bytes(changed))}
            assert code_of(open_document, CIRCLE, SECRETS, wrong) == "sig"
    for member in ("_id", "h"):
        for place in range(len(document[member])):
            text = document[member]
            letter = chr(ord(text[place]) ^ 1)
            wrong = bare | {member: text[:place] + letter + text[place + 1 :]}
            assert code_of(open_document, CIRCLE, SECRETS, wrong) is not None


@given(st.text("aZ09:._-", max_size=12), st.text(PRINTABLE, max_size=4))
def test_a_header_is_canonical_json_whatever_is_in_it(plain: str, other: str) -> None:
    """It is put together by hand where nothing needs an escape."""
    for text in (plain, plain + other):
        document = {"_id": f"ev:2611:{text}", "h": text, "c": "AA"}
        kid = document["_id"].split(":")[2]
        members = {"alg": "ES256", "cir": CIRCLE.circle, "h": text, "id": document["_id"]}
        header = b64u_encode(jcs(members | {"kid": kid, "typ": "rj1+doc"}))
        digest = hashlib.sha256(f"{header}.AA".encode()).hexdigest()
        assert rev_of(CIRCLE.circle, document) == "1-" + digest[:32]


def test_a_document_of_another_circle_is_refused() -> None:
    other = replace(CIRCLE, circle="c" + "0" * 40)
    assert (
        code_of(verify, other, {**sealed(CIRCLE), "_rev": rev_of(other.circle, sealed(CIRCLE))})
        == "sig"
    )


def test_a_reader_without_the_key_checks_all_but_the_content() -> None:
    """That is what the server does."""
    document = sealed(CIRCLE)
    assert verify(CIRCLE, document).id.device == PATIENT.id
    assert code_of(open_document, CIRCLE, {}, document) == "epoch"


def test_who_never_was_here_writes_nothing() -> None:
    assert code_of(verify, CIRCLE, sealed(CIRCLE, STRANGER)) == "author"


def test_a_document_is_written_under_a_log_that_we_have() -> None:
    early = steps()[2].membership
    assert code_of(verify, early, sealed(CIRCLE)) == "newer-log"
    assert open_document(CIRCLE, SECRETS, sealed(early)) == RECORD


def test_a_document_of_a_forked_log_is_refused() -> None:
    heads = (*CIRCLE.heads[:3], "A" * 43)
    assert code_of(verify, replace(CIRCLE, heads=heads), sealed(CIRCLE)) == "fork"


@pytest.mark.parametrize(
    ("keys", "kind", "code"),
    [
        (PATIENT, "ev", None),
        (PATIENT, "pr", None),
        (PATIENT, "nt", "authz"),
        (PATIENT, "pl", "authz"),
        (CAREGIVER, "ev", None),
        (CAREGIVER, "nt", "authz"),
        (THERAPIST, "nt", None),
        (THERAPIST, "pl", None),
    ],
)
def test_kinds_have_their_writers(keys: Any, kind: str, code: str | None) -> None:
    assert code_of(verify, CIRCLE, sealed(CIRCLE, keys, kind=kind)) == code


def test_what_was_written_before_the_end_stays() -> None:
    early = steps()[2].membership
    document = sealed(early)
    assert code_of(verify, ended(CIRCLE, PATIENT.id, 3, None), document) is None
    assert code_of(verify, ended(CIRCLE, PATIENT.id, 3, 1), document) is None


def test_what_is_written_after_the_end_or_beyond_the_fence_is_refused() -> None:
    """A removed device can still name an old head: the fence says how far it is believed."""
    assert code_of(verify, ended(CIRCLE, PATIENT.id, 3, 5), sealed(CIRCLE)) == "removed"
    early = steps()[2].membership
    late = ended(CIRCLE, PATIENT.id, 3, 5)
    assert code_of(verify, late, sealed(early, n=5)) is None
    assert code_of(verify, late, sealed(early, n=6)) == "removed"


def test_a_document_has_a_greatest_size() -> None:
    document = sealed(CIRCLE)
    wrong = document | {"c": "A" * (DOCUMENT_BYTES_MAX + 1)}
    assert code_of(Sealed.parse, CIRCLE.circle, wrong) == "limit"
    # Hexadecimal digits of noise: half of it remains when it is packed.
    noise = fixed("noise", DOCUMENT_BYTES_MAX).hex()
    assert code_of(sealed, CIRCLE, obj={"text": noise}) == "limit"
    assert code_of(sealed, CIRCLE, obj={"text": noise[:250_000]}) is None


@pytest.mark.parametrize(
    "change",
    [{"kind": "xx"}, {"kind": "cp"}, {"month": "2613"}, {"month": "26"}, {"n": 0}, {"n": 10**6}],
)
def test_only_names_that_others_read_are_sealed(change: dict[str, Any]) -> None:
    assert code_of(sealed, CIRCLE, **change) == "schema"


def test_names_are_read_as_they_are_written() -> None:
    identity = DocumentId("ev", "2611", PATIENT.id, "c", 412)
    assert str(identity) == f"ev:2611:{PATIENT.id}:c000412"
    assert DocumentId.parse(str(identity)) == identity


@pytest.mark.parametrize("document", [None, [], "x", {}, {"_id": 1, "h": 1, "c": 1, "s": 1}])
def test_what_is_no_document_is_refused(document: object) -> None:
    assert code_of(verify, CIRCLE, document) == "schema"


def test_structural_documents_are_named_by_all_they_say() -> None:
    document = {"_id": "log:000000", "j": "x"}
    rev = structural_rev(document)
    assert structural_rev(document | {"_rev": rev}) == rev
    assert structural_rev(document | {"j": "y"}) != rev
    assert code_of(structural_rev, document | {"_deleted": True}) == "canon"
