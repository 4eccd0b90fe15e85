"""Attachments: chunks that open in one place only, and the documents that carry them."""

from collections.abc import Iterator

from vectors.circle_log_cases import CAREGIVER, PATIENT, STRANGER, THERAPIST, Case, full
from vectors.circle_membership_cases import removal
from vectors.circle_writer import (
    Device,
    Json,
    Log,
    add_members,
    b64u,
    bucket,
    canonical,
    es256,
    fixed,
    gcm,
    head_of,
    member,
    sha,
)

FULL = 64 * 1024 - 28
KEY = fixed("attachment", 32)
SMALL = fixed("picture", 300)
LARGE = fixed("film", FULL + 5)


def chunk(circle: str, index: int, plain: bytes, *, final: bool, key: bytes = KEY) -> bytes:
    aad = b"rj1 chunk\0" + canonical([circle, index, int(final)])
    return gcm(key, fixed(f"chunk {index}", 12), plain, aad)


def padded(part: bytes) -> bytes:
    return part.ljust(min(FULL, bucket(len(part))), b"\0")


def cut(circle: str, content: bytes) -> list[bytes]:
    parts = [content[at : at + FULL] for at in range(0, len(content), FULL)] or [b""]
    last = len(parts) - 1
    return [
        chunk(circle, at, padded(part) if at == last else part, final=at == last)
        for at, part in enumerate(parts)
    ]


def index(chunks: list[bytes], content: bytes, **other: object) -> Json:
    return {
        "size": len(content),
        "sha256": b64u(sha(content)),
        "key": b64u(KEY),
        "chunks": [b64u(sha(sealed)) for sealed in chunks],
    } | other


def case(comment: str, expect: str, chunks: list[bytes], record: Json, **other: object) -> Json:
    return {
        "comment": comment,
        "group": "attachment",
        "what": "content",
        "expect": expect,
        "circle": full().circle,
        "index": record,
        "chunks": [b64u(sealed) for sealed in chunks],
    } | other


def whole() -> Iterator[Case]:
    circle = full().circle
    for name, comment, content in (
        ("small", "one chunk", SMALL),
        ("empty", "nothing at all", b""),
        ("exact", "one full chunk", LARGE[:FULL]),
        ("bucket", "a last chunk whose bucket would be larger than a chunk", LARGE[:65_000]),
        ("large", "a full chunk and a small one", LARGE),
    ):
        chunks = cut(circle, content)
        digest = b64u(sha(content))
        yield name, case(comment, "success", chunks, index(chunks, content), content_sha256=digest)


def broken() -> Iterator[Case]:
    circle = full().circle
    small, large = cut(circle, SMALL), cut(circle, LARGE)
    one, two = index(small, SMALL), index(large, LARGE)
    swapped = large[::-1]
    short = cut(circle, LARGE[:FULL])
    not_last = [chunk(circle, 0, padded(SMALL), final=False)]
    elsewhere = [chunk("c" + "0" * 40, 0, padded(SMALL), final=True)]
    other_key = [chunk(circle, 0, padded(SMALL), final=True, key=fixed("other", 32))]
    dirty = [chunk(circle, 0, padded(SMALL)[:-1] + b"\1", final=True)]
    bare = [chunk(circle, 0, SMALL, final=True)]
    wide = [chunk(circle, 0, SMALL.ljust(1024, b"\0"), final=True)]
    # The same content, cut one byte too early: its last byte looks like padding.
    cloth = LARGE[:-1] + b"\0"
    thin = [
        chunk(circle, 0, cloth[: FULL - 1], final=False),
        chunk(circle, 1, padded(cloth[FULL - 1 :]), final=True),
    ]
    for name, comment, expect, chunks, record in (
        ("gap", "a chunk is missing", "gap", large[:1], two),
        ("gap-more", "a chunk too many", "gap", [*small, small[0]], one),
        ("tag-other", "another chunk than is named", "tag", short, one),
        ("tag-order", "two exchanged, named so", "tag", swapped, index(swapped, LARGE)),
        (
            "tag-not-last",
            "a last chunk that is not the last",
            "tag",
            not_last,
            index(not_last, SMALL),
        ),
        ("tag-circle", "another circle's", "tag", elsewhere, index(elsewhere, SMALL)),
        ("tag-key", "another key", "tag", other_key, index(other_key, SMALL)),
        ("frame-padding", "padding that is not zero", "frame", dirty, index(dirty, SMALL)),
        ("frame-bare", "not padded", "frame", bare, index(bare, SMALL)),
        ("frame-bucket", "a bucket too large", "frame", wide, index(wide, SMALL)),
        ("frame-thin", "a first chunk that is not full", "frame", thin, index(thin, cloth)),
        ("frame-hash", "another content", "frame", small, one | {"sha256": b64u(sha(b""))}),
        (
            "schema-count",
            "fewer chunks than the size needs",
            "schema",
            large[:1],
            index(large[:1], LARGE),
        ),
        ("schema-key", "a key that is cut", "schema", small, one | {"key": b64u(KEY[:31])}),
        ("schema-size", "larger than is taken", "schema", small, one | {"size": 2**26 + 1}),
        (
            "schema-large",
            "a byte more than is taken, with all its chunks",
            "schema",
            small,
            one | {"size": 2**26 + 1, "chunks": ["A" * 43] * 1025},
        ),
        ("b64-key", "a key with padding", "b64", small, one | {"key": b64u(KEY) + "="}),
    ):
        yield name, case(comment, expect, chunks, record)


def smaller() -> Iterator[Case]:
    """A first chunk that is not full, and the hash of what is there."""
    circle, tail = full().circle, b"hello"
    less = [
        chunk(circle, 0, LARGE[: FULL - 1], final=False),
        chunk(circle, 1, padded(tail), final=True),
    ]
    named = index(less, LARGE[: FULL - 1] + tail, size=FULL + len(tail))
    yield "frame-less", case("a size that is not the content's", "frame", less, named)


def carried(log: Log, author: Device, sealed: bytes, **other: object) -> Json:
    name = str(other.get("name", f"ch:{author.id}:{b64u(sha(sealed))}"))
    h = str(other.get("h", log.h))
    circle = other.get("circle", log.circle)
    members = head_of(author.id, "rj1+doc") | {"cir": circle, "h": h, "id": name}
    signed = f"{b64u(canonical(members))}.{b64u(sealed)}".encode()
    scalar = other.get("scalar", author.ssk)
    assert isinstance(scalar, bytes)
    document = {"_id": name, "_rev": "1-" + sha(signed).hex()[:32], "h": h}
    return document | {"c": b64u(sealed), "s": b64u(es256(scalar, signed))}


def carrying(comment: str, expect: str, log: Log, document: Json, **other: object) -> Json:
    return {
        "comment": comment,
        "group": "attachment",
        "what": "chunk",
        "expect": expect,
        "circle": log.circle,
        "log": log.docs,
        "doc": document,
    } | other


def documents() -> Iterator[Case]:
    log = full()
    sealed = cut(log.circle, SMALL)[0]
    good = carried(log, PATIENT, sealed)
    bare = {key: value for key, value in good.items() if key != "_rev"}
    secret = {"secret": PATIENT.secret}
    yield "chunk", carrying("a chunk", "success", log, good, **secret)
    yield "chunk-no-rev", carrying("without _rev", "success", log, bare)
    largest = fixed("largest", 64 * 1024)
    yield "chunk-largest", carrying("the largest", "success", log, carried(log, PATIENT, largest))
    over = carried(log, PATIENT, fixed("over", 64 * 1024 + 1))
    other_name = f"ch:{PATIENT.id}:{b64u(fixed('other', 32))}"
    gone = full().push(THERAPIST, "remove", removal(full(), PATIENT))
    late = carried(gone, PATIENT, sealed)
    paper = Device("paper")
    reads = full().push(THERAPIST, "add", add_members(paper, "recovery", member("paper")))
    silent = carried(reads, paper, sealed)
    yield "chunk-recovery", carrying("by who reads only", "authz", reads, silent)
    yield "chunk-removed", carrying("by who was removed", "removed", gone, late)
    yield "chunk-before", carrying("stored before the removal", "success", gone, good)
    for name, comment, expect, document in (
        ("clear", "a clear member", "schema", good | {"media": "image/jpeg"}),
        ("no-s", "no signature", "schema", {k: v for k, v in bare.items() if k != "s"}),
        ("number", "content that is no text", "schema", bare | {"c": 1}),
        ("name", "a name that is cut", "schema", bare | {"_id": good["_id"][:-1]}),
        ("name-line", "a line break", "schema", bare | {"_id": good["_id"] + "\n"}),
        ("h", "no head", "schema", bare | {"h": ""}),
        ("rev", "another revision", "schema", good | {"_rev": "1-" + "0" * 32}),
        ("hash", "named by another hash", "schema", carried(log, PATIENT, sealed, name=other_name)),
        ("limit", "one byte too large", "limit", over),
        ("b64", "padding", "b64", bare | {"c": good["c"] + "="}),
        ("author", "never in the log", "author", carried(log, STRANGER, sealed)),
        ("sig", "signed by another", "sig", carried(log, PATIENT, sealed, scalar=CAREGIVER.ssk)),
        (
            "sig-circle",
            "another circle's",
            "sig",
            bare | {"s": carried(log, PATIENT, sealed, circle="c" + "0" * 40)["s"]},
        ),
        (
            "newer-log",
            "under an entry to come",
            "newer-log",
            carried(log, PATIENT, sealed, h="4." + log.heads[3][:16]),
        ),
        (
            "fork",
            "under another entry 3",
            "fork",
            carried(log, PATIENT, sealed, h="3." + log.heads[2][:16]),
        ),
        (
            "early",
            "before its author came",
            "authz",
            carried(log, PATIENT, sealed, h="1." + log.heads[1][:16]),
        ),
    ):
        yield f"chunk-{name}", carrying(comment, expect, log, document)


def all_cases() -> Iterator[Case]:
    for source in (whole, broken, smaller, documents):
        for name, found in source():
            yield f"attachment-{name}", found
