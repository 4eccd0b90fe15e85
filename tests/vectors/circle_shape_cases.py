"""Wrong types: each part of each thing that is read, in a shape that it must not have.

Found by deleting each check of the code in turn: every one of these needs a check of its own.
"""

from collections.abc import Iterator
from typing import Any

from vectors.circle_admission_cases import invitation_body
from vectors.circle_attachment_cases import SMALL, carried, carrying, cut
from vectors.circle_document_cases import PAIN, name_of
from vectors.circle_document_cases import reading as reading_document
from vectors.circle_feed_cases import checkpoint
from vectors.circle_feed_cases import reading as reading_checkpoint
from vectors.circle_judge_cases import approvals
from vectors.circle_log_cases import (
    CAREGIVER,
    M_NEW,
    M_PATIENT,
    PATIENT,
    PHONE,
    STRANGER,
    THERAPIST,
    Case,
    case,
    founded,
    full,
    invited,
    refused,
)
from vectors.circle_membership_cases import removal
from vectors.circle_recovery_cases import card, opening, payload, with_paper
from vectors.circle_snapshot_cases import case as snapshot_case
from vectors.circle_snapshot_cases import told
from vectors.circle_writer import (
    Invite,
    Json,
    Log,
    add_members,
    b64u,
    compact,
    fixed,
    genesis_members,
    head_of,
    join_members,
    packed,
    sealed_document,
    un_b64u,
)

CHAIN = b64u(fixed("chain of a feed", 32))


def no_pair(first: object, second: object) -> tuple[tuple[str, object], ...]:
    """What looks like a list of two and is none."""
    return (
        ("object", {"0": first, "1": second, "length": 2}),
        ("members", {"0": first, "1": second}),
        ("three", [first, second, 5]),
        ("text", "ab"),
    )


def cut_by_one(text: str) -> str:
    """One byte fewer, rightly spelled."""
    return b64u(un_b64u(text)[:-1])


def hybrid(point: str) -> str:
    """The same point in the other form of 65 bytes that some libraries read. Source: X9.62."""
    raw = un_b64u(point)
    return b64u(bytes([6 + raw[-1] % 2]) + raw[1:])


Start = tuple[Log, Any, str, Json]
"""A log, who signs the next entry, its operation and its members."""


def starts() -> dict[str, Start]:
    """A good entry of each operation."""
    log, link = invited()
    whole = full()
    gone = whole.push(THERAPIST, "remove", removal(whole, CAREGIVER))
    wide = Invite("wide", log.circle).members("patient", M_PATIENT, log.ts + log.seq + 1)
    return {
        "genesis": (Log(), THERAPIST, "genesis", genesis_members(THERAPIST, "therapist")),
        "invite": (founded(), THERAPIST, "invite", wide),
        "uninvite": (log, THERAPIST, "uninvite", {"iid": link.iid}),
        "join": (log, PATIENT, "join", join_members(link, PATIENT)),
        "add": (whole, THERAPIST, "add", add_members(PHONE, "caregiver", M_NEW)),
        "remove": (whole, THERAPIST, "remove", removal(whole, CAREGIVER)),
        "leave": (whole, CAREGIVER, "leave", {"mark": {"c": [3, CHAIN]}}),
        "rekey": (whole, THERAPIST, "rekey", {"ep": {"c": whole.ep()}}),
        "accept": (
            gone, THERAPIST, "accept", {"target": CAREGIVER.id, "x": "c", "n": 9, "d": CHAIN},
        ),
    }  # fmt: skip


def wrong_members() -> tuple[tuple[str, str, object], ...]:
    """An operation, one of its members, and what that cannot be."""
    wide, epoch = starts()["invite"][3], full().ep()
    return (
        ("genesis", "adds", "nobody"),
        ("genesis", "adds", ["members"]),
        ("genesis", "clinic", "clinic"),
        ("genesis", "clinic", 5),
        ("invite", "role", "owner"),
        ("invite", "member", "somebody"),
        ("invite", "exp", "soon"),
        ("invite", "spk", 5),
        ("invite", "spk", hybrid(wide["spk"])),
        ("invite", "spk", cut_by_one(wide["spk"])),
        ("uninvite", "iid", 5),
        ("join", "iid", 5),
        ("join", "dev", "keys"),
        ("join", "dev", {"kem": "P256", "kpk": PATIENT.pub["kpk"]}),
        ("join", "dev", PATIENT.pub | {"kem": "P384"}),
        ("join", "dev", PATIENT.pub | {"spk": cut_by_one(PATIENT.pub["spk"])}),
        ("join", "dev", PATIENT.pub | {"spk": hybrid(PATIENT.pub["spk"])}),
        ("join", "dev", PATIENT.pub | {"kpk": hybrid(PATIENT.pub["kpk"])}),
        ("join", "proof", 5),
        ("add", "member", "somebody"),
        ("add", "role", "owner"),
        ("add", "role", ["caregiver"]),
        ("add", "s", "kc"),
        ("add", "dev", "keys"),
        ("add", "dev", PHONE.pub | {"spk": hybrid(PHONE.pub["spk"])}),
        ("add", "iid", "invitation"),
        ("add", "iid", 5),
        ("remove", "target", CAREGIVER.id),
        ("remove", "target", {CAREGIVER.id: 1}),
        ("remove", "ep", [epoch]),
        ("leave", "mark", {"c": [3, CHAIN], "k": 5}),
        ("rekey", "ep", []),
        ("rekey", "ep", ["c"]),
        ("rekey", "ep", {"c": "epoch"}),
        ("rekey", "ep", {"c": epoch, "k": 5}),
        ("rekey", "ep", {"c": epoch | {"e": "2"}}),
        ("rekey", "ep", {"c": epoch | {"e": 2201}}),
        ("rekey", "ep", {"c": epoch | {"e": 0}}),
        ("rekey", "ep", {"c": epoch | {"commit": cut_by_one(epoch["commit"])}}),
        ("rekey", "ep", {"c": epoch | {"fence": [CAREGIVER.id]}}),
        ("accept", "target", 5),
        ("accept", "x", 5),
    )  # fmt: skip


def entries() -> Iterator[Case]:
    """Each member of each operation, as something that it cannot be."""
    whole, lists = full(), starts()
    for number, (title, name, value) in enumerate(wrong_members()):
        start, signer, op, good = lists[title]
        comment = f"{title}: {name} in a wrong shape"
        yield (
            f"shape-{title}-{name}-{number}",
            refused(comment, "schema", start, signer, op, good | {name: value}),
        )
    for title, pair in no_pair(3, CHAIN):
        fence = {"c": whole.ep(fence={CAREGIVER.id: pair})}
        members = {"target": [CAREGIVER.id], "ep": fence}
        comment = "a fence that is no pair"
        found = refused(comment, "schema", whole, THERAPIST, "remove", members)
        yield f"shape-fence-{title}", found
        members = {"mark": {"c": pair}}
        found = refused("a mark that is no pair", "schema", whole, CAREGIVER, "leave", members)
        yield f"shape-mark-{title}", found


def odd_entries() -> Iterator[Case]:
    """Entries that are refused before their members are looked at, or by one rule alone."""
    log = full()
    good = {"ep": {"c": log.ep()}}
    entry = log.entry(THERAPIST, log.payload("rekey", good))
    base = log.payload("rekey", good)
    hidden = {"constructor": {"name": "x"}}
    for title, comment, expect, wrong in (
        ("list", "a list", "schema", [entry]),
        ("null", "nothing", "schema", None),
        ("number", "a number", "schema", 5),
        ("text", "a text", "schema", "entry"),
        ("token", "a token that is no text", "schema", entry | {"j": 5}),
        ("token-list", "a token in a list", "schema", entry | {"j": [entry["j"]]}),
        ("name", "a name that is no text", "schema", entry | {"_id": 5}),
        ("name-list", "a name in a list", "schema", entry | {"_id": [entry["_id"]]}),
        ("rev", "a revision that is no text", "schema", entry | {"_rev": 5}),
        ("hidden", "a member that all objects have", "schema",
         log.entry(THERAPIST, base | hidden)),
        ("payload-list", "a list inside", "schema", log.entry(THERAPIST, b"[]")),
        ("payload-text", "a text inside", "schema", log.entry(THERAPIST, b'"x"')),
        ("op-list", "an operation that is no text", "schema",
         log.entry(THERAPIST, base | {"op": ["rekey"]})),
        ("no-v", "without a version", "schema",
         log.entry(THERAPIST, {k: v for k, v in base.items() if k != "v"})),
        ("no-seq", "without a number", "schema",
         log.entry(THERAPIST, {k: v for k, v in base.items() if k != "seq"})),
        ("no-prev", "without the hash before", "schema",
         log.entry(THERAPIST, {k: v for k, v in base.items() if k != "prev"})),
        ("no-ts", "without a time", "schema",
         log.entry(THERAPIST, {k: v for k, v in base.items() if k != "ts"})),
        ("ts-text", "a time that is a text", "schema",
         log.entry(THERAPIST, base | {"ts": "now"})),
        ("seq-payload", "inside another number than its name's", "seq",
         log.entry(THERAPIST, base | {"seq": log.seq + 2}, name=f"log:{log.seq + 1:06d}")),
        ("kid-number", "signed by a number", "header",
         log.entry(THERAPIST, base, head=head_of(THERAPIST.id, "rj1+log") | {"kid": 5})),
        ("head-list", "a header in a list", "header",
         log.entry(THERAPIST, base, head=b"[]")),
    ):  # fmt: skip
        yield f"odd-{title}", case(comment, expect, log, wrong)  # type: ignore[arg-type]


def odd_beginnings() -> Iterator[Case]:
    first = genesis_members(THERAPIST, "therapist")
    start = Log()
    members = start.payload("genesis", first)
    for title, comment, expect, wrong in (
        ("name", "named as the second", "seq",
         start.entry(THERAPIST, members, name="log:000001")),
        ("number", "the second, alone", "seq",
         start.entry(THERAPIST, members | {"seq": 1, "cir": "c" + "0" * 40})),
        ("sig", "signed by another", "sig",
         start.entry(THERAPIST, members, scalar=STRANGER.ssk)),
        ("k", "only the clinicians' stream", "epoch",
         start.entry(THERAPIST, members | {"ep": {"k": first["ep"]["c"]}})),
    ):  # fmt: skip
        yield f"odd-genesis-{title}", case(comment, expect, start, wrong)


def documents() -> Iterator[Case]:
    log = full()
    name = name_of("ev", PATIENT)
    good = sealed_document(log, PATIENT, name, packed(compact(PAIN)))
    bare = {key: value for key, value in good.items() if key != "_rev"}
    long_s = b64u(un_b64u(good["s"])[:32] + b"\0" + un_b64u(good["s"])[32:])
    stranger = sealed_document(log, STRANGER, name_of("ev", STRANGER), packed(compact(PAIN)))
    unsigned = stranger | {"s": stranger["s"] + "="}
    odd: tuple[tuple[str, str, str, Any], ...] = (
        ("list", "a list", "schema", [good]),
        ("null", "nothing", "schema", None),
        ("text", "a text", "schema", "document"),
        ("c-number", "a sealed part that is no text", "schema", bare | {"c": 5}),
        ("c-list", "a sealed part that is a list", "schema", bare | {"c": ["A"]}),
        ("s-number", "a signature that is no text", "schema", bare | {"s": 5}),
        ("h-list", "a head that is no text", "schema", bare | {"h": [log.h]}),
        ("name-list", "a name that is no text", "schema", bare | {"_id": [name]}),
        ("rev-null", "a revision that is nothing", "schema", good | {"_rev": None}),
        ("h-none", "a head without a dot", "schema", bare | {"h": "3"}),
        ("limit", "one character too many", "limit", bare | {"c": "A" * 262_145}),
        ("sig-long", "65 bytes, the same two numbers", "sig", bare | {"s": long_s}),
        ("sig-none", "no bytes", "sig", bare | {"s": ""}),
        ("first-b64", "two things wrong: the first in order is told", "b64", unsigned),
    )
    for title, comment, expect, document in odd:
        yield f"document-odd-{title}", reading_document(comment, expect, log, document)
    for title, comment, content in (
        ("null", "null in a frame", b"null"),
        ("number", "a number in a frame", b"5"),
        ("text", "a text in a frame", b'"x"'),
        ("list", "a list in a frame", b"[]"),
        ("cut", "half an object in a frame", b'{"a":'),
        ("nothing", "nothing in a frame", b""),
    ):
        document = sealed_document(log, PATIENT, name, packed(content))
        found = reading_document(comment, "frame", log, document)
        yield f"document-inside-{title}", found
    sealed = cut(log.circle, SMALL)[0]
    chunk = carried(log, PATIENT, sealed)
    chunks: tuple[tuple[str, Any], ...] = (("list", [chunk]), ("null", None))
    for title, wrong in chunks:
        yield f"attachment-odd-{title}", carrying(f"a {title}", "schema", log, wrong)


def checkpoints() -> Iterator[Case]:
    log = full()
    good = checkpoint(PATIENT, log)
    mark = [3, b64u(fixed("chain", 32))]
    odd: list[tuple[str, str, Any]] = [
        ("list", "a list", [good]),
        ("null", "nothing", None),
        ("rev-number", "a revision that is no text", good | {"_rev": 7}),
        ("rev-null", "a revision that is nothing", good | {"_rev": None}),
        ("name-list", "a name in a list", good | {"_id": [good["_id"]]}),
        ("cir", "a circle that is none", checkpoint(PATIENT, log, cir=5)),
        ("x", "a stream that is none", checkpoint(PATIENT, log, x=["c"])),
        ("vec-word", "marks as a text", checkpoint(PATIENT, log, vec="x")),
    ]
    for title, pair in no_pair(log.seq, log.heads[-1]):
        wrong = checkpoint(PATIENT, log, head=pair)
        odd.append((f"head-{title}", "a head that is no pair", wrong))
    for title, pair in no_pair(*mark):
        wrong = checkpoint(PATIENT, log, vec={PATIENT.id: pair})
        odd.append((f"vec-{title}", "a mark that is no pair", wrong))
    for title, comment, document in odd:
        yield f"odd-{title}", reading_checkpoint(comment, "schema", document, log)


def invitations() -> Iterator[Case]:
    log, invite = invited()
    body = invitation_body(invite, log.seq, log.heads[-1])
    nonce = fixed("invitation nonce", 12)
    good = invite.sealed(body, nonce)
    head = log.heads[-1]
    odd: list[tuple[str, str, str, Any]] = [
        ("list", "a list", "schema", [good]),
        ("null", "nothing", "schema", None),
        ("k-number", "a sealed part that is no text", "schema", good | {"k": 5}),
        ("name-number", "a name that is no text", "schema", good | {"_id": 5}),
        ("name-list", "a name in a list", "schema", good | {"_id": [good["_id"]]}),
        ("name-prefix", "another kind of name", "schema", good | {"_id": "req:" + invite.iid}),
        ("name-iid", "a name that is cut", "schema", good | {"_id": f"inv:{invite.iid[:-1]}"}),
        ("rev", "a revision that is no text", "schema", good | {"_rev": 5}),
        ("tiny", "less than a nonce", "tag", good | {"k": b64u(b"abc")}),
    ]
    inside: list[tuple[str, str, object]] = [
        ("inside-list", "a list inside", [body]),
        ("inside-extra", "one more inside", body | {"x": 1}),
        ("ssk-number", "a key that is no text", body | {"ssk": 5}),
        ("ssk-short", "a key of 31 bytes", body | {"ssk": b64u(fixed("x", 31))}),
        ("head-seq", "a number that is a text", body | {"head": ["1", head]}),
        ("head-hash", "a hash that is cut", body | {"head": [1, cut_by_one(head)]}),
        ("head-number", "a hash that is a number", body | {"head": [1, 5]}),
        ("es-list", "secrets in a list", body | {"es": [b64u(fixed("epoch secret", 32))]}),
        ("es-stream", "a secret of a stream x", body | {"es": {"x": b64u(fixed("x", 32))}}),
        ("es-k", "a short secret of k", body | {"es": body["es"] | {"k": b64u(fixed("x", 31))}}),
        ("es-number", "a secret that is no text", body | {"es": {"c": 5}}),
    ]
    inside += [
        (f"head-{title}", "a head that is no pair", body | {"head": pair})
        for title, pair in no_pair(log.seq, head)
    ]
    odd += [
        (title, comment, "schema", invite.sealed(plain, nonce))  # type: ignore[arg-type]
        for title, comment, plain in inside
    ]
    base = {"group": "invitation", "what": "open", "circle": log.circle}
    base["secret"] = b64u(invite.secret)
    for title, comment, expect, document in odd:
        found = {"comment": comment, "expect": expect, "inv": document}
        yield f"invitation-odd-{title}", base | found


def requests() -> Iterator[Case]:
    asks = dict(approvals())["approval-asks"]
    shape = {name: asks[name] for name in ("group", "what", "circle", "log", "now_s")}
    good = asks["doc"]
    odd: tuple[tuple[str, str, Any], ...] = (
        ("list", "a list", [good]),
        ("null", "nothing", None),
        ("name", "a name that is no text", good | {"_id": 5}),
        ("name-list", "a name in a list", good | {"_id": [good["_id"]]}),
        ("dev", "keys that are a text", good | {"dev": "keys"}),
        ("dev-spk", "a key of another form",
         good | {"dev": good["dev"] | {"spk": hybrid(good["dev"]["spk"])}}),
        ("dev-kpk", "a key that is cut",
         good | {"dev": good["dev"] | {"kpk": cut_by_one(good["dev"]["kpk"])}}),
        ("rev", "a revision that is no text", good | {"_rev": 5}),
    )  # fmt: skip
    for title, comment, document in odd:
        found = {"comment": comment, "expect": "schema", "doc": document}
        yield f"approval-odd-{title}", shape | found


def papers() -> Iterator[Case]:
    log = with_paper()
    good = card(payload(log))
    odd: list[tuple[str, str, str, Any]] = [
        ("list", "a list", "target", [good]),
        ("rev", "a revision that is no text", "tag", good | {"_rev": 5}),
        ("long", "too long", "tag", good | {"k": "A" * 8192}),
        ("kdf-list", "parameters in a list", "limit", good | {"kdf": [5]}),
    ]
    odd += [
        (f"head-{title}", "a head that is no pair", "tag", card(payload(log, head=pair)))
        for title, pair in no_pair(log.seq, log.heads[-1])
    ]
    odd.append(
        ("head-seq", "a number as text", "tag", card(payload(log, head=["4", log.heads[-1]])))
    )
    for title, comment, expect, document in odd:
        yield f"recovery-odd-{title}", opening(comment, expect, document)


def stored_papers() -> Iterator[Case]:
    """What a server asks of a card before it stores it, without its code."""
    good = card(payload(with_paper()))
    rows: tuple[tuple[str, str, str, Json], ...] = (
        ("good", "a card", "success", good),
        ("weak", "a derivation that is too weak", "limit", good | {"kdf": {"alg": "argon2id"}}),
        ("clear", "a clear member", "schema", good | {"name": "x"}),
        ("k-number", "a sealed part that is no text", "schema", good | {"k": 5}),
        ("k-bits", "padding", "b64", good | {"k": good["k"] + "="}),
    )
    for title, comment, expect, document in rows:
        found = opening(comment, expect, document) | {"what": "stored"}
        yield f"recovery-stored-{title}", found


def snapshots() -> Iterator[Case]:
    story, body = told()
    record = body["records"][1]
    chain = b64u(fixed("chain", 32))
    odd: list[tuple[str, object]] = [
        ("lam-zero", body | {"lam": 0}),
        ("lam-text", body | {"lam": "10"}),
        ("before-negative", body | {"before": -1}),
        ("before-text", body | {"before": "9"}),
        ("settings-list", body | {"settings": []}),
        ("settings-text", body | {"settings": "x"}),
        ("settings-deep", body | {"settings": {"": "x"}}),
        ("plans-number", body | {"plans": 5}),
        ("plan-text", body | {"plans": ["x"]}),
        ("record-text", body | {"records": ["x"]}),
        ("record-null", body | {"records": [None]}),
        ("record-id", body | {"records": [record | {"id": 5}]}),
        ("record-body", body | {"records": [record | {"body": [1]}]}),
        ("record-amended", body | {"records": [record | {"amended": "x"}]}),
        ("feeds-text", body | {"feeds": "x"}),
        ("mark-great", body | {"feeds": {PATIENT.id: [1_000_000, chain]}}),
        ("mark-chain", body | {"feeds": {PATIENT.id: [7, 5]}}),
        ("mark-bits", body | {"feeds": {PATIENT.id: [7, "B" * 43]}}),
    ]
    odd += [
        (f"mark-{title}", body | {"feeds": {PATIENT.id: pair}}) for title, pair in no_pair(7, chain)
    ]
    for title, wrong in odd:
        comment = f"{title.replace('-', ' ')}: no snapshot"
        found = snapshot_case(comment, "snapshot", story, wrong, what="read")
        yield f"snapshot-odd-{title}", found


def all_cases() -> Iterator[Case]:
    yield from entries()
    yield from odd_entries()
    yield from odd_beginnings()
    yield from documents()
    yield from checkpoints()
    yield from invitations()
    yield from requests()
    yield from papers()
    yield from stored_papers()
    yield from snapshots()
