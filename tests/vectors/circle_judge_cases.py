"""What a server takes and refuses, and who asks to be let in: cases of judge and of requests."""

from collections.abc import Iterator
from typing import Any

from vectors.circle_admission_cases import invitation_body
from vectors.circle_document_cases import PAIN, name_of
from vectors.circle_epoch_cases import chain, wrap_name
from vectors.circle_log_cases import (
    CAREGIVER,
    M_CAREGIVER,
    M_NEW,
    PATIENT,
    PHONE,
    STRANGER,
    THERAPIST,
    Case,
    full,
    invited,
)
from vectors.circle_membership_cases import (
    COLLEAGUE,
    M_COLLEAGUE,
    both_hold_k,
    clinicians,
    removal,
)
from vectors.circle_writer import (
    NOW_S,
    Device,
    Invite,
    Json,
    Log,
    add_members,
    b64u,
    compact,
    es_of,
    fixed,
    head_of,
    jws,
    packed,
    sealed_document,
    sha,
)


def written(log: Log, author: Device, counter: str = "c000001", **other: Any) -> Json:
    name = name_of("ev", author, counter)
    return sealed_document(log, author, name, packed(compact(PAIN)), **other)


def documents() -> Iterator[Case]:
    old = full()
    new = old.push(THERAPIST, "remove", removal(old, CAREGIVER))
    left = old.push(CAREGIVER, "leave", {"mark": {"c": [3, ""]}})
    shut = old.push(PATIENT, "close", {})
    under_k = both_hold_k()
    fence = {COLLEAGUE.id: [1, ""]}
    half = under_k.push(PATIENT, "remove", removal(under_k, COLLEAGUE, c=under_k.ep(fence=fence)))
    patient, late = written(old, PATIENT), written(old, CAREGIVER, "c000003")
    current = written(new, PATIENT, es=es_of("c", 2))
    of_k = written(under_k, COLLEAGUE, "k000001", es=es_of("k", 1))
    mine = written(half, THERAPIST, "k000001", es=es_of("k", 1))
    far = written(new, PATIENT, "c010001", es=es_of("c", 2))
    other = patient | {"_rev": "1-" + "0" * 32}
    rows: tuple[tuple[str, str, str, Log, Json, list[Json], int], ...] = (
        ("current", "under the current key", "success", new, current, [], 0),
        ("stale", "under the key that is over", "stale", new, patient, [], 0),
        ("again", "the same, pushed again after a restore", "success", new, patient, [], 1),
        ("stored", "the same, and it is stored", "success", new, patient, [patient], 0),
        ("stale-left", "while who left has the key", "stale", left, patient, [], 0),
        ("again-left", "the same, relayed", "success", left, patient, [], 1),
        ("gone", "of who is gone, up to the fence, relayed", "success", new, late, [], 1),
        ("closed", "in a closed circle", "closed", shut, patient, [], 0),
        ("closed-stored", "stored before it was closed", "success", shut, patient, [patient], 0),
        ("taken", "a name that is taken", "taken", old, patient, [other], 0),
        ("removed-k", "whose fence nobody has said yet", "removed", half, of_k, [], 1),
        ("stored-k", "the same, and it is stored", "success", half, of_k, [of_k], 0),
        ("stale-k", "while one who is gone has that key", "stale", half, mine, [], 0),
        ("limit", "a counter out of reach", "limit", new, far, [], 0),
        ("in-reach", "a counter in reach", "success", new, far, [current], 0),
    )
    for name, comment, expect, log, document, stored, again in rows:
        yield (
            f"judge-{name}",
            {
                "comment": comment,
                "group": "judge",
                "what": "document",
                "expect": expect,
                "circle": log.circle,
                "log": log.docs,
                "stored": [{"_id": d["_id"], "_rev": d["_rev"]} for d in stored],
                "doc": document,
                "again": bool(again),
            },
        )


def bundles() -> Iterator[Case]:
    log, (link_log, link) = full(), invited()
    now_s = NOW_S + 10
    good = removal(log, CAREGIVER)
    needed = [wrap_name("c", 2, d) for d in (THERAPIST, PATIENT)]
    broken = chain("good", "bad")
    phone = add_members(PHONE, "caregiver", M_CAREGIVER)
    own = [wrap_name("c", 3, PHONE)]
    piece = wrap_name("c", 2, PHONE)
    cut = chain("cut", "good")
    behind = [wrap_name("c", 3, PHONE), wrap_name("c", 1, PHONE)]
    rows: tuple[tuple[str, str, str, Log, str, Json, list[str], int], ...] = (
        ("remove", "a removal with its wraps", "success", log, "remove", good, needed, now_s),
        ("wrap-missing", "one wrap too few", "wrap", log, "remove", good, needed[:1], now_s),
        ("wrap-gone", "a wrap for who is removed", "wrap", log, "remove", good,
         [*needed, wrap_name("c", 2, CAREGIVER)], now_s),
        ("wrap-twice", "a wrap twice", "wrap", log, "remove", good, needed + needed[:1], now_s),
        ("repair", "a wrap for a piece behind a bad link", "success", broken, "add", phone,
         [*own, piece], now_s),
        ("repair-none", "without it", "success", broken, "add", phone, own, now_s),
        ("repair-cut", "a wrap behind an end on purpose", "wrap", cut, "add", phone,
         behind, now_s),
        ("past", "an entry of the past", "ts", log, "close", {}, [], NOW_S + 400),
    )  # fmt: skip
    for name, comment, expect, base, op, members, wraps, at in rows:
        after = base.push(THERAPIST, op, members)
        yield f"judge-bundle-{name}", bundle(comment, expect, base, after, wraps, at)
    future = log.copy()
    future.ts += 400
    ahead = future.push(THERAPIST, "close", {})
    yield "judge-bundle-future", bundle("an entry of the future", "ts", log, ahead, [], NOW_S)
    late = link_log.push(THERAPIST, "close", {})
    again = bundle("brought back after a restore", "success", link_log, late, [], NOW_S + 10**6)
    yield "judge-bundle-again", again | {"again": True}
    assert link.circle == link_log.circle


def bundle(  # noqa: PLR0917  # one line per case reads best
    comment: str, expect: str, log: Log, after: Log, wraps: list[str], now_s: int
) -> Json:
    sealed = b64u(bytes(113))
    return {
        "comment": comment,
        "group": "judge",
        "what": "bundle",
        "expect": expect,
        "log": log.docs,
        "bundle": {"log": after.docs[-1], "wraps": [{"_id": w, "k": sealed} for w in wraps]},
        "now_s": now_s,
        "again": False,
    }


def approvals() -> Iterator[Case]:
    log = full()
    link, ts = Invite("approved", log.circle), NOW_S + 4
    asked = link.members("therapist", M_COLLEAGUE, ts) | {"mode": "approve"}
    base = log.push(THERAPIST, "invite", asked)
    name = f"req:{link.iid}:{COLLEAGUE.id}"
    good = {"_id": name, "dev": COLLEAGUE.pub, "proof": link.proof(COLLEAGUE.id)}
    code = sha(b"rj1 code\0" + log.circle.encode() + COLLEAGUE.id.encode())
    digits = str(int.from_bytes(code) % 10**12).zfill(12)
    shape: Json = {"group": "approval", "what": "request", "circle": log.circle}
    shape |= {"log": base.docs, "now_s": NOW_S + 60}
    asks = {"iid": link.iid, "device": COLLEAGUE.id, "code": digits}
    comment = "a colleague asks; both sides see the same digits"
    yield "approval-asks", shape | {"comment": comment, "expect": "success", "doc": good} | asks
    direct = Invite("direct", log.circle)
    open_log = log.push(THERAPIST, "invite", direct.members("therapist", M_NEW, ts))
    by = {"_id": f"req:{direct.iid}:{COLLEAGUE.id}", "proof": direct.proof(COLLEAGUE.id)}
    known = {"_id": f"req:{link.iid}:{PATIENT.id}", "dev": PATIENT.pub}
    head, body = head_of(link.iid, "rj1+join"), {"cir": log.circle, "dev": COLLEAGUE.id}
    used = base.push(
        THERAPIST, "add", add_members(COLLEAGUE, "therapist", M_COLLEAGUE, iid=link.iid)
    )
    for title, comment, expect, change, other in (
        ("extra", "a clear member", "schema", {"note": "x"}, {}),
        ("name", "no request's name", "schema", {"_id": name[4:]}, {}),
        ("text", "a proof that is no text", "schema", {"proof": 1}, {}),
        ("keys", "another device's keys", "kid", {"dev": STRANGER.pub}, {}),
        ("proof", "signed with another key", "proof",
         {"proof": jws(direct.ssk, head, body)}, {}),
        ("device", "a proof for another device", "proof", {"proof": link.proof(PHONE.id)}, {}),
        ("direct", "by a link that needs nobody", "invite", by, {"log": open_log.docs}),
        ("over", "too late", "invite", {}, {"now_s": ts + 1801}),
        ("used", "used before", "invite", {}, {"log": used.docs}),
        ("dup", "who is in already", "dup", known | {"proof": link.proof(PATIENT.id)}, {}),
    ):  # fmt: skip
        bad = {"comment": comment, "expect": expect, "doc": good | change}
        yield f"approval-{title}", shape | bad | other
    yield from carried(log)


def carried(log: Log) -> Iterator[Case]:
    """Which secrets a link carries: those of the new device's streams, or none."""
    ts, c, k = NOW_S + 4, b64u(es_of()), b64u(es_of("k", 1))
    held = clinicians()
    for title, comment, expect, base, change, es in (
        ("carries", "a direct link for both streams", "success", held, {"s": "ck"},
         {"c": c, "k": k}),
        ("carries-one", "and lacks one", "epoch", held, {"s": "ck"}, {"c": c}),
        ("carries-more", "a stream that the new device has not", "epoch", held, {},
         {"c": c, "k": k}),
        ("carries-nothing", "a direct link without a secret", "epoch", log, {}, {}),
        ("opens-nothing", "a link alone opens nothing", "success", log, {"mode": "approve"}, {}),
        ("opens-all", "a link to be approved, with a secret", "epoch", log,
         {"mode": "approve"}, {"c": c}),
    ):  # fmt: skip
        link = Invite("carried", base.circle)
        at = ts if base is log else ts + 2
        members = link.members("therapist", M_NEW, at) | change
        after = base.push(THERAPIST, "invite", members)
        body = invitation_body(link, after.seq, after.heads[-1]) | {"es": es}
        yield (
            f"approval-{title}",
            {
                "comment": comment,
                "group": "approval",
                "what": "accept",
                "expect": expect,
                "circle": base.circle,
                "secret": b64u(link.secret),
                "inv": link.sealed(body, fixed("invitation nonce", 12)),
                "log": after.docs,
                "now_s": at,
                **({"role": "therapist", "member": M_NEW} if expect == "success" else {}),
            },
        )


def all_cases() -> Iterator[Case]:
    yield from documents()
    yield from bundles()
    yield from approvals()
