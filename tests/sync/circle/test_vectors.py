"""Runs every vector of tests/vectors/circle; the file's name is the test's name."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rejoint_sync.circle import attachment, checkpoint, feed, fold, frame, recovery, snapshot
from rejoint_sync.circle.document import DocumentId, Sealed, open_document, seal, verify
from rejoint_sync.circle.encoding import b64u_decode, b64u_encode, jcs, parse_jcs
from rejoint_sync.circle.entries import Bundle
from rejoint_sync.circle.envelope import sha256
from rejoint_sync.circle.epochs import (
    back,
    commit,
    document_key,
    pieces,
    repair_wraps,
    required_wraps,
    unback,
    unwrap,
    walk,
    wrap_id,
)
from rejoint_sync.circle.invitation import (
    Link,
    accept,
    invitation_id,
    invitation_key,
    open_inv,
    read_request,
    request_code,
    seal_inv,
)
from rejoint_sync.circle.keys import DeviceKeys, check_login, device_id, login_token
from rejoint_sync.circle.log import Epoch, Membership
from rejoint_sync.document import Document
from rejoint_sync.errors import CODES, CircleError, Unauthorized
from rejoint_sync.judge import judge, judge_bundle

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "vectors" / "circle"
VECTORS = sorted(FOLDER.glob("*.json"))

Case = dict[str, Any]


def encoding(case: Case) -> None:
    if case["what"] == "b64u":
        data = b64u_decode(case["text"])
        assert data.hex() == case["bytes"]
        assert b64u_encode(data) == case["text"]
    else:
        value = parse_jcs(case["text"].encode("utf-8"))
        assert value == case.get("value", value)
        assert jcs(value).decode() == case["text"]


def device(case: Case) -> None:
    keys = DeviceKeys.from_secret(case["secret"])
    assert keys.pub == case["pub"]
    assert keys.id == device_id(keys.pub) == case["id"]
    assert keys.to_secret() == case["secret"]


def epoch(case: Case) -> None:
    es, stream, e = b64u_decode(case["es"]), case["stream"], case["e"]
    assert commit(es, stream, e) == case["commit"]
    assert wrap_id(stream, e, case["commit"], case["device"]) == case["wrap_id"]
    key = document_key(es, case["circle"], stream, case["device"])
    assert b64u_encode(key) == case["key"]


def wrap(case: Case) -> None:
    es = unwrap(
        DeviceKeys.from_secret(case["secret"]),
        case["doc"],
        circle=case["circle"],
        stream=case["stream"],
        epoch=Epoch(case["epoch"]["e"], case["epoch"]["commit"], None, 0),
    )
    assert b64u_encode(es) == case["es"]


def chain(case: Case) -> None:
    if case["what"] == "link":
        back_link(case)
    elif case["what"] == "walk":
        membership = Membership.replay(case["circle"], case["log"])
        found, broken = walk(membership, secrets_of(case["secrets"]))
        assert found == secrets_of(case["found"])
        assert [[bad.stream, bad.e, bad.device] for bad in broken] == case["broken"]
        assert pieces(membership, broken) == case["pieces"]
    else:
        before = Membership.replay(before_name(case), case["log"])
        after = before.append(case["entry"])
        assert sorted(required_wraps(before, after)) == case["required"]
        assert sorted(repair_wraps(before, after)) == case["allowed"]


def back_link(case: Case) -> None:
    epoch, before = case["epoch"], case["before"]
    where = {"circle": case["circle"], "stream": case["stream"]}
    es = unback(
        b64u_decode(case["es"]),
        **where,
        epoch=Epoch(epoch["e"], epoch["commit"], epoch["back"], 4),
        before=Epoch(before["e"], before["commit"], None, 0),
    )
    assert b64u_encode(es) == case["es_before"]
    nonce = b64u_decode(case["nonce"])
    again = back(b64u_decode(case["es"]), es, **where, e=epoch["e"], nonce=nonce)
    assert again == epoch["back"]


def secrets_of(given: dict[str, dict[str, str]]) -> dict[str, dict[int, bytes]]:
    return {
        stream: {int(e): b64u_decode(es) for e, es in chain.items()}
        for stream, chain in given.items()
    }


def xwing(case: Case) -> None:
    device(case)
    wrap(case)


class Shelf:
    """The view of a store that holds a case's log and documents."""

    def __init__(self, case: Case) -> None:
        self.revs = {d["_id"]: d.get("_rev", "") for d in (*case["log"], *case["stored"])}

    def rev(self, document_id: str) -> str | None:
        return self.revs.get(document_id)

    def last_id(self, prefix: str) -> str | None:
        return max((name for name in self.revs if name.startswith(prefix)), default=None)


def judged(case: Case) -> None:
    membership = Membership.replay(before_name(case), case["log"])
    if case["what"] == "document":
        judge(membership, again=case["again"])(Shelf(case), Document.parse(case["doc"]))
    else:
        bundle = Bundle.parse(case["bundle"])
        judge_bundle(membership, bundle, case["now_s"], again=case["again"])


def approval(case: Case) -> None:
    if case["what"] == "accept":
        invitation(case)
        return
    membership = Membership.replay(case["circle"], case["log"])
    asked = read_request(membership, case["doc"], case["now_s"])
    assert (asked.iid, asked.device) == (case["iid"], case["device"])
    assert request_code(case["circle"], asked.device) == case["code"]


def frames(case: Case) -> None:
    if case["what"] == "bucket":
        assert [[n, frame.bucket_bytes(n)] for n, _ in case["sizes"]] == case["sizes"]
    else:
        assert frame.unframe(b64u_decode(case["frame"])) == case["obj"]
        assert b64u_encode(frame.frame(case["obj"], frame.CODEC_JSON)) == case["frame"]


def deflated(case: Case) -> None:
    assert frame.unframe(b64u_decode(case["frame"])) == case["obj"]


def log(case: Case) -> Membership:
    before = Membership.replay(before_name(case), case["log"]) if case["log"] else None
    try:
        after = Membership.founded(case["entry"]) if not before else before.append(case["entry"])
    finally:
        if before is not None:
            assert before == Membership.replay(before.circle, case["log"])
    assert after.circle == case.get("circle", after.circle)
    assert after.seq == case.get("seq", after.seq)
    assert after.head == case.get("head", after.head)
    assert after.h == case.get("h", after.h)
    if "devices" in case:
        assert case["devices"] == {
            device: {name: getattr(found, name) for name in ("member", "role", "s", "since", "by")}
            for device, found in after.devices.items()
        }
        assert [i.iid for i in after.open_invitations(case["now_s"])] == case["open"]
    return after


def replayed(case: Case) -> None:
    after = Membership.replay(case["circle"], case["log"])
    assert (after.seq, after.head) == (case["seq"], case["head"])


def membership(case: Case) -> None:
    after = log(case)
    said = {
        "live": [m.device for m in after.devices.values() if m.live],
        "epochs": {stream: len(chain) for stream, chain in after.epochs.items()},
        "stale": [stream for stream in ("c", "k") if after.is_stale(stream)],
        "closed": after.closed_s is not None,
    }
    assert {name: case.get(name, value) for name, value in said.items()} == said
    for device, marks in case.get("marks", {}).items():
        found = after.devices[device].marks
        assert {x: [list(mark) for mark in given] for x, given in found.items()} == marks
    for device, s in case.get("streams", {}).items():
        assert after.devices[device].s == s


def before_name(case: Case) -> str:
    return Membership.founded(case["log"][0]).circle


def document(case: Case) -> None:
    membership = Membership.replay(case["circle"], case["log"])
    secrets = {
        stream: {int(e): b64u_decode(es) for e, es in chain.items()}
        for stream, chain in case["secrets"].items()
    }
    assert open_document(membership, secrets, case["doc"]) == case["obj"]
    if "seal" not in case:
        return
    how = case["seal"]
    sealed = seal(
        membership,
        DeviceKeys.from_secret(how["secret"]),
        es=b64u_decode(how["es"]),
        kind=how["kind"],
        month=how["month"],
        stream=how["stream"],
        n=how["n"],
        obj=case["obj"],
        nonce=b64u_decode(how["nonce"]),
        codec=frame.CODEC_JSON,
    )
    assert sealed == case["doc"]
    assert Sealed.parse(case["circle"], sealed).header == case["header"]


def invitation(case: Case) -> None:
    circle, secret = case["circle"], b64u_decode(case["secret"])
    opened = open_inv(circle, secret, case["inv"])
    if case["what"] == "accept":
        membership = Membership.replay(circle, case["log"])
        found = accept(membership, opened, case["now_s"])
        assert (found.role, found.member) == (case["role"], case["member"])
        return
    assert opened.iid == invitation_id(circle, secret) == case["iid"]
    assert b64u_encode(invitation_key(circle, secret)) == case["key"]
    assert opened.spk == case["spk"]
    assert [opened.seq, opened.head] == case["body"]["head"]
    heads = ("",) * opened.seq + (opened.head,)
    again = seal_inv(
        Membership(circle, "patient", "members", "", heads, (), {}, {}, {}),
        secret,
        sign_scalar=opened.sign_scalar,
        es=opened.es,
        nonce=b64u_decode(case["nonce"]),
    )
    assert again == case["inv"]


def login(case: Case) -> None:
    device = check_login(case["token"], case["pubs"].get, case["audience"], case["now_s"])
    assert device == case["device"]
    if "secret" in case:
        keys = DeviceKeys.from_secret(case["secret"])
        assert login_token(keys, case["audience"], case["made_at_s"]) == case["token"]


def link(case: Case) -> None:
    found = Link.parse(case["text"])
    assert (found.kind, found.origin, found.circle) == (
        case["kind"],
        case["origin"],
        case["circle"],
    )
    assert b64u_encode(found.secret) == case["secret"]
    if case["formatted"]:
        assert found.format() == case["formatted"]


def folding(case: Case) -> None:
    operations = []
    for given in case["operations"]:
        place = {name: given.pop(name) for name in ("device", "stream", "n")}
        name = DocumentId("ev", "2611", **place)
        operations.append(fold.Operation(id=name, **given, member="", body={}))
    for given in (operations, operations[::-1]):
        ordered, aside = fold.in_order(given)
        assert [operation.digest for operation in ordered] == case["order"]
        assert [operation.digest for operation in aside] == case["aside"]


def merged(case: Case) -> None:
    operations = [
        fold.Operation(**given | {"id": DocumentId.parse(given["id"])})
        for given in case["operations"]
    ]
    for given in (operations, operations[::-1], operations * 2):
        found = fold.fold(given, purpose=case["purpose"], stream=case["stream"])
        assert [
            {"id": shown.operation.name, "body": shown.body, "void": shown.void}
            | {"amended": list(shown.amended)}
            for shown in found.records
        ] == case["records"]
        assert list(found.plans) == case["plans"]
        assert found.settings == case["settings"]
        assert [operation.name for operation in found.idle] == case["idle"]
        assert [operation.name for operation in found.aside] == case["aside"]
        assert found.next_lam == case["next_lam"]


def snapshots(case: Case) -> None:
    operations = [
        fold.Operation(**given | {"id": DocumentId.parse(given["id"])})
        for given in case["operations"]
    ]
    found = snapshot.Snapshot.parse(case["body"])
    if case.get("what") == "read":
        return
    found.check(operations, purpose=case["purpose"], stream=case["stream"])
    again = snapshot.Snapshot.of(
        operations, found.feeds, purpose=case["purpose"], stream=case["stream"], most=case["most"]
    )
    assert again.body(at=case["body"]["at"], tz_min=case["body"]["tz_min"]) == case["body"]


def recovering(case: Case) -> None:
    if case["what"] == "code":
        code = recovery.read_code(case["text"])
        assert (code, recovery.recovery_id(code)) == (case["code"], case["rid"])
    elif case["what"] == "open":
        found = recovery.Paper.open(case["code"], case["doc"])
        assert found.keys.to_secret() == case["secret"]
        assert [found.circle, [found.seq, found.head]] == [case["circle"], case["head"]]
        kdf = case["doc"]["kdf"]
        if "nonce" in case:
            salt, nonce = b64u_decode(kdf["salt"]), b64u_decode(case["nonce"])
            again = found.seal(
                case["code"], salt=salt, nonce=nonce, memory_kib=kdf["m"], passes=kdf["t"]
            )
            assert again == case["doc"]
    elif case["what"] == "pub":
        assert recovery.read_clinic_pub(case["text"]) == case["pub"]
    elif case["what"] == "stored":
        recovery.require_document(case["doc"])
    elif case["what"] == "key":
        assert recovery.read_clinic_key(case["text"]).to_secret() == case["secret"]
    else:
        membership = Membership.replay(case["circle"], case["log"])
        paper = case["paper"]
        keys = DeviceKeys.from_secret(paper["secret"])
        recovery.Paper(keys, paper["circle"], *paper["head"]).require_live(membership)


def attaching(case: Case) -> None:
    if case["what"] == "chunk":
        membership = Membership.replay(case["circle"], case["log"])
        sealed = attachment.read_chunk(membership, case["doc"])
        if "secret" in case:
            keys = DeviceKeys.from_secret(case["secret"])
            assert attachment.chunk_document(membership, keys, sealed) == case["doc"]
        return
    index = attachment.Index.of(case["index"])
    chunks = [b64u_decode(sealed) for sealed in case["chunks"]]
    content = attachment.joined(case["circle"], index, chunks)
    assert b64u_encode(sha256(content)) == case["content_sha256"]
    nonces = iter(sealed[:12] for sealed in chunks)
    again = attachment.cut(case["circle"], content, index.key, lambda _size: next(nonces))
    assert again == (index, chunks)


def feeds(case: Case) -> None:
    membership = Membership.replay(case["circle"], case["log"])
    documents = [verify(membership, document) for document in case["documents"]]
    starts = {
        (device, stream): feed.Mark(n, d)
        for device, of in case.get("starts", {}).items()
        for stream, (n, d) in of.items()
    }
    claims = [
        feed.Claim(said["device"], said["stream"], feed.Mark(said["n"], said["d"]), said["by"])
        for said in case["claims"]
    ]
    held = feed.chains(documents, starts)
    feed.require_whole(held, claims)
    found: Case = {}
    for (device, stream), chain in held.items():
        found.setdefault(device, {})[stream] = [chain.end.n, chain.end.d]
    assert found == case["marks"]


def checkpoints(case: Case) -> None:
    membership = Membership.replay(case["circle"], case["log"])
    found = checkpoint.Checkpoint.read(membership, case["doc"])
    if "pinned" in case:
        found.require_after(checkpoint.Checkpoint.read(membership, case["pinned"]))
    if "secret" not in case:
        return
    assert [found.i, [found.seq, found.head]] == [case["i"], case["head"]]
    vec = {device: feed.Mark(n, d) for device, (n, d) in case["vec"].items()}
    assert found.vec == vec
    keys = DeviceKeys.from_secret(case["secret"])
    again = checkpoint.write(membership, keys, stream="c", i=found.i, vec=vec)
    assert again == case["doc"]


RUN: dict[str, Callable[[Case], object]] = {
    "encoding": encoding,
    "device": device,
    "epoch": epoch,
    "wrap": wrap,
    "chain": chain,
    "xwing": xwing,
    "judge": judged,
    "approval": approval,
    "history": document,
    "frame": frames,
    "deflate": deflated,
    "log": log,
    "replay": replayed,
    "membership": membership,
    "document": document,
    "invitation": invitation,
    "login": login,
    "link": link,
    "fold": folding,
    "merge": merged,
    "snapshot": snapshots,
    "recovery": recovering,
    "attachment": attaching,
    "kinds": document,
    "feed": feeds,
    "checkpoint": checkpoints,
}


def hold(case: Case) -> None:
    """Run a vector; what does not hold is a failed assertion."""
    run, expect = RUN[case["group"]], case["expect"]
    if expect == "success":
        run(case)
        return
    with pytest.raises((CircleError, Unauthorized)) as caught:
        run(case)
    code = caught.value.code if isinstance(caught.value, CircleError) else "unauthorized"
    assert code == expect


@pytest.mark.parametrize("path", VECTORS, ids=[path.stem for path in VECTORS])
def test_vector(path: Path) -> None:
    hold(json.loads(path.read_text("utf-8")))


def test_vectors_are_what_the_script_writes() -> None:
    """A vector changed by hand would prove nothing about the writer."""
    command = [sys.executable, "-m", "vectors.make_circle_vectors", "--check"]
    done = subprocess.run(command, cwd=ROOT / "tests", capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert done.returncode == 0


def test_the_writer_shares_no_code_with_what_it_tests() -> None:
    for path in FOLDER.parent.glob("*circle*.py"):
        assert "import rejoint_sync" not in path.read_text("utf-8")
        assert "from rejoint_sync" not in path.read_text("utf-8")


def test_every_code_of_this_version_has_a_vector() -> None:
    expected = {json.loads(path.read_text("utf-8"))["expect"] for path in VECTORS}
    assert CODES - expected == set()


def test_the_specification_names_every_code_of_the_vectors() -> None:
    page = (ROOT / "docs" / "circle.md").read_text("utf-8")
    expected = {json.loads(path.read_text("utf-8"))["expect"] for path in VECTORS}
    missing = {code for code in expected - {"success", "unauthorized"} if f"`{code}`" not in page}
    assert missing == set()
