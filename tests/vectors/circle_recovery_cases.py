"""Printed codes: how they are read, what they open, and the four things that go wrong."""

from collections.abc import Iterator

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from vectors.circle_log_cases import M_PATIENT, PATIENT, Case, full
from vectors.circle_writer import (
    Device,
    Json,
    Log,
    add_members,
    b64u,
    canonical,
    fixed,
    gcm,
    hkdf,
    un_b64u,
)

CODE = "0123456789ABCDEFGHJK"
PAPER = Device("paper")
KDF = {"alg": "argon2id", "m": 19_456, "p": 1, "salt": b64u(fixed("salt", 16)), "t": 2}


def rid_of(code: str) -> str:
    return b64u(hkdf(code.encode(), b"", b"rj1 rec id", 16))


def key_of(code: str, kdf: Json) -> bytes:
    salt = un_b64u(kdf["salt"])
    return Argon2id(
        salt=salt, length=32, iterations=kdf["t"], lanes=1, memory_cost=kdf["m"]
    ).derive(code.encode())


def payload(log: Log, **other: object) -> Json:
    head = [log.seq, log.heads[-1]]
    return {"v": 1, **PAPER.secret, "cir": log.circle, "head": head} | other


def card(plain: bytes | Json, code: str = CODE, **other: Json) -> Json:
    """A document; `kdf` replaces the parameters, `sealed_under` those that it was sealed with."""
    kdf = other.get("kdf", KDF)
    rid, key = rid_of(code), key_of(code, other.get("sealed_under", kdf))
    body = plain if isinstance(plain, bytes) else canonical(plain)
    aad = b"rj1 paper\0" + canonical([rid, kdf])
    return {"_id": f"rec:{rid}", "kdf": kdf, "k": b64u(gcm(key, fixed("card", 12), body, aad))}


def with_paper() -> Log:
    """The paper is the patient's own second device."""
    return full().push(PATIENT, "add", add_members(PAPER, "patient", M_PATIENT))


def opening(
    comment: str, expect: str, document: Json | None, code: str = CODE, **other: object
) -> Json:
    return {
        "comment": comment,
        "group": "recovery",
        "what": "open",
        "expect": expect,
        "code": code,
        "doc": document,
    } | other


def codes() -> Iterator[Case]:
    def typed(comment: str, text: str, code: str = "") -> Json:
        base: Json = {"comment": comment, "group": "recovery", "what": "code", "text": text}
        base["expect"] = "success" if code else "schema"
        return base | ({"code": code, "rid": rid_of(code)} if code else {})

    yield "code-printed", typed("as printed", "0123-4567-89AB-CDEF-GHJK", CODE)
    yield "code-small", typed("small letters, no hyphens", CODE.lower(), CODE)
    mixed = "oiL2 3456\u00a0789a\u2013bcde\tfghj\n"
    yield "code-alike", typed("O, I and L, other spaces", mixed, "01123456789ABCDEFGHJ"[:20])
    yield "code-long", typed("one too many", CODE + "0")
    yield "code-all-z", typed("the greatest", "Z" * 20, "Z" * 20)
    yield "code-short", typed("one is missing", CODE[:-1])
    yield "code-u", typed("U is not in the alphabet", CODE[:-1] + "U")
    yield "code-sign", typed("another sign", CODE[:-1] + "!")
    yield (
        "code-script",
        typed("a letter of another script that looks the same", CODE[:-1] + "\u041a"),
    )
    yield "code-dotless", typed("a letter whose capital is an I", CODE[:-1] + "\u0131")
    yield "code-empty", typed("nothing", "")


def opened() -> Iterator[Case]:
    log = with_paper()
    secret: Json = {"secret": PAPER.secret, "circle": log.circle, "head": [log.seq, log.heads[-1]]}
    nonce: Json = {"nonce": b64u(fixed("card", 12))}
    yield "opens", opening("a card", "success", card(payload(log)), **secret, **nonce)
    usual = KDF | {"m": 32_768, "t": 3}
    document = card(payload(log), kdf=usual)
    yield (
        "opens-usual",
        opening("with the usual parameters", "success", document, **secret, **nonce),
    )
    stored = card(payload(log)) | {"_rev": "1-" + "0" * 32}
    yield "opens-stored", opening("as it is stored", "success", stored, **secret)


def wrong() -> Iterator[Case]:
    log = with_paper()
    good = card(payload(log))
    yield "target-none", opening("nothing there", "target", None)
    other = card(payload(log), "Z" * 20)
    yield "target-other", opening("another card's", "target", other)
    for name, comment, kdf in (
        ("none", "no parameters", None),
        ("alg", "another derivation", KDF | {"alg": "argon2i"}),
        ("m-low", "too little memory", KDF | {"m": 19_455}),
        ("m-high", "too much memory", KDF | {"m": 131_073}),
        ("m-text", "memory as text", KDF | {"m": "19456"}),
        ("t-low", "one pass", KDF | {"t": 1}),
        ("t-high", "nine passes", KDF | {"t": 9}),
        ("p", "two lanes", KDF | {"p": 2}),
        ("salt-short", "a short salt", KDF | {"salt": b64u(fixed("salt", 15))}),
        ("salt-bits", "a salt with left-over bits", KDF | {"salt": "A" * 21 + "B"}),
        ("extra", "one more", KDF | {"v": 19}),
        ("missing", "one fewer", {key: value for key, value in KDF.items() if key != "t"}),
    ):
        yield f"limit-{name}", opening(comment, "limit", good | {"kdf": kdf})
    flipped = bytearray(un_b64u(good["k"]))
    flipped[30] ^= 1
    for name, comment, document in (
        ("flipped", "one bit changed", good | {"k": b64u(bytes(flipped))}),
        ("kdf", "other parameters than it was sealed with", good | {"kdf": KDF | {"t": 3}}),
        (
            "aad",
            "parameters that are not in the seal",
            card(payload(log)) | {"kdf": KDF | {"salt": b64u(fixed("x", 16))}},
        ),
        ("padding", "padding", good | {"k": good["k"] + "="}),
        ("short", "cut", good | {"k": good["k"][:20]}),
        ("number", "no text", good | {"k": 1}),
        ("no-k", "nothing sealed", {key: value for key, value in good.items() if key != "k"}),
        ("clear", "a clear member", good | {"name": "x"}),
        ("json", "no JSON inside", card(b"hello")),
        ("canon", "not canonical inside", card(canonical(payload(log)) + b" ")),
        ("version", "version 2 inside", card(payload(log, v=2))),
        ("extra", "one more inside", card(payload(log, x=1))),
        ("circle", "no circle inside", card(payload(log, cir="c"))),
        ("head", "no head inside", card(payload(log, head=[1]))),
        ("head-hash", "a hash that is cut", card(payload(log, head=[4, "A" * 42]))),
        ("key", "a private key of zeros", card(payload(log, ssk=b64u(bytes(32))))),
    ):
        yield f"tag-{name}", opening(comment, "tag", document)


def standing() -> Iterator[Case]:
    def case(comment: str, expect: str, log: Log, head: list[object], home: str = "") -> Json:
        return {
            "comment": comment,
            "group": "recovery",
            "what": "live",
            "expect": expect,
            "circle": log.circle,
            "log": log.docs,
            "paper": {"secret": PAPER.secret, "circle": home or log.circle, "head": head},
        }

    log = with_paper()
    head: list[object] = [log.seq, log.heads[-1]]
    yield "live", case("in its home circle", "success", log, head)
    early: list[object] = [2, log.heads[2]]
    yield "live-early", case("printed under an older head", "success", log, early)
    elsewhere = "c" + "0" * 40
    yield "live-elsewhere", case("in another circle of its owner", "success", log, head, elsewhere)
    without = full()
    early = [without.seq, without.heads[-1]]
    yield "removed", case("never in this circle", "removed", without, early)
    yield "newer-log", case("a log that was cut", "newer-log", without, head)
    forked = with_paper()
    wrong: list[object] = [3, forked.heads[2]]
    yield "fork", case("another log", "fork", forked, wrong)


def all_cases() -> Iterator[Case]:
    for source in (codes, opened, wrong, standing):
        for name, found in source():
            yield f"recovery-{name}", found
