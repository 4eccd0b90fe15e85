"""Who may bring in whom: the table of roles, case by case."""

from collections.abc import Iterator

from vectors.circle_log_cases import (
    ADMIN,
    CAREGIVER,
    M_CAREGIVER,
    M_NEW,
    M_PATIENT,
    M_THERAPIST,
    PATIENT,
    PHONE,
    STRANGER,
    THERAPIST,
    Case,
    clinic,
    founded,
    full,
    invited,
    joined,
    refused,
    taken,
)
from vectors.circle_writer import (
    NOW_S,
    Device,
    Invite,
    Json,
    Log,
    add_members,
    b64u,
    genesis_members,
    join_members,
    member,
    point,
)

Row = tuple[str, str, Device, str, str, Json, bool]


def ask(log: Log, row: Row) -> Case:
    """One question: may this signer bring in a device of this role under this member?"""
    name, comment, signer, role, whose, change, allowed = row
    if "iid" in change:
        invite = Invite(f"ask {name}", log.circle)
        ts = log.ts + log.seq + 1
        members = invite.members(role, whose, ts) | {k: v for k, v in change.items() if k != "iid"}
        op = "invite"
    else:
        members, op = add_members(PHONE, role, whose) | change, "add"
    if allowed:
        return name, taken(comment, log, signer, op, members)
    return name, refused(comment, "authz", log, signer, op, members)


def in_patient_circle() -> Iterator[Case]:
    log = full()
    by_link: Json = {"iid": ""}
    rows: tuple[Row, ...] = (
        ("may-therapist-new", "invites a therapist", THERAPIST, "therapist", M_NEW, by_link, True),
        ("may-patient-new", "invites a caregiver", PATIENT, "caregiver", M_NEW, by_link, True),
        (
            "may-patient-therapist",
            "invites a therapist",
            PATIENT,
            "therapist",
            M_NEW,
            by_link,
            True,
        ),
        ("may-own-patient", "adds an own phone", PATIENT, "patient", M_PATIENT, {}, True),
        ("may-own-therapist", "adds an own phone", THERAPIST, "therapist", M_THERAPIST, {}, True),
        (
            "may-own-caregiver",
            "invites an own phone",
            CAREGIVER,
            "caregiver",
            M_CAREGIVER,
            by_link,
            True,
        ),
        (
            "may-replace-patient",
            "the patient lost the phone",
            THERAPIST,
            "patient",
            M_PATIENT,
            {},
            True,
        ),
        (
            "may-replace-caregiver",
            "a caregiver lost it",
            PATIENT,
            "caregiver",
            M_CAREGIVER,
            {},
            True,
        ),
        ("may-recovery", "a therapist adds a recovery key", THERAPIST, "recovery", M_NEW, {}, True),
        ("authz-recovery", "a patient adds a recovery key", PATIENT, "recovery", M_NEW, {}, False),
        (
            "authz-caregiver-new",
            "a caregiver invites",
            CAREGIVER,
            "caregiver",
            M_NEW,
            by_link,
            False,
        ),
        (
            "authz-caregiver-patient",
            "a caregiver adds for the patient",
            CAREGIVER,
            "patient",
            M_PATIENT,
            {},
            False,
        ),
        (
            "authz-therapist-device",
            "a device under a therapist by another",
            PATIENT,
            "therapist",
            M_THERAPIST,
            {},
            False,
        ),
        ("authz-second-patient", "a second patient", THERAPIST, "patient", M_NEW, by_link, False),
        (
            "authz-role-changed",
            "a member in another role",
            THERAPIST,
            "caregiver",
            M_PATIENT,
            {},
            False,
        ),
        (
            "authz-own-other-role",
            "the own member in another role",
            CAREGIVER,
            "therapist",
            M_CAREGIVER,
            {},
            False,
        ),
        (
            "authz-admin",
            "a role that this circle does not have",
            THERAPIST,
            "admin",
            M_NEW,
            {},
            False,
        ),
        ("authz-participant", "a role of cohorts", THERAPIST, "participant", M_NEW, {}, False),
        (
            "authz-stream-k",
            "a stream that the signer does not hold",
            THERAPIST,
            "therapist",
            M_NEW,
            {"s": "ck"},
            False,
        ),
        (
            "authz-stream-k-patient",
            "the clinicians' stream for a patient",
            THERAPIST,
            "patient",
            M_PATIENT,
            {"s": "ck"},
            False,
        ),
    )
    for row in rows:
        yield ask(log, row)
    recovery = log.push(THERAPIST, "add", add_members(STRANGER, "recovery", member("recovery")))
    row = ("authz-recovery-signs", "a recovery key adds", STRANGER, "caregiver", M_NEW, {}, False)
    yield ask(recovery, row)
    row = (
        "authz-recovery-own",
        "a recovery key adds its own",
        STRANGER,
        "recovery",
        member("recovery"),
        {},
        False,
    )
    yield ask(recovery, row)


def when_the_patient_adds() -> Iterator[Case]:
    before = founded(adds="patient")
    row: Row = (
        "may-before-patient",
        "until the patient has a device",
        THERAPIST,
        "caregiver",
        M_NEW,
        {},
        True,
    )
    yield ask(before, row)
    with_open, _ = invited(before)
    row = (
        "may-while-invited",
        "an invitation is no device yet",
        THERAPIST,
        "caregiver",
        M_NEW,
        {},
        True,
    )
    yield ask(with_open, row)
    log = full_before_patient(before)
    rows: tuple[Row, ...] = (
        (
            "authz-after-patient",
            "from the patient's first device on",
            THERAPIST,
            "caregiver",
            M_NEW,
            {},
            False,
        ),
        (
            "authz-after-replace",
            "nor replaces the patient's phone",
            THERAPIST,
            "patient",
            M_PATIENT,
            {},
            False,
        ),
        ("may-after-own", "but an own phone", THERAPIST, "therapist", M_THERAPIST, {}, True),
        ("may-after-patient", "the patient adds anyone", PATIENT, "therapist", M_NEW, {}, True),
        ("may-after-recovery", "and a recovery key", PATIENT, "recovery", M_NEW, {}, True),
        (
            "may-after-caregiver",
            "and a caregiver's phone",
            PATIENT,
            "caregiver",
            M_CAREGIVER,
            {},
            True,
        ),
        (
            "authz-after-therapist",
            "but not under a therapist",
            PATIENT,
            "therapist",
            M_THERAPIST,
            {},
            False,
        ),
    )
    for row in rows:
        yield ask(log, row)


def full_before_patient(log: Log) -> Log:
    """The caregiver is added while the therapist still may, then the patient joins."""
    return joined(log.push(THERAPIST, "add", add_members(CAREGIVER, "caregiver", M_CAREGIVER)))


def in_other_circles() -> Iterator[Case]:
    log = clinic()
    m_admin = member("admin")
    rows: tuple[Row, ...] = (
        (
            "may-admin-therapist",
            "an admin invites a therapist",
            ADMIN,
            "therapist",
            M_NEW,
            {"iid": ""},
            True,
        ),
        ("may-admin-admin", "an admin adds an admin", ADMIN, "admin", M_NEW, {}, True),
        ("may-admin-own", "an admin adds an own device", ADMIN, "admin", m_admin, {}, True),
        (
            "may-clinic-own",
            "a therapist adds an own device",
            THERAPIST,
            "therapist",
            M_THERAPIST,
            {},
            True,
        ),
        (
            "authz-clinic-new",
            "a therapist adds a therapist",
            THERAPIST,
            "therapist",
            M_NEW,
            {},
            False,
        ),
        (
            "authz-clinic-device",
            "an admin adds under a therapist",
            ADMIN,
            "therapist",
            M_THERAPIST,
            {},
            False,
        ),
        ("authz-clinic-patient", "a patient in a clinic", ADMIN, "patient", M_NEW, {}, False),
    )
    for row in rows:
        yield ask(log, row)
    members = genesis_members(THERAPIST, "therapist", purpose="cohort")
    cohort = Log().push(THERAPIST, "genesis", members)
    cohort = cohort.push(THERAPIST, "add", add_members(PATIENT, "participant", M_PATIENT))
    rows = (
        (
            "may-cohort-new",
            "a participant joins a cohort",
            THERAPIST,
            "participant",
            M_NEW,
            {},
            True,
        ),
        (
            "may-cohort-replace",
            "a participant's new phone",
            THERAPIST,
            "participant",
            M_PATIENT,
            {},
            True,
        ),
        (
            "may-cohort-own",
            "a participant's own phone",
            PATIENT,
            "participant",
            M_PATIENT,
            {},
            True,
        ),
        ("authz-cohort-new", "a participant invites", PATIENT, "participant", M_NEW, {}, False),
        (
            "authz-cohort-recovery",
            "a cohort has no recovery key",
            THERAPIST,
            "recovery",
            M_NEW,
            {},
            False,
        ),
    )
    for row in rows:
        yield ask(cohort, row)


def one_patient() -> Iterator[Case]:
    """A member stands while a device of it ever was, or while an invitation for it is open."""
    log, first = invited()
    again = Invite("again", log.circle)
    other = again.members("patient", M_NEW, NOW_S + 2)
    comment = "two open invitations for two patients"
    yield "authz-two-invited", refused(comment, "authz", log, THERAPIST, "invite", other)
    same = again.members("patient", M_PATIENT, NOW_S + 2)
    comment = "a second link for the same patient"
    yield "may-invite-again", taken(comment, log, THERAPIST, "invite", same)
    back = log.push(THERAPIST, "uninvite", {"iid": first.iid})
    other = again.members("patient", M_NEW, NOW_S + 3)
    comment = "another patient after the first link was taken back"
    yield "may-after-uninvite", taken(comment, back, THERAPIST, "invite", other)
    late = NOW_S + 1 + 1801
    other = again.members("patient", M_NEW, late) | {"ts": late}
    comment = "another patient after the first link was over"
    yield "may-after-expiry", taken(comment, log, THERAPIST, "invite", other)
    fresh = founded()
    link = Invite("colleague", fresh.circle)
    open_log = fresh.push(THERAPIST, "invite", link.members("therapist", M_NEW, NOW_S + 1))
    twice = again.members("therapist", M_NEW, NOW_S + 2)
    comment = "a second link for another's therapist member"
    yield "authz-invited-therapist", refused(comment, "authz", open_log, THERAPIST, "invite", twice)


def invite_shapes() -> Iterator[Case]:
    log = full()
    invite = Invite("shape", log.circle)
    ts = NOW_S + 4
    good = invite.members("therapist", M_NEW, ts)
    for name, comment, expect, change in (
        ("exp-long", "valid for more than an hour", "ts", {"exp": ts + 3601}),
        ("exp-past", "over before it starts", "ts", {"exp": ts - 1}),
        ("mode-approve", "reserved: not offered by this version", "schema", {"mode": "approve"}),
        ("iid-short", "a name of 21 characters", "schema", {"iid": invite.iid[:-1]}),
        ("spk-compressed", "a key of 33 bytes", "schema", {"spk": b64u(point(invite.ssk)[:33])}),
        ("s-k", "streams that do not exist alone", "schema", {"s": "k"}),
        ("extra", "one member too many", "schema", {"note": "x"}),
    ):
        yield f"invite-{name}", refused(comment, expect, log, THERAPIST, "invite", good | change)
    hour = good | {"exp": ts + 3600}
    yield "invite-exp-hour", taken("valid for an hour", log, THERAPIST, "invite", hour)
    missing = {name: value for name, value in good.items() if name != "exp"}
    yield "invite-no-exp", refused("no end", "schema", log, THERAPIST, "invite", missing)
    link = Invite("colleague", log.circle)
    longer = log.push(THERAPIST, "invite", link.members("therapist", M_NEW, ts))
    colleague = Device("colleague")
    yield (
        "join-colleague",
        taken("a second therapist joins", longer, colleague, "join", join_members(link, colleague)),
    )
    loose = good | {"spk": good["spk"][:-1] + "B"}
    yield "invite-spk-bits", refused("left-over bits", "b64", log, THERAPIST, "invite", loose)


def all_cases() -> Iterator[Case]:
    yield from in_patient_circle()
    yield from when_the_patient_adds()
    yield from in_other_circles()
    yield from one_patient()
    yield from invite_shapes()
