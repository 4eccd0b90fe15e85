"""More than one epoch: links between them, wraps for them, documents under them."""

from collections.abc import Iterator
from typing import Any

from vectors.circle_document_cases import PAIN, name_of
from vectors.circle_log_cases import (
    CAREGIVER,
    M_CAREGIVER,
    M_PATIENT,
    PATIENT,
    PHONE,
    THERAPIST,
    Case,
    full,
)
from vectors.circle_membership_cases import COLLEAGUE, both_hold_k, clinicians, removal
from vectors.circle_writer import (
    Device,
    Json,
    Log,
    add_members,
    b64u,
    back,
    canonical,
    commit,
    compact,
    es_of,
    fixed,
    packed,
    sealed_document,
    un_b64u,
)
from vectors.circle_xwing import xwing_hpke, xwing_public

OTHER = "c" + "0" * 40
BAD = b64u(fixed("bad link", 60))


def links() -> Iterator[Case]:
    """One link, from an epoch to the one before."""
    circle = "c" + fixed("circle", 20).hex()
    good = back(circle, "c", 2)
    base: Json = {"group": "chain", "what": "link", "circle": circle, "stream": "c"}
    base |= {"es": b64u(es_of("c", 2)), "before": {"e": 1, "commit": commit(es_of())}}
    epoch = {"e": 2, "commit": commit(es_of("c", 2), "c", 2), "back": good}
    opens = {"comment": "opens; sealed with the nonce it has the same bytes", "epoch": epoch}
    nonce = {"nonce": b64u(fixed("back c2", 12)), "es_before": b64u(es_of())}
    yield "chain-link", base | opens | {"expect": "success"} | nonce
    raw = un_b64u(good)
    for name, comment, link in (
        ("circle", "sealed for another circle", back(OTHER, "c", 2)),
        ("stream", "sealed for another stream", back(circle, "k", 2, es=es_of("c", 2))),
        ("epoch", "sealed for another epoch", back(circle, "c", 3, es=es_of("c", 2))),
        ("key", "sealed under another secret", back(circle, "c", 2, es=es_of("c", 3))),
        ("aad", "bound to nothing", back(circle, "c", 2, aad=b"")),
        ("flipped", "one bit changed", b64u(raw[:-1] + bytes([raw[-1] ^ 1]))),
        ("secret", "another secret than the log's", back(circle, "c", 2, before=es_of("c", 9))),
    ):
        bad = {"comment": comment, "expect": "back", "epoch": epoch | {"back": link}}
        yield f"chain-link-{name}", base | bad


def chain(*broken: str) -> Log:
    """The full circle, and one epoch of c for each word: `good`, `bad` or `cut`."""
    log = full()
    for e, word in enumerate(broken, 2):
        links: dict[str, Json] = {"good": {}, "bad": {"back": BAD}, "cut": {"back": None}}
        link = links[word]
        log = log.push((THERAPIST, PATIENT)[e % 2], "rekey", {"ep": {"c": log.ep(e=e, **link)}})
    return log


def walks() -> Iterator[Case]:
    """From the secrets that one holds to those that follow; bad links with who signed them."""
    for name, comment, words, held, found, bad, piece in (
        ("whole", "the newest secret leads to all", "good good good", "4", "1234", "", ""),
        ("older", "an older one leads to no newer one", "good good", "2", "12", "", ""),
        ("cut", "up to where history was made to end", "good cut good", "4", "34", "", ""),
        ("bad", "a newcomer behind a bad link", "good bad", "3", "3", "3", "2"),
        ("seen", "who holds the secret before sees it too", "good bad", "23", "123", "3", "2"),
        ("two", "two bad links", "good bad good bad", "35", "35", "53", "42"),
        ("behind", "a bad link behind the end", "bad cut", "123", "123", "2", ""),
    ):
        log = chain(*words.split())
        yield f"chain-walk-{name}", {
            "comment": comment,
            "group": "chain",
            "what": "walk",
            "expect": "success",
            "circle": log.circle,
            "log": log.docs,
            "secrets": {"c": {e: b64u(es_of("c", int(e))) for e in held}},
            "found": {"c": {e: b64u(es_of("c", int(e))) for e in found}},
            "broken": [["c", int(e), (THERAPIST, PATIENT)[int(e) % 2].id] for e in bad],
            "pieces": {"c": [int(e) for e in piece]} if piece else {},
        }  # fmt: skip


def wrap_name(stream: str, e: int, device: Device) -> str:
    return f"wrap:{stream}{e:06d}:{commit(es_of(stream, e), stream, e)[:16]}:{device.id}"


def required() -> Iterator[Case]:
    """Which wraps an entry needs, and which more it may bring along."""
    log, k = full(), clinicians()
    broken = chain("good", "bad")
    cut = chain("cut", "good")
    phone = add_members(PHONE, "caregiver", M_CAREGIVER)
    rows: tuple[tuple[str, str, Log, str, Json, list[Any], list[Any]], ...] = (
        ("add", "who comes in", log, "add", phone, [("c", 1, PHONE)], []),
        (
            "remove",
            "who stays, at a removal",
            log,
            "remove",
            removal(log, CAREGIVER),
            [("c", 2, THERAPIST), ("c", 2, PATIENT)],
            [],
        ),
        ("grant", "who is given k", k, "grant", {"target": COLLEAGUE.id},
         [("k", 1, COLLEAGUE)], []),
        ("open", "who opens k", log, "rekey", {"ep": {"k": log.ep("k", 1)}},
         [("k", 1, THERAPIST)], []),
        ("leave", "nobody, when one leaves", log, "leave", {"mark": {"c": [0, ""]}}, [], []),
        ("pieces", "who comes in, and older pieces", broken, "add", phone,
         [("c", 3, PHONE)], [("c", 2, PHONE), ("c", 1, PHONE)]),
        ("cut", "none behind an end on purpose", cut, "add", phone,
         [("c", 3, PHONE)], [("c", 2, PHONE)]),
    )  # fmt: skip
    for name, comment, base, op, members, needed, allowed in rows:
        after = base.push(THERAPIST, op, members)
        yield f"chain-wraps-{name}", {
            "comment": comment,
            "group": "chain",
            "what": "wraps",
            "expect": "success",
            "log": base.docs,
            "entry": after.docs[-1],
            "required": sorted(wrap_name(*row) for row in needed),
            "allowed": sorted(wrap_name(*row) for row in allowed),
        }  # fmt: skip


class PostQuantum(Device):
    """A device whose wraps are sealed by X-Wing."""

    @property
    def pub(self) -> Json:
        return super().pub | {"kem": "XWING", "kpk": b64u(xwing_public(self.ksk))}

    @property
    def secret(self) -> Json:
        return super().secret | {"kem": "XWING"}


def post_quantum() -> Iterator[Case]:
    device, es = PostQuantum("post-quantum phone"), es_of()
    circle = "c" + fixed("circle", 20).hex()
    info = b"rj1 wrap\0" + canonical([circle, "c", 1, device.id, commit(es)])
    kpk = un_b64u(device.pub["kpk"])
    raw = xwing_hpke(kpk, fixed("x-wing randomness", 64), info, es)
    name = f"wrap:c000001:{commit(es)[:16]}:{device.id}"
    base: Json = {"group": "xwing", "secret": device.secret, "circle": circle, "stream": "c"}
    base |= {"pub": device.pub, "id": device.id, "epoch": {"e": 1, "commit": commit(es)}}
    good = {"_id": name, "k": b64u(raw)}
    comment = "keys and name follow from the secret; the wrap opens"
    opens = {"comment": comment, "expect": "success", "doc": good, "es": b64u(es)}
    yield "xwing-opens", base | opens
    other = xwing_hpke(kpk, fixed("x-wing randomness", 64), b"rj1 wrap\0", es)
    lying = xwing_hpke(kpk, fixed("x-wing randomness", 64), info, es_of("c", 9))
    for title, comment, expect, k in (
        ("flipped-mlkem", "one bit of the first part changed", "wrap", flip(raw, 5)),
        ("flipped-x25519", "one bit of the second part changed", "wrap", flip(raw, 1100)),
        ("flipped-tag", "one bit of the tag changed", "wrap", flip(raw, 1160)),
        ("low-order", "an encapsulated key of zeros", "wrap",
         raw[:1088] + bytes(32) + raw[1120:]),
        ("info", "sealed for something else", "wrap", other),
        ("short", "cut off", "wrap", raw[:1000]),
        ("p256", "of the length of the other kind", "wrap", raw[:113]),
        ("secret", "another secret than the log's", "commit", lying),
    ):  # fmt: skip
        bad = {"comment": comment, "expect": expect, "doc": good | {"k": b64u(k)}}
        yield f"xwing-{title}", base | bad
    log = full()
    after = log.push(THERAPIST, "add", add_members(device, "patient", M_PATIENT))
    yield (
        "xwing-enters",
        {
            "comment": "a post-quantum phone comes in",
            "group": "membership",
            "expect": "success",
            "log": log.docs,
            "entry": after.docs[-1],
            "live": [THERAPIST.id, PATIENT.id, CAREGIVER.id, device.id],
        },
    )


def flip(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


# Name, code, the reader's and the author's log, author, counter, epoch of the key, comment.
HISTORY = """
new            success new    new    patient   c000001 c2 under the second epoch
old            success newest old    patient   c000001 c1 under the first, read later
middle         success newest new    patient   c000001 c2 under the second, read later
other-epoch    tag     new    new    patient   c000001 c1 under the epoch that was over
not-held       epoch   newest newest patient   c000001 c3 under an epoch whose key is not held
gone           success new    old    caregiver c000003 c1 of who is gone, up to the fence
removed-fence  removed new    old    caregiver c000004 c1 of who is gone, beyond the fence
removed-after  removed new    new    caregiver c000001 c2 of who is gone, under the log after
k              success k      k      therapist k000001 k1 in the clinicians' stream
k-colleague    success k      k      colleague k000001 k1 by who was given it
k-before       authz   k      before colleague k000001 k1 by who was given it only later
k-patient      authz   k      k      patient   k000001 k1 by a patient
k-in-c         tag     k      k      therapist c000001 k1 the other stream's key
"""


def history() -> Iterator[Case]:
    """Documents under later epochs, of both streams, and of who is gone."""
    old = full()
    new = old.push(THERAPIST, "remove", removal(old, CAREGIVER))
    newest = new.push(THERAPIST, "rekey", {"ep": {"c": new.ep(e=3)}})
    k = both_hold_k()
    before = clinicians()
    logs = {"old": old, "new": new, "newest": newest, "k": k, "before": before}
    authors = {"patient": PATIENT, "caregiver": CAREGIVER, "therapist": THERAPIST}
    authors |= {"colleague": COLLEAGUE}
    for row in HISTORY.strip().splitlines():
        name, expect, reader, writer, by, counter, key, comment = row.split(maxsplit=7)
        log, written, author = logs[reader], logs[writer], authors[by]
        kind = "nt" if by in {"therapist", "colleague"} else "ev"
        named = name_of(kind, author, counter)
        es = es_of(key[0], int(key[1]))
        document = sealed_document(written, author, named, packed(compact(PAIN)), es=es)
        secrets = {"c": {str(n): b64u(es_of("c", n)) for n in (1, 2)}}
        secrets["k"] = {"1": b64u(es_of("k", 1))}
        yield (
            f"history-{name}",
            {
                "comment": comment,
                "group": "history",
                "expect": expect,
                "circle": log.circle,
                "log": log.docs,
                "secrets": secrets,
                "doc": document,
                **({"obj": PAIN} if expect == "success" else {}),
            },
        )


def raised() -> Iterator[Case]:
    """A fence that was raised: what lay beyond counts."""
    old = full()
    log = old.push(THERAPIST, "remove", removal(old, CAREGIVER))
    members = {"target": CAREGIVER.id, "x": "c", "n": 4, "d": ""}
    log = log.push(THERAPIST, "accept", members)
    left = old.push(CAREGIVER, "leave", {"mark": {"c": [2, ""]}})
    for name, comment, expect, after, counter in (
        ("accepted", "accepted after all", "success", log, "c000004"),
        ("removed-accepted", "beyond what was accepted", "removed", log, "c000005"),
        ("left", "of who left, up to the own mark", "success", left, "c000002"),
        ("removed-left", "of who left, beyond the own mark", "removed", left, "c000003"),
    ):
        document = sealed_document(
            old, CAREGIVER, name_of("ev", CAREGIVER, counter), packed(compact(PAIN))
        )
        yield (
            f"history-{name}",
            {
                "comment": comment,
                "group": "history",
                "expect": expect,
                "circle": after.circle,
                "log": after.docs,
                "secrets": {"c": {"1": b64u(es_of())}},
                "doc": document,
                **({"obj": PAIN} if expect == "success" else {}),
            },
        )


def all_cases() -> Iterator[Case]:
    yield from links()
    yield from walks()
    yield from required()
    yield from post_quantum()
    yield from history()
    yield from raised()
