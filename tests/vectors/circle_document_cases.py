"""Sealed documents: written byte by byte, and refused for exactly one reason each."""

from collections.abc import Iterator

from vectors.circle_log_cases import (
    CAREGIVER,
    PATIENT,
    STRANGER,
    THERAPIST,
    Case,
    clinic,
    full,
)
from vectors.circle_writer import (
    Device,
    Json,
    Log,
    b64u,
    bucket,
    compact,
    doc_header,
    doc_key,
    fixed,
    packed,
    sealed_document,
    un_b64u,
)

PAIN = {"type": "pain", "lam": 7, "at": 1_795_000_100, "tz_min": 330, "score": 0}
NOTE = {"type": "note", "lam": 8, "at": 1_795_000_200, "text": 'घुटना अकड़ा – "stiff"\n' * 3}
LONG = {"type": "note", "lam": 9, "at": 1_795_000_300, "text": "slowly down the stairs " * 150}


def reading(comment: str, expect: str, log: Log, document: Json, **other: object) -> Json:
    return {
        "comment": comment,
        "group": "document",
        "expect": expect,
        "circle": log.circle,
        "log": log.docs,
        "secrets": {"c": {"1": b64u(log.es)}},
        "doc": document,
    } | other


def written(comment: str, log: Log, author: Device, name: str, obj: Json) -> Json:
    """A document that opens, with all that is needed to seal the same bytes again."""
    document = sealed_document(log, author, name, packed(compact(obj)))
    kind, month, _, counter = name.split(":")
    return reading(
        comment,
        "success",
        log,
        document,
        obj=obj,
        seal={
            "secret": author.secret,
            "es": b64u(log.es),
            "kind": kind,
            "month": month,
            "stream": counter[0],
            "n": int(counter[1:]),
            "nonce": b64u(fixed(f"nonce {name}", 12)),
        },
        header=doc_header(log.circle, name, log.h),
        key=b64u(doc_key(log.es, log.circle, "c", author.id)),
    )


def name_of(kind: str, author: Device, counter: str = "c000001", month: str = "2611") -> str:
    return f"{kind}:{month}:{author.id}:{counter}"


def opened() -> Iterator[Case]:
    log = full()
    for name, comment, author, kind, obj in (
        ("patient", "a patient's pain of 0", PATIENT, "ev", PAIN),
        ("therapist", "a note in Devanagari", THERAPIST, "nt", NOTE),
        ("plan", "a plan above 2048 bytes", THERAPIST, "pl", LONG),
        ("profile", "a caregiver's profile", CAREGIVER, "pr", PAIN),
    ):
        yield f"document-{name}", written(comment, log, author, name_of(kind, author), obj)
    last = name_of("ev", PATIENT, "c999999", "0012")
    comment = "the greatest counter, in December 2000"
    yield "document-last-counter", written(comment, log, PATIENT, last, PAIN)
    house = clinic()
    comment = "an admin writes the directory"
    yield "document-clinic", written(comment, house, THERAPIST, name_of("pr", THERAPIST), NOTE)
    early = full()
    early.docs, early.heads = early.docs[:3], early.heads[:3]
    document = sealed_document(early, PATIENT, name_of("ev", PATIENT), packed(compact(PAIN)))
    comment = "sealed under an older head, read under a longer log"
    yield "document-old-head", reading(comment, "success", log, document, obj=PAIN)


def misshapen() -> Iterator[Case]:
    log = full()
    name = name_of("ev", PATIENT)
    good = sealed_document(log, PATIENT, name, packed(compact(PAIN)))
    no_sig = {key: value for key, value in good.items() if key != "s"}
    bare = {key: value for key, value in good.items() if key != "_rev"}
    yield "document-no-rev", reading("without _rev", "success", log, bare, obj=PAIN)
    loose = good["s"][:-1] + chr(ord(good["s"][-1]) + 1)
    short = b64u(un_b64u(good["c"])[:27])
    for what, comment, expect, document in (
        ("clear", "a clear member", "schema", good | {"type": "pain"}),
        ("deleted", "a tombstone", "schema", good | {"_deleted": True}),
        ("unsigned", "no signature", "schema", no_sig),
        ("rev", "a revision of other content", "schema", good | {"_rev": "1-" + "0" * 32}),
        ("h-zeros", "a head with a leading zero", "schema", good | {"h": "0" + log.h}),
        ("h-short", "a head of 15 characters", "schema", good | {"h": log.h[:-1]}),
        ("h-number", "a head that is a number", "schema", good | {"h": 3}),
        ("c-short", "a sealed part below nonce and tag", "schema", bare | {"c": short}),
        ("c-padding", "padding", "b64", bare | {"c": good["c"] + "="}),
        ("s-bits", "left-over bits", "b64", bare | {"s": loose}),
        ("s-alphabet", "the other alphabet", "b64", bare | {"s": "+" + good["s"][1:]}),
    ):
        yield f"document-{what}", reading(comment, expect, log, document)
    for what, comment, wrong in (
        ("kind", "an unknown kind", name_of("xx", PATIENT)),
        ("month", "a month 13", name_of("ev", PATIENT, month="2613")),
        ("month-zero", "a month 0", name_of("ev", PATIENT, month="2600")),
        ("counter-zero", "a counter 0", name_of("ev", PATIENT, "c000000")),
        ("counter-short", "a counter of five digits", name_of("ev", PATIENT, "c00001")),
        ("counter-script", "digits of another script", name_of("ev", PATIENT, "c00000١")),
        ("counter-line", "a line break after it", name_of("ev", PATIENT, "c000001\n")),
        ("stream", "an unknown stream", name_of("ev", PATIENT, "x000001")),
    ):
        document = sealed_document(log, PATIENT, wrong, packed(compact(PAIN)))
        yield f"document-{what}", reading(comment, "schema", log, document)


def foreign() -> Iterator[Case]:
    log = full()
    framed = packed(compact(PAIN))
    name, other = name_of("ev", PATIENT), name_of("ev", PATIENT, "c000002")
    good = sealed_document(log, PATIENT, name, framed)
    bare = {key: value for key, value in good.items() if key != "_rev"}
    flipped = bytearray(un_b64u(good["c"]))
    flipped[20] ^= 1
    stranger = sealed_document(log, STRANGER, name_of("ev", STRANGER), framed)
    yield "document-stranger", reading("never in the log", "author", log, stranger)
    elsewhere = sealed_document(log, PATIENT, name, framed, circle="c" + "0" * 40)
    short = b64u(un_b64u(good["s"])[:63])
    swapped = sealed_document(log, PATIENT, name, framed, scalar=CAREGIVER.ssk)
    for what, comment, document in (
        ("moved", "under another name", bare | {"_id": other}),
        ("kind-moved", "under another kind", bare | {"_id": name_of("pr", PATIENT)}),
        ("author-moved", "under another author", bare | {"_id": name_of("ev", CAREGIVER)}),
        ("head-moved", "under an older head", bare | {"h": f"2.{log.heads[2][:16]}"}),
        ("flipped", "one bit changed", bare | {"c": b64u(bytes(flipped))}),
        ("circle", "sealed for another circle", elsewhere | {"_rev": None}),
        ("sig-short", "a signature of 63 bytes", bare | {"s": short}),
        ("sig-other", "signed by another device", swapped),
    ):
        sent = {key: value for key, value in document.items() if value is not None}
        yield f"sig-{what}", reading(comment, "sig", log, sent)
    ahead = sealed_document(log, PATIENT, name, framed, h="4." + log.heads[3][:16])
    yield "document-newer-log", reading("under an entry to come", "newer-log", log, ahead)
    fork = sealed_document(log, PATIENT, name, framed, h="3." + log.heads[2][:16])
    yield "document-fork", reading("under another entry 3", "fork", log, fork)
    for what, comment, author, kind, counter, h in (
        ("note", "a patient writes a clinical note", PATIENT, "nt", "c000001", log.h),
        ("plan", "a caregiver writes a plan", CAREGIVER, "pl", "c000001", log.h),
        ("stream", "a patient writes for clinicians", PATIENT, "ev", "k000001", log.h),
        ("stream-therapist", "without holding k", THERAPIST, "ev", "k000001", log.h),
        ("early", "before the own entry", PATIENT, "ev", "c000001", f"1.{log.heads[1][:16]}"),
    ):
        wrong = sealed_document(log, author, name_of(kind, author, counter), framed, h=h)
        yield f"authz-document-{what}", reading(comment, "authz", log, wrong)
    house = clinic()
    wrong = sealed_document(house, THERAPIST, name_of("nt", THERAPIST), framed)
    yield "authz-document-clinic-note", reading("a note in a clinic", "authz", house, wrong)


def sealed_wrongly() -> Iterator[Case]:
    log = full()
    framed = packed(compact(PAIN))
    name = name_of("ev", PATIENT)
    good = sealed_document(log, PATIENT, name, framed)
    yield "document-no-key", reading("the key is not held", "epoch", log, good, secrets={"c": {}})
    for what, comment, document in (
        (
            "key",
            "sealed with another secret",
            sealed_document(log, PATIENT, name, framed, es=fixed("other", 32)),
        ),
        (
            "aad",
            "sealed for another name, signed for this",
            sealed_document(
                log,
                PATIENT,
                name,
                framed,
                aad=doc_header(log.circle, name_of("ev", PATIENT, "c000002"), log.h),
            ),
        ),
    ):
        yield f"tag-{what}", reading(comment, "tag", log, document)
    body = compact(PAIN)
    head = b"\0" + len(body).to_bytes(4)
    size = 5 + len(body)
    longer = b"\0" + (len(body) + 1).to_bytes(4) + body
    for what, comment, expect, wrong in (
        ("bucket", "a bucket twice as large as needed", "frame", framed.ljust(256, b"\0")),
        ("unpadded", "no bucket at all", "frame", head + body),
        ("padding", "padding that is not zero", "frame", framed[:-1] + b"\1"),
        ("length-over", "a length beyond the end", "frame", b"\0\xff\xff\xff\xff" + framed[5:]),
        (
            "length-under",
            "a length one too small",
            "frame",
            b"\0" + (len(body) - 1).to_bytes(4) + framed[5:],
        ),
        ("length-long", "a length one too great", "frame", longer.ljust(bucket(size), b"\0")),
        ("empty", "nothing at all", "frame", b""),
        ("array", "JSON that is no object", "frame", packed(b"[1]")),
        ("text", "no JSON", "frame", packed(b"hello")),
        ("utf8", "bytes that are no text", "frame", packed(b'{"a":"\xff"}')),
        ("bom", "a mark before the object", "frame", packed(b"\xef\xbb\xbf" + body)),
        ("nan", "NaN, which JSON does not have", "frame", packed(b'{"a":NaN}')),
        ("two", "two objects", "frame", packed(b"{}{}")),
        ("unknown", "an unknown codec", "codec", packed(body, codec=255)),
    ):
        document = sealed_document(log, PATIENT, name, wrong)
        yield f"{expect}-{what}", reading(comment, expect, log, document)


def all_cases() -> Iterator[Case]:
    yield from opened()
    yield from misshapen()
    yield from foreign()
    yield from sealed_wrongly()
