"""Whole logs, and one more entry that is taken or refused for exactly one reason."""

from collections.abc import Iterator

from cryptography.hazmat.primitives.serialization import PublicFormat

from vectors.circle_writer import (
    NOW_S,
    Device,
    Invite,
    Json,
    Log,
    add_members,
    b64u,
    canonical,
    fixed,
    genesis_members,
    head_of,
    join_members,
    jws,
    member,
    point,
)

Case = tuple[str, Json]

THERAPIST = Device("therapist")
PATIENT = Device("patient")
CAREGIVER = Device("caregiver")
PHONE = Device("second phone")
STRANGER = Device("stranger")
ADMIN = Device("admin")

M_PATIENT = member("patient")
M_THERAPIST = member("therapist")
M_CAREGIVER = member("caregiver")
M_NEW = member("new")


def founded(**other: object) -> Log:
    """A patient's circle, founded by the therapist."""
    return Log().push(THERAPIST, "genesis", genesis_members(THERAPIST, "therapist", **other))


def invited(log: Log | None = None) -> tuple[Log, Invite]:
    """The same, and an open invitation for the patient."""
    log = log or founded()
    invite = Invite("first", log.circle)
    ts = log.ts + log.seq + 1
    return log.push(THERAPIST, "invite", invite.members("patient", M_PATIENT, ts)), invite


def joined(log: Log | None = None) -> Log:
    """The same, and the patient has joined."""
    log, invite = invited(log)
    return log.push(PATIENT, "join", join_members(invite, PATIENT))


def full(log: Log | None = None) -> Log:
    """The same, and a caregiver was added."""
    return joined(log).push(THERAPIST, "add", add_members(CAREGIVER, "caregiver", M_CAREGIVER))


def clinic() -> Log:
    """A clinic with an admin and a therapist."""
    members = genesis_members(ADMIN, "admin", purpose="clinic", clinic="")
    log = Log().push(ADMIN, "genesis", members)
    return log.push(ADMIN, "add", add_members(THERAPIST, "therapist", M_THERAPIST))


def case(comment: str, expect: str, log: Log, entry: Json, **other: object) -> Json:
    return {
        "comment": comment,
        "group": "log",
        "expect": expect,
        "log": log.docs,
        "entry": entry,
        **other,
    }


def taken(comment: str, log: Log, signer: Device, op: str, members: Json) -> Json:
    """A case that succeeds, with the log's state after it."""
    after = log.push(signer, op, members)
    return case(
        comment,
        "success",
        log,
        after.docs[-1],
        circle=after.circle,
        seq=after.seq,
        head=after.heads[-1],
        h=after.h,
    )


def refused(  # noqa: PLR0917  # one line per case reads best
    comment: str, expect: str, log: Log, signer: Device, op: str, members: Json, **change: object
) -> Json:
    """A case that is refused; `change` alters the payload before it is signed."""
    payload = log.payload(op, members) | change
    return case(comment, expect, log, log.entry(signer, payload))


def genesis_taken() -> Iterator[Case]:
    for name, comment, device, role, other in (
        (
            "patient-by-therapist",
            "a therapist founds a patient's circle",
            THERAPIST,
            "therapist",
            {},
        ),
        (
            "patient-by-patient",
            "a patient founds the own circle and alone adds others",
            PATIENT,
            "patient",
            {"adds": "patient"},
        ),
        (
            "patient-without-clinic",
            "a circle without a clinic is well formed",
            PATIENT,
            "patient",
            {"clinic": ""},
        ),
        ("clinic", "an admin founds a clinic", ADMIN, "admin", {"purpose": "clinic", "clinic": ""}),
        ("cohort", "a therapist founds a cohort", THERAPIST, "therapist", {"purpose": "cohort"}),
    ):
        members = genesis_members(device, role, **other)
        yield f"genesis-{name}", taken(comment, Log(), device, "genesis", members)


def genesis_refused() -> Iterator[Case]:
    good = genesis_members(THERAPIST, "therapist")
    epoch = good["ep"]["c"]
    clinic_of = {"purpose": "clinic"}
    back = b64u(fixed("back", 60))
    fence = {STRANGER.id: [1, ""]}
    for name, comment, expect, change in (
        ("purpose", "a purpose that does not exist", "schema", {"purpose": "family"}),
        ("role-unknown", "a role that does not exist", "schema", {"role": "doctor"}),
        ("version", "a later version", "schema", {"v": 2}),
        ("extra-member", "one member too many", "schema", {"note": "x"}),
        ("rnd-short", "15 random bytes", "schema", {"rnd": b64u(fixed("rnd", 15))}),
        ("member-short", "a member id of 21 characters", "schema", {"member": M_NEW[:-1]}),
        (
            "clinic-above-clinic",
            "a clinic names a clinic above it",
            "schema",
            {"purpose": "clinic", "role": "admin"},
        ),
        (
            "clinic-adds-patient",
            "a clinic has no patient who adds",
            "schema",
            {"purpose": "clinic", "role": "admin", "clinic": "", "adds": "patient"},
        ),
        (
            "cir-present",
            "the first entry cannot name its own hash",
            "schema",
            {"cir": "c" + "0" * 40},
        ),
        ("seq-one", "a log starts with 0", "schema", {"seq": 1}),
        ("prev", "nothing comes before the first entry", "prev", {"prev": "A" * 43}),
        ("caregiver", "a caregiver founds a circle", "authz", {"role": "caregiver"}),
        ("therapist-clinic", "a therapist founds a clinic", "authz", clinic_of | {"clinic": ""}),
        ("epoch-two", "the first epoch is 1", "epoch", {"ep": {"c": epoch | {"e": 2}}}),
        (
            "epoch-back",
            "the first epoch has none before it",
            "epoch",
            {"ep": {"c": epoch | {"back": back}}},
        ),
        (
            "epoch-k",
            "the clinicians' stream is opened later",
            "epoch",
            {"ep": {"c": epoch, "k": epoch}},
        ),
        ("epoch-missing", "no epoch at all", "schema", {"ep": {}}),
        ("fence", "nobody was removed yet", "fence", {"ep": {"c": epoch | {"fence": fence}}}),
        ("other-device", "the keys of another device", "kid", {"dev": PATIENT.pub}),
    ):
        yield (
            f"genesis-{name}",
            refused(comment, expect, Log(), THERAPIST, "genesis", good, **change),
        )


def keys_refused() -> Iterator[Case]:
    pub = THERAPIST.pub
    compressed = b64u(point(THERAPIST.ksk, PublicFormat.CompressedPoint))
    off_curve = b64u(point(THERAPIST.ksk)[:-1] + b"\0")
    padded = pub["kpk"] + "="
    loose = pub["kpk"][:-1] + "B"
    short = {"kem": "XWING", "kpk": b64u(fixed("xwing", 1215))}
    for name, comment, expect, change in (
        ("compressed", "a compressed point", "schema", {"kpk": compressed}),
        ("off-curve", "a point beside the curve", "schema", {"kpk": off_curve}),
        ("spk-off-curve", "a signing key beside the curve", "schema", {"spk": off_curve}),
        ("padded", "base64 with padding", "b64", {"kpk": padded}),
        ("left-over-bits", "base64 with left-over bits", "b64", {"kpk": loose}),
        ("kem", "a kind that does not exist", "schema", {"kem": "P384"}),
        ("xwing-short", "a post-quantum key of 1,215 bytes", "schema", short),
        ("xwing-point", "a point for a post-quantum key", "schema", {"kem": "XWING"}),
        ("extra", "one member too many", "schema", {"x": "1"}),
    ):
        members = genesis_members(THERAPIST, "therapist", dev=pub | change)
        yield f"key-{name}", refused(comment, expect, Log(), THERAPIST, "genesis", members)


def canon_refused() -> Iterator[Case]:
    log = Log()
    good = canonical(log.payload("genesis", genesis_members(THERAPIST, "therapist")))
    for name, comment, old, new in (
        ("duplicate-key", "a member twice", b'"v":1', b'"v":1,"v":1'),
        ("float", "1.0 for 1", b'"v":1', b'"v":1.0'),
        ("exponent", "1e0 for 1", b'"v":1', b'"v":1e0'),
        ("true", "true for 1", b'"v":1', b'"v":true'),
        ("null", "null in place of text", b'"op":"genesis"', b'"op":null'),
        ("unsorted", "members out of order", b'"v":1}', b'"v":1}'),
        ("space", "a space", b'"v":1', b'"v": 1'),
        ("non-ascii", "a letter beyond ASCII", b'"op":"genesis"', '"op":"genésis"'.encode()),
        ("escape", "a needless escape", b'"op":"genesis"', b'"op":"\\u0067enesis"'),
        ("control", "a control character", b'"op":"genesis"', b'"op":"gene\\u0001sis"'),
        ("negative", "a number below 0", b'"v":1', b'"v":-1'),
        ("minus-zero", "-0 for 0", b'"seq":0', b'"seq":-0'),
        ("leading-zero", "01 for 1", b'"v":1', b'"v":01'),
        ("too-great", "2^53", b'"v":1', b'"v":9007199254740992'),
        ("trailing", "something after the value", b'"v":1}', b'"v":1}}'),
        ("byte-order-mark", "a mark before the value", b'{"adds"', b'\xef\xbb\xbf{"adds"'),
        ("not-utf8", "bytes that are no text", b'"op":"genesis"', b'"op":"gen\xffsis"'),
    ):
        payload = good.replace(old, new)
        if name == "unsorted":
            payload = b'{"v":1,' + good[1:].replace(b',"v":1}', b"}")
        assert payload != good, name
        entry = log.entry(THERAPIST, payload)
        yield f"canon-{name}", case(comment, "canon", log, entry)
    deep = b'{"a":' * 20 + b"1" + b"}" * 20
    entry = log.entry(THERAPIST, good.replace(b'"v":1', b'"v":' + deep))
    yield "canon-deep", case("nested beyond 16 levels", "canon", log, entry)
    head = canonical(head_of(THERAPIST.id, "rj1+log"))
    unsorted = b'{"typ":"rj1+log",' + head[1:].replace(b',"typ":"rj1+log"', b"")
    entry = log.entry(THERAPIST, good, head=unsorted)
    yield "canon-header", case("header members out of order", "canon", log, entry)


def token_refused() -> Iterator[Case]:
    log = full()
    members = add_members(PHONE, "caregiver", M_CAREGIVER)
    payload = log.payload("add", members)
    good = log.entry(THERAPIST, payload)
    head = head_of(THERAPIST.id, "rj1+log")
    for name, comment, change in (
        ("alg-none", "no algorithm", {"alg": "none"}),
        ("alg-hs256", "an algorithm with a shared secret", {"alg": "HS256"}),
        ("typ", "a token of another use", {"typ": "rj1+auth"}),
        ("extra", "one member too many", {"jku": "https://keys.example"}),
    ):
        entry = log.entry(THERAPIST, payload, head=head | change)
        yield f"header-{name}", case(comment, "header", log, entry)
    entry = log.entry(THERAPIST, payload, head={"alg": "ES256", "typ": "rj1+log"})
    yield "header-no-kid", case("nobody is named as signer", "header", log, entry)
    first, second, third = good["j"].split(".")
    changed = canonical(payload | {"role": "patient"})
    loose = third[:-1] + chr(ord(third[-1]) + 1)
    for name, comment, expect, token in (
        ("two-parts", "no signature", "schema", f"{first}.{second}"),
        ("four-parts", "four parts", "schema", f"{first}.{second}.{third}."),
        ("padding", "padding in the payload", "b64", f"{first}.{second}=.{third}"),
        ("alphabet", "the other base64 alphabet", "b64", f"{first}.{second}+.{third}"),
        ("left-over-bits", "left-over bits in the signature", "b64", f"{first}.{second}.{loose}"),
        (
            "edited",
            "the payload was edited by the server",
            "sig",
            f"{first}.{b64u(changed)}.{third}",
        ),
        ("sig-short", "a signature of 63 bytes", "sig", f"{first}.{second}.{b64u(bytes(63))}"),
        ("sig-zero", "a signature of zeros", "sig", f"{first}.{second}.{b64u(bytes(64))}"),
        ("large", "an entry above 16 KiB", "limit", f"{first}.{second}.{'A' * 16_384}"),
    ):
        yield f"token-{name}", case(comment, expect, log, {"_id": good["_id"], "j": token})
    entry = log.entry(THERAPIST, payload, scalar=STRANGER.ssk)
    yield "token-forged", case("signed with another device's key", "sig", log, entry)
    for name, comment, change in (
        ("extra", "a document with a clear member", good | {"note": "x"}),
        ("no-j", "a document without its token", {"_id": good["_id"]}),
        ("name-short", "a name of five digits", good | {"_id": "log:00004"}),
        ("name-digits", "digits of another script", good | {"_id": "log:00000٤"}),
        ("name-line", "a line break after the name", good | {"_id": "log:000004\n"}),
    ):
        yield f"document-{name}", case(comment, "schema", log, change)


def place_refused() -> Iterator[Case]:
    log = full()
    members = add_members(PHONE, "caregiver", M_CAREGIVER)
    good = log.payload("add", members)
    for name, comment, expect, signer, change, named in (
        ("seq-skipped", "an entry is missing", "seq", THERAPIST, {"seq": 5}, "log:000005"),
        ("seq-repeated", "another entry was faster", "seq", THERAPIST, {"seq": 3}, "log:000003"),
        ("seq-name", "the name says another number", "seq", THERAPIST, {}, "log:000005"),
        ("prev", "the entry before is another", "prev", THERAPIST, {"prev": log.heads[2]}, None),
        ("prev-empty", "it says that nothing came before", "prev", THERAPIST, {"prev": ""}, None),
        ("prev-short", "a hash of 31 bytes", "schema", THERAPIST, {"prev": "A" * 42}, None),
        ("prev-bits", "left-over bits", "b64", THERAPIST, {"prev": "A" * 42 + "B"}, None),
        ("circle", "of another circle", "circle", THERAPIST, {"cir": "c" + "0" * 40}, None),
        ("author-stranger", "signed by a stranger", "author", STRANGER, {}, None),
        ("author-entering", "signed by the device that is added", "author", PHONE, {}, None),
        ("ts-earlier", "older than the entry before", "ts", THERAPIST, {"ts": NOW_S + 2}, None),
        ("seq-too-great", "a number beyond 2199", "schema", THERAPIST, {"seq": 2200}, None),
        ("cir-missing", "no circle named", "schema", THERAPIST, {"cir": ""}, None),
        ("ts-text", "a time as text", "schema", THERAPIST, {"ts": "1795000004"}, None),
    ):
        entry = log.entry(signer, good | change, name=named or f"log:{log.seq + 1:06d}")
        yield name, case(comment, expect, log, entry)
    payload = good | {"ts": NOW_S + log.seq}
    entry = log.entry(THERAPIST, payload)
    yield "ts-same", case("at the same second as the entry before", "success", log, entry)
    for name, comment, op, extra in (
        ("unknown", "an operation that nobody knows", "banish", {"target": [CAREGIVER.id]}),
        (
            "second-genesis",
            "a genesis in the middle",
            "genesis",
            genesis_members(STRANGER, "patient"),
        ),
    ):
        signer = STRANGER if op == "genesis" else THERAPIST
        yield f"op-{name}", refused(comment, "op", log, signer, op, extra)
    empty = Log()
    first = empty.entry(THERAPIST, empty.payload("add", members))
    yield "op-no-genesis", case("the first entry founds nothing", "op", empty, first)
    entry = log.entry(THERAPIST, good)
    yield "op-good", case("what the refused entries would have been", "success", log, entry)


def uninvite_and_join() -> Iterator[Case]:
    log, invite = invited()
    good = join_members(invite, PATIENT)
    yield "join-taken", taken("the patient joins", log, PATIENT, "join", good)
    late = log.payload("join", good) | {"ts": NOW_S + 1 + 1800}
    entry = log.entry(PATIENT, late)
    yield "join-last-second", case("at the last second", "success", log, entry)
    late |= {"ts": NOW_S + 1 + 1801}
    entry = log.entry(PATIENT, late)
    yield "join-expired", case("one second too late", "invite", log, entry)
    used = log.push(PATIENT, "join", good)
    again = join_members(invite, PHONE)
    yield "join-used", refused("used before", "invite", used, PHONE, "join", again)
    back = log.push(THERAPIST, "uninvite", {"iid": invite.iid})
    yield "join-uninvited", refused("taken back before", "invite", back, PATIENT, "join", good)
    unknown = good | {"iid": "i" + b64u(fixed("no iid", 16))}
    yield "join-unknown", refused("an unknown invitation", "invite", log, PATIENT, "join", unknown)
    other = Invite("other", log.circle)
    head = head_of(invite.iid, "rj1+join")
    body = {"cir": log.circle, "dev": PATIENT.id}
    for name, comment, proof in (
        ("key", "signed with another key", jws(other.ssk, head, body)),
        ("device", "made for another device", invite.proof(PHONE.id)),
        ("circle", "made for another circle", invite.proof(PATIENT.id, cir="c" + "0" * 40)),
        ("kid", "names another invitation", jws(invite.ssk, head | {"kid": other.iid}, body)),
        ("typ", "a token of another use", jws(invite.ssk, head | {"typ": "rj1+log"}, body)),
        ("extra", "one member too many", invite.proof(PATIENT.id, x="1")),
        ("text", "no token at all", "proof"),
    ):
        members = good | {"proof": proof}
        yield f"proof-{name}", refused(comment, "proof", log, PATIENT, "join", members)
    members = good | {"dev": PHONE.pub}
    yield "join-kid", refused("signed by another device", "kid", log, PATIENT, "join", members)
    payload = log.payload("join", good)
    entry = log.entry(PATIENT, payload, scalar=PHONE.ssk)
    yield "join-sig", case("not signed by the entering device", "sig", log, entry)
    again = join_members(invite, THERAPIST)
    yield "dup-join-device", refused("is in already", "dup", log, THERAPIST, "join", again)


def uninvited() -> Iterator[Case]:
    log, invite = invited()
    members = {"iid": invite.iid}
    comment = "the therapist takes an invitation back"
    yield "uninvite-taken", taken(comment, log, THERAPIST, "uninvite", members)
    comment = "taken back before"
    back = log.push(THERAPIST, "uninvite", members)
    yield "uninvite-twice", refused(comment, "invite", back, THERAPIST, "uninvite", members)
    used = log.push(PATIENT, "join", join_members(invite, PATIENT))
    yield "uninvite-used", refused("used before", "invite", used, THERAPIST, "uninvite", members)
    late = {"ts": NOW_S + 1 + 1801}
    comment = "over since a second"
    yield (
        "uninvite-expired",
        refused(comment, "invite", log, THERAPIST, "uninvite", members, **late),
    )
    circle = full()
    own, foreign = Invite("own", circle.circle), Invite("foreign", circle.circle)
    both = circle.push(CAREGIVER, "invite", own.members("caregiver", M_CAREGIVER, NOW_S + 4)).push(
        THERAPIST, "invite", foreign.members("therapist", M_NEW, NOW_S + 5)
    )
    comment = "a caregiver takes the own invitation back"
    yield "uninvite-own", taken(comment, both, CAREGIVER, "uninvite", {"iid": own.iid})
    comment = "a caregiver takes a therapist's invitation back"
    members = {"iid": foreign.iid}
    yield "uninvite-foreign", refused(comment, "authz", both, CAREGIVER, "uninvite", members)


def doubles() -> Iterator[Case]:
    log = full()
    circle, ts = log.circle, NOW_S + 4
    first, other = Invite("first", circle), Invite("other", circle)
    base = other.members("therapist", M_NEW, ts)
    for name, comment, change in (
        ("iid", "an invitation's name again", {"iid": first.iid}),
        ("invite-spk", "an invitation's key again", {"spk": b64u(point(first.ssk))}),
        ("device-spk", "a device's key as an invitation's", {"spk": PATIENT.pub["spk"]}),
    ):
        yield f"dup-{name}", refused(comment, "dup", log, THERAPIST, "invite", base | change)
    again = add_members(CAREGIVER, "caregiver", M_CAREGIVER)
    yield "dup-device", refused("a device again", "dup", log, THERAPIST, "add", again)
    mixed = add_members(PHONE, "caregiver", M_CAREGIVER)
    mixed["dev"] = PHONE.pub | {"spk": PATIENT.pub["spk"]}
    comment = "another device with a known signing key"
    yield "dup-spk", refused(comment, "dup", log, THERAPIST, "add", mixed)
    open_log = log.push(THERAPIST, "invite", base)
    mixed["dev"] = PHONE.pub | {"spk": base["spk"]}
    comment = "a device with an invitation's signing key"
    yield "dup-add-invite-spk", refused(comment, "dup", open_log, THERAPIST, "add", mixed)
    approved = add_members(PHONE, "caregiver", M_CAREGIVER, iid=first.iid)
    comment = "adds by an invitation that was not approved"
    yield "add-iid", refused(comment, "invite", log, THERAPIST, "add", approved)


def state() -> Iterator[Case]:
    """What a reader must know after a log, spelled out by hand."""
    log = full()
    invite = Invite("colleague", log.circle)
    members = invite.members("therapist", M_NEW, NOW_S + 4)
    whole = taken("who is in the circle, and who let whom in", log, THERAPIST, "invite", members)
    devices = (
        (THERAPIST, M_THERAPIST, "therapist", 0, THERAPIST),
        (PATIENT, M_PATIENT, "patient", 2, THERAPIST),
        (CAREGIVER, M_CAREGIVER, "caregiver", 3, THERAPIST),
    )
    whole["devices"] = {
        device.id: {"member": whose, "role": role, "s": "c", "since": since, "by": by.id}
        for device, whose, role, since, by in devices
    }
    whole["now_s"], whole["open"] = NOW_S + 10, [invite.iid]
    yield "state", whole


def all_cases() -> Iterator[Case]:
    yield from genesis_taken()
    yield from genesis_refused()
    yield from keys_refused()
    yield from canon_refused()
    yield from token_refused()
    yield from place_refused()
    yield from uninvite_and_join()
    yield from uninvited()
    yield from doubles()
    yield from state()
