"""Feeds and checkpoints: what a server hides is seen, and what it may not say is refused."""

from collections.abc import Iterator

from vectors.circle_document_cases import PAIN, name_of
from vectors.circle_log_cases import (
    CAREGIVER,
    PATIENT,
    STRANGER,
    THERAPIST,
    Case,
    clinic,
    full,
)
from vectors.circle_membership_cases import COLLEAGUE, both_hold_k, removal
from vectors.circle_writer import (
    NOW_S,
    Device,
    Json,
    Log,
    add_members,
    b64u,
    compact,
    doc_header,
    fixed,
    head_of,
    jws,
    member,
    packed,
    sealed_document,
    sha,
)

START = bytes(32)


def written(log: Log, author: Device, n: int, text: str = "") -> Json:
    name = name_of("ev", author, f"c{n:06d}")
    framed = packed(compact(PAIN | {"lam": n, "at": NOW_S + n} | ({"text": text} if text else {})))
    return sealed_document(log, author, name, framed, nonce=fixed(f"nonce {name} {text}", 12))


def chained(log: Log, documents: list[Json], start: bytes = START) -> bytes:
    d = start
    for document in documents:
        head = doc_header(log.circle, document["_id"], document["h"])
        d = sha(d + sha(f"{head}.{document['c']}".encode()))
    return d


def claim(of: Device, n: int, d: bytes | None, by: Device) -> Json:
    chain = "" if d is None else b64u(d)
    return {"device": of.id, "stream": "c", "n": n, "d": chain, "by": by.id}


def feed(
    comment: str, expect: str, documents: list[Json], claims: list[Json], **other: Json
) -> Json:
    log = full()
    return {
        "comment": comment,
        "group": "feed",
        "expect": expect,
        "circle": log.circle,
        "log": log.docs,
        "documents": documents,
        "claims": claims,
    } | other


def marks(documents: int, chain: bytes) -> Json:
    return {"marks": {PATIENT.id: {"c": [documents, b64u(chain)]}}}


def whole_feeds() -> Iterator[Case]:
    log = full()
    own = [written(log, PATIENT, n) for n in (1, 2, 3)]
    d2, d3 = chained(log, own[:2]), chained(log, own)
    said = [claim(PATIENT, 2, d2, THERAPIST), claim(PATIENT, 3, d3, CAREGIVER)]
    yield "whole", feed("in another order", "success", own[::-1], said, **marks(3, d3))
    yield "twice-the-same", feed("each twice", "success", own * 2, said, **marks(3, d3))
    count = [claim(PATIENT, 3, None, THERAPIST)]
    yield "count", feed("only the count is known", "success", own, count, **marks(3, d3))
    start = {"starts": {PATIENT.id: {"c": [2, b64u(d2)]}}}
    yield (
        "from-snapshot",
        feed("continued from a snapshot", "success", own[2:], said, **start, **marks(3, d3)),
    )
    below = [claim(PATIENT, 1, fixed("below", 32), THERAPIST)]
    comment = "below the snapshot nothing is compared"
    yield "below-snapshot", feed(comment, "success", own, below, **start, **marks(3, d3))


def hidden_feeds() -> Iterator[Case]:
    log = full()
    own = [written(log, PATIENT, n) for n in (1, 2, 3)]
    d3 = chained(log, own)
    exchanged = [own[0], written(log, PATIENT, 2, "other"), own[2]]
    said = [claim(PATIENT, 3, d3, THERAPIST)]
    for name, comment, expect, documents, claims in (
        ("gap-middle", "one in the middle is missing", "gap", [own[0], own[2]], []),
        ("gap-first", "the first is missing", "gap", own[1:], []),
        ("gap-end", "fewer than a checkpoint says", "gap", own[:2], said),
        ("gap-all", "a whole feed is missing", "gap", [], said),
        ("gap-count", "fewer than a count", "gap", own, [claim(PATIENT, 4, None, THERAPIST)]),
        ("replaced-middle", "another one in the middle", "replaced", exchanged, said),
        ("taken", "two under one counter", "taken", [*own, exchanged[1]], []),
    ):
        yield name, feed(comment, expect, documents, claims)
    start = {"starts": {PATIENT.id: {"c": [2, b64u(fixed("forged", 32))]}}}
    yield "replaced-start", feed("a forged beginning", "replaced", own[2:], said, **start)
    early = [claim(PATIENT, 2, fixed("forged", 32), THERAPIST)]
    start = {"starts": {PATIENT.id: {"c": [2, b64u(chained(log, own[:2]))]}}}
    comment = "another chain at the beginning"
    yield "replaced-at-start", feed(comment, "replaced", own[2:], early, **start)
    yield "replaced-below", feed("another chain below the end", "replaced", own, early)


def checkpoint(author: Device, log: Log, **other: object) -> Json:
    """A checkpoint of this author; `j` signs anything, `scalar` and `head` replace what belongs."""
    log_head = [log.seq, log.heads[-1]]
    vec = {PATIENT.id: [3, b64u(fixed("chain", 32))], THERAPIST.id: [1, b64u(fixed("other", 32))]}
    payload: Json = {"cir": log.circle, "x": "c", "i": 7, "head": log_head, "vec": vec}
    payload |= {key: value for key, value in other.items() if key in payload}
    payload |= dict(other.get("more", {}))  # type: ignore[call-overload]
    scalar = other.get("scalar", author.ssk)
    assert isinstance(scalar, bytes)
    head = other.get("header", head_of(author.id, "rj1+cp"))
    assert isinstance(head, dict)
    return {"_id": other.get("name", f"cp:c:{author.id}"), "j": jws(scalar, head, payload)}


def rev(document: Json, i: int = 7) -> str:
    signed = document["j"].rpartition(".")[0]
    return f"{i}-{sha(compact([document['_id'], signed])).hex()[:32]}"


def reading(comment: str, expect: str, document: Json, log: Log, **other: object) -> Json:
    return {
        "comment": comment,
        "group": "checkpoint",
        "expect": expect,
        "circle": log.circle,
        "log": log.docs,
        "doc": document,
    } | other


def read_checkpoints() -> Iterator[Case]:
    log = full()
    document = checkpoint(PATIENT, log)
    good = {"_rev": rev(document)} | document
    whole: Json = {
        "secret": PATIENT.secret,
        "i": 7,
        "head": [log.seq, log.heads[-1]],
        "vec": {
            PATIENT.id: [3, b64u(fixed("chain", 32))],
            THERAPIST.id: [1, b64u(fixed("other", 32))],
        },
    }
    yield "patient", reading("a patient's seventh", "success", good, log, **whole)
    early = checkpoint(PATIENT, log, head=[2, log.heads[2]])
    yield "old-head", reading("made under an older head", "success", early, log)
    house = clinic()
    yield "clinic", reading("in a clinic", "success", checkpoint(THERAPIST, house, vec={}), house)
    pinned = [document, {"_rev": rev(document)} | document]
    older = checkpoint(PATIENT, log, i=6)
    for name, comment, expect, before, found in (
        ("after-older", "the next after an older one", "success", older, document),
        ("after-same", "the same again", "success", pinned[1], document),
        ("stale", "an older one after it", "stale", document, older),
        ("replaced", "another seventh", "replaced", document, checkpoint(PATIENT, log, vec={})),
    ):
        yield name, reading(comment, expect, found, log, pinned=before)


def misshapen_checkpoints() -> Iterator[Case]:
    log = full()
    document = checkpoint(PATIENT, log)
    vec = {PATIENT.id: [3, b64u(fixed("chain", 32))]}
    mark = vec[PATIENT.id]
    for name, comment, expect, wrong in (
        ("clear", "a clear member", "schema", document | {"n": 1}),
        ("name-number", "a name that is no text", "schema", document | {"_id": 5}),
        ("token-number", "a token that is no text", "schema", document | {"j": 5}),
        ("head-pair", "a head of two letters", "schema", checkpoint(PATIENT, log, head="ab")),
        (
            "vec-pair",
            "a mark of two letters",
            "schema",
            checkpoint(PATIENT, log, vec={PATIENT.id: "ab"}),
        ),
        ("no-token", "no token", "schema", {"_id": document["_id"]}),
        ("name", "a name that is none", "schema", document | {"_id": document["_id"][:-1]}),
        ("name-line", "a line break", "schema", document | {"_id": document["_id"] + "\n"}),
        ("name-stream", "a stream x", "schema", document | {"_id": f"cp:x:{PATIENT.id}"}),
        ("stream", "another stream's", "schema", document | {"_id": f"cp:k:{PATIENT.id}"}),
        ("rev", "another revision", "schema", document | {"_rev": "7-" + "0" * 32}),
        ("i-zero", "number 0", "schema", checkpoint(PATIENT, log, i=0)),
        ("i-text", "a number as text", "schema", checkpoint(PATIENT, log, i="7")),
        ("extra", "one more member", "schema", checkpoint(PATIENT, log, more={"v": 1})),
        (
            "head-text",
            "a number as text",
            "schema",
            checkpoint(PATIENT, log, head=["3", log.heads[3]]),
        ),
        ("head-hash", "a hash that is cut", "schema", checkpoint(PATIENT, log, head=[3, "A" * 42])),
        ("vec-mark", "a mark of one", "schema", checkpoint(PATIENT, log, vec={PATIENT.id: [3]})),
        ("head-short", "a head of one", "schema", checkpoint(PATIENT, log, head=[3])),
        ("vec-list", "marks in a list", "schema", checkpoint(PATIENT, log, vec=[])),
        ("vec-name", "not a device", "schema", checkpoint(PATIENT, log, vec={"x": mark})),
        (
            "vec-zero",
            "a count of 0",
            "schema",
            checkpoint(PATIENT, log, vec={PATIENT.id: [0, mark[1]]}),
        ),
        ("vec-empty", "no chain", "schema", checkpoint(PATIENT, log, vec={PATIENT.id: [3, ""]})),
        (
            "vec-bits",
            "left-over bits",
            "b64",
            checkpoint(PATIENT, log, vec={PATIENT.id: [3, "B" * 43]}),
        ),
        ("float", "a number 7.0", "canon", checkpoint(PATIENT, log, i=7.0)),
        (
            "typ",
            "a log entry's header",
            "header",
            checkpoint(PATIENT, log, header=head_of(PATIENT.id, "rj1+log")),
        ),
    ):
        yield name, reading(comment, expect, wrong, log)


def refused_checkpoints() -> Iterator[Case]:
    log = full()
    document = checkpoint(PATIENT, log)
    mark = [3, b64u(fixed("chain", 32))]
    stranger = checkpoint(STRANGER, log)
    recovery = full().push(
        THERAPIST, "add", add_members(Device("paper"), "recovery", member("paper"))
    )
    for name, comment, expect, wrong in (
        ("limit", "too long", "limit", document | {"j": "a" * (128 * 1024 + 1)}),
        ("kid", "another's name", "kid", document | {"_id": f"cp:c:{CAREGIVER.id}"}),
        ("circle", "another circle's", "circle", checkpoint(PATIENT, log, cir="c" + "0" * 40)),
        ("author", "never in the log", "author", stranger),
        (
            "vec-stranger",
            "names a stranger",
            "author",
            checkpoint(PATIENT, log, vec={STRANGER.id: mark}),
        ),
        ("sig", "signed by another", "sig", checkpoint(PATIENT, log, scalar=CAREGIVER.ssk)),
        (
            "newer-log",
            "an entry to come",
            "newer-log",
            checkpoint(PATIENT, log, head=[4, log.heads[3]]),
        ),
        ("fork", "another entry 3", "fork", checkpoint(PATIENT, log, head=[3, log.heads[2]])),
        (
            "early",
            "before its author came",
            "authz",
            checkpoint(PATIENT, log, head=[1, log.heads[1]]),
        ),
        (
            "k",
            "a stream that the patient does not have",
            "authz",
            checkpoint(PATIENT, log, x="k", name=f"cp:k:{PATIENT.id}"),
        ),
    ):
        yield name, reading(comment, expect, wrong, log)
    gone = full().push(THERAPIST, "remove", removal(full(), CAREGIVER))
    late = checkpoint(CAREGIVER, gone)
    yield "removed", reading("by who was removed", "removed", late, gone)
    before = checkpoint(CAREGIVER, log)
    yield "before-removal", reading("made before the removal", "success", before, gone)
    given = both_hold_k()
    before_k = [given.seq - 1, given.heads[given.seq - 1]]
    words = {"x": "k", "name": f"cp:k:{COLLEAGUE.id}", "vec": {}}
    early = checkpoint(COLLEAGUE, given, head=before_k, **words)
    yield "k-early", reading("of k, before its author was given it", "authz", early, given)
    since = checkpoint(COLLEAGUE, given, **words)
    yield "k-given", reading("of k, since its author was given it", "success", since, given)
    paper = checkpoint(Device("paper"), recovery)
    yield "recovery", reading("by who reads only", "authz", paper, recovery)


def all_cases() -> Iterator[Case]:
    yield from whole_feeds()
    yield from hidden_feeds()
    yield from read_checkpoints()
    yield from misshapen_checkpoints()
    yield from refused_checkpoints()
