"""Rules that only one case each can tell from the rules around them.

Found by deleting each check of the code in turn: every one of these needs a check of its own.
"""

from collections.abc import Iterator

from vectors.circle_admission_cases import ORIGIN, jws_login, logins
from vectors.circle_judge_cases import approvals, bundles
from vectors.circle_key_cases import sealed_wrap, wraps
from vectors.circle_log_cases import (
    CAREGIVER,
    M_NEW,
    PATIENT,
    PHONE,
    THERAPIST,
    Case,
    clinic,
    founded,
    full,
)
from vectors.circle_membership_cases import (
    COLLEAGUE,
    both_hold_k,
    clinicians,
    ids,
    refused,
    removal,
    taken,
)
from vectors.circle_shape_cases import CHAIN, hybrid
from vectors.circle_writer import (
    NOW_S,
    Device,
    Invite,
    Json,
    add_members,
    b64u,
    canonical,
    commit,
    fixed,
    sha,
    un_b64u,
)


def members() -> Iterator[Case]:
    k = clinicians()
    yield "remove-not-k", taken(
        "who holds the clinicians' stream removes who does not", k, THERAPIST, "remove",
        removal(k, CAREGIVER), epochs={"c": 2, "k": 1}, stale=[],
    )  # fmt: skip
    left = k.push(THERAPIST, "remove", removal(k, COLLEAGUE))
    gone = {"target": COLLEAGUE.id}
    comment = "a therapist who was removed is given the clinicians' stream"
    yield "target-grant-gone", refused(comment, "target", left, THERAPIST, "grant", gone)
    held = both_hold_k()
    half = held.push(PATIENT, "remove", removal(held, COLLEAGUE))
    late = {"target": COLLEAGUE.id, "x": "k", "n": 5, "d": CHAIN}
    comment = "before a fence in that stream is said"
    yield "fence-accept-none", refused(comment, "fence", half, THERAPIST, "accept", late)
    wide = add_members(PHONE, "caregiver", M_NEW, s="ck")
    comment = "both streams for a caregiver, by who holds both"
    yield "authz-add-ck-role", refused(comment, "authz", k, THERAPIST, "add", wide)
    link = Invite("narrow", k.circle)
    ts = k.ts + k.seq + 1
    asked = link.members("therapist", M_NEW, ts) | {"mode": "approve"}
    narrow = k.push(THERAPIST, "invite", asked)
    more = add_members(PHONE, "therapist", M_NEW, s="ck", iid=link.iid)
    comment = "more than the approved invitation says"
    yield "invite-approved-more", refused(comment, "invite", narrow, THERAPIST, "add", more)
    log = full()
    same_key = PHONE.pub | {"spk": PATIENT.pub["spk"]}
    twin = add_members(PHONE, "caregiver", M_NEW) | {"dev": same_key}
    comment = "a new device with the signing key of another"
    yield "dup-add-key", refused(comment, "dup", log, THERAPIST, "add", twin)
    twice = {"target": ids(CAREGIVER) * 2, "ep": removal(log, CAREGIVER)["ep"]}
    comment = "one device named twice"
    yield "target-remove-double", refused(comment, "target", log, THERAPIST, "remove", twice)


def replays() -> Iterator[Case]:
    log, other = full(), clinic()
    base: Json = {"group": "replay", "circle": log.circle}
    for title, comment, expect, docs in (
        ("whole", "a whole log", "success", log.docs),
        ("empty", "no entry", "seq", []),
        ("other", "another circle's log", "circle", other.docs),
        ("mixed", "an entry of another circle in the middle", "prev",
         [*log.docs[:1], other.docs[1]]),
        ("order", "two entries exchanged", "seq", [log.docs[0], log.docs[2], log.docs[1]]),
        ("null", "nothing in the middle", "schema", [log.docs[0], None]),
    ):  # fmt: skip
        found: Json = {"comment": comment, "expect": expect, "log": docs}
        if expect == "success":
            found |= {"seq": log.seq, "head": log.heads[-1]}
        yield f"replay-{title}", base | found


def more_wraps() -> Iterator[Case]:
    good = dict(wraps())["wrap-opens"]
    base = {name: good[name] for name in ("group", "secret", "circle", "stream")}
    circle, short = good["circle"], fixed("short", 31)
    lying = {"e": 1, "commit": commit(short)}
    for title, comment, expect, epoch, doc in (
        ("number", "a sealed part that is no text", "schema", good["epoch"],
         good["doc"] | {"k": 5}),
        ("nothing", "nothing sealed", "schema", good["epoch"], {"_id": good["doc"]["_id"]}),
        ("short-secret", "a secret of 31 bytes, as the log says", "commit", lying,
         sealed_wrap(circle, short, PATIENT)),
    ):  # fmt: skip
        found = {"comment": comment, "expect": expect, "epoch": epoch, "doc": doc}
        yield f"wrap-{title}", base | found


def links() -> Iterator[Case]:
    circle, secret = founded().circle, b64u(fixed("link", 16))
    for title, comment, text in (
        ("other-kind", "another kind of link", f"{ORIGIN}/#s2.{secret}"),
        ("long-parts", "one part too many", f"{ORIGIN}/#j1.{circle}.x.{secret}"),
        ("setup-circle", "a circle where none belongs", f"{ORIGIN}/#s1.{circle}.{secret}"),
    ):
        found = {"comment": comment, "group": "link", "expect": "schema", "text": text}
        yield f"link-{title}", found


def key_lines() -> Iterator[Case]:
    """A clinic's recovery key, which was made offline, on its two lines."""
    key = Device("recovery key")

    def line(half: str, value: object, **other: str) -> str:
        body = other.get("body", b64u(canonical(value)))
        check = other.get("check", b64u(sha(f"{half}.{body}".encode()))[:8])
        return f"rj1-recovery-{other.get('said', half)}.{body}.{check}"

    pub, whole = key.pub, {"v": 1} | key.secret
    rows: tuple[tuple[str, str, str, str], ...] = (
        ("pub", "opens", "success", line("pub", pub)),
        ("pub", "spaces", "success", f" {line('pub', pub)}\n"),
        ("pub", "check", "schema", line("pub", pub, check="A" * 8)),
        ("pub", "half", "schema", line("key", pub)),
        ("pub", "said", "schema", line("key", pub, said="pub")),
        ("pub", "said-key", "schema", line("pub", pub, said="key")),
        ("pub", "cut", "schema", line("pub", pub)[:-1]),
        ("pub", "no-line", "schema", "hello"),
        ("pub", "list", "schema", line("pub", [pub])),
        ("pub", "text", "schema", line("pub", "x")),
        ("pub", "point", "schema", line("pub", pub | {"spk": hybrid(pub["spk"])})),
        ("pub", "extra", "schema", line("pub", pub | {"x": 1})),
        ("pub", "canon", "canon", line("pub", 0, body=b64u(canonical(pub) + b" "))),
        ("pub", "bits", "b64", line("pub", 0, body="AB")),
        ("key", "opens", "success", line("key", whole)),
        ("key", "half", "schema", line("pub", whole)),
        ("key", "no-version", "schema", line("key", key.secret)),
        ("key", "version", "schema", line("key", whole | {"v": 2})),
        ("key", "extra", "schema", line("key", whole | {"x": 1})),
        ("key", "list", "schema", line("key", [whole])),
    )
    for half, title, expect, text in rows:
        found: Json = {
            "comment": f"the {half} line: {title}",
            "group": "recovery",
            "what": half,
            "expect": expect,
            "text": text,
        }
        if expect == "success":
            found |= {"pub": pub, "secret": key.secret}
        yield f"recovery-line-{half}-{title}", found


def devices() -> Iterator[Case]:
    good = THERAPIST.secret
    for title, comment, wrong in (
        ("list", "a list", [good]),
        ("text", "a text", "key"),
        ("ksk-number", "a key that is no text", good | {"ksk": 5}),
        ("kem-list", "a kind that is no text", good | {"kem": ["P256"]}),
    ):
        found = {"comment": comment, "group": "device", "expect": "schema", "secret": wrong}
        yield f"device-secret-{title}", found


def odd_logins() -> Iterator[Case]:
    base = dict(logins())["login-text"]
    good = {"aud": ORIGIN, "iat": NOW_S, "exp": NOW_S + 300}
    for title, comment, payload in (
        ("iat-text", "a beginning that is a text", good | {"iat": str(NOW_S)}),
        ("list", "a list inside", [good]),
        ("aud-list", "several servers", good | {"aud": [ORIGIN]}),
    ):
        yield f"login-{title}", base | {"comment": comment, "token": jws_login(payload)}


def odd_bundles() -> Iterator[Case]:
    good = dict(bundles())["judge-bundle-remove"]
    bundle = good["bundle"]
    for title, comment, wrong in (
        ("list", "a list", [bundle]),
        ("log-text", "an entry that is a text", bundle | {"log": "x"}),
        ("wraps-object", "wraps that are no list", bundle | {"wraps": {}}),
        ("wrap-text", "a wrap that is a text", bundle | {"wraps": ["x"]}),
        ("inv-list", "an invitation that is a list", bundle | {"inv": []}),
    ):
        found = {"comment": comment, "expect": "schema", "bundle": wrong}
        yield f"judge-bundle-odd-{title}", good | found


def odd_requests() -> Iterator[Case]:
    good = dict(approvals())["approval-asks"]
    base = {name: good[name] for name in ("group", "what", "circle", "log", "now_s")}
    doc, iid = good["doc"], good["iid"]
    link = Invite("approved", good["circle"])
    twin = doc["dev"] | {"spk": PATIENT.pub["spk"]}
    name = "d" + b64u(sha(b"rj1 device\0" + canonical(twin))[:15])
    asks = {"_id": f"req:{iid}:{name}", "dev": twin, "proof": link.proof(name)}
    found = {"comment": "with the signing key of another", "expect": "dup", "doc": asks}
    yield "approval-dup-key", base | found
    for title, comment, dev in (
        ("kem", "a kind that does not exist, and no key", doc["dev"] | {"kem": "P384", "kpk": ""}),
        ("spk-number", "a key that is no text", doc["dev"] | {"spk": 5}),
        ("spk-off", "a point beside the curve",
         doc["dev"] | {"spk": b64u(un_b64u(doc["dev"]["spk"])[:-1] + b"\0")}),
    ):  # fmt: skip
        found = {"comment": comment, "expect": "schema", "doc": doc | {"dev": dev}}
        yield f"approval-odd-dev-{title}", base | found


def all_cases() -> Iterator[Case]:
    yield from members()
    yield from replays()
    yield from more_wraps()
    yield from links()
    yield from key_lines()
    yield from devices()
    yield from odd_logins()
    yield from odd_bundles()
    yield from odd_requests()
