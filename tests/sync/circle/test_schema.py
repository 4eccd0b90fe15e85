from typing import Any

import pytest

from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.entries import member_id
from rejoint_sync.circle.jws import parse_jws
from rejoint_sync.circle.limits import ENTRY_BYTES_MAX, SEQ_MAX
from rejoint_sync.circle.schema import ENTRY_TYP, parse_entry
from sync.circle.story import THERAPIST, code_of, fixed, steps

STEPS = steps()
DOCUMENTS = {
    op: step.bundle.log
    for op, step in zip(("genesis", "invite", "join", "add"), STEPS, strict=True)
}


def payload_of(op: str) -> dict[str, Any]:
    payload: dict[str, Any] = parse_jws(DOCUMENTS[op]["j"], ENTRY_TYP).payload
    return payload


def signed(payload: object, name: str = "log:000001") -> dict[str, Any]:
    return {"_id": name, "j": THERAPIST.sign_jws(ENTRY_TYP, payload)}


@pytest.mark.parametrize("op", DOCUMENTS)
def test_an_entry_is_taken_apart(op: str) -> None:
    entry = parse_entry(DOCUMENTS[op])
    assert entry.op == op
    assert entry.number == entry.seq
    assert entry.payload == payload_of(op)


@pytest.mark.parametrize("op", DOCUMENTS)
def test_every_member_of_an_entry_is_needed(op: str) -> None:
    payload = payload_of(op)
    for member in payload:
        less = {name: value for name, value in payload.items() if name != member}
        assert code_of(parse_entry, signed(less)) == "schema", member


@pytest.mark.parametrize("op", DOCUMENTS)
def test_every_member_of_an_entry_has_its_type(op: str) -> None:
    """No member is taken as text, number, array and object alike."""
    payload = payload_of(op)
    for member in payload:
        codes = set()
        for value in ("", "x", 0, 2**40, [], {}, ["x"], {"x": "x"}):
            document = signed(payload | {member: value})
            codes.add(code_of(parse_entry, document))
        assert "schema" in codes, member


@pytest.mark.parametrize("op", DOCUMENTS)
def test_nothing_may_be_added(op: str) -> None:
    assert code_of(parse_entry, signed(payload_of(op) | {"x": "x"})) == "schema"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"back": b64u_encode(bytes(60))}, None),
        ({"fence": {"d" + "A" * 20: [1, ""]}}, None),
        ({"fence": {"d" + "A" * 20: [0, "A" * 43]}}, None),
        ({"back": "AAAA"}, "schema"),
        ({"e": 0}, "schema"),
        ({"commit": "AAAA"}, "schema"),
        ({"x": "x"}, "schema"),
        ({"fence": []}, "schema"),
        ({"fence": {"x": [1, ""]}}, "schema"),
        ({"fence": {"d" + "A" * 20: [1]}}, "schema"),
        ({"fence": {"d" + "A" * 20: {}}}, "schema"),
        ({"fence": {"d" + "A" * 20: [10**6, ""]}}, "schema"),
        ({"fence": {"d" + "A" * 20: [1, "AAAA"]}}, "schema"),
    ],
)
def test_epochs_have_their_shape(change: dict[str, Any], code: str | None) -> None:
    """The shape has room for links and fences; whether they belong is the replay's to say."""
    payload = payload_of("genesis")
    epoch = payload["ep"]["c"] | change
    assert code_of(parse_entry, signed(payload | {"ep": {"c": epoch}})) == code


@pytest.mark.parametrize("ep", [{}, [], "x", {"c": []}, {"c": {}}, {"x": {}}])
def test_epochs_are_of_streams(ep: object) -> None:
    assert code_of(parse_entry, signed(payload_of("genesis") | {"ep": ep})) == "schema"


def test_an_unknown_operation_passes_with_its_common_members() -> None:
    """The replay refuses it with `op`, after asking whether it is in its place."""
    common = {name: payload_of("add")[name] for name in ("v", "seq", "prev", "ts", "cir")}
    assert parse_entry(signed(common | {"op": "later", "x": "x"})).op == "later"


@pytest.mark.parametrize("seq", [-1, SEQ_MAX + 1, "1", [1]])
def test_numbers_of_entries_are_bounded(seq: object) -> None:
    payload = payload_of("add") | {"seq": seq}
    document = {"_id": "log:000001", "j": "x.y.z"}
    if seq == -1:
        assert code_of(parse_entry, document) is not None
        return
    assert code_of(parse_entry, signed(payload)) == "schema"


def test_an_entry_has_a_greatest_size() -> None:
    document = signed(payload_of("add"))
    longer = document["j"] + "A" * (ENTRY_BYTES_MAX - len(document["j"]) + 1)
    assert code_of(parse_entry, document | {"j": longer}) == "limit"


@pytest.mark.parametrize("document", [None, [], "x", {}, {"_id": "log:000001"}, {"j": "x"}])
def test_what_is_no_document_is_refused(document: object) -> None:
    assert code_of(parse_entry, document) == "schema"


def test_the_hash_leaves_the_signature_out() -> None:
    """Two signatures of one entry are one entry."""
    payload = payload_of("add")
    ours = parse_entry(signed(payload))
    head, body, _ = signed(payload)["j"].split(".")
    other = parse_entry({"_id": "log:000001", "j": f"{head}.{body}.AAAA"})
    assert ours.hash == other.hash
    assert member_id(fixed("x", 16)).startswith("m")
