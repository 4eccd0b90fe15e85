"""Who may bring in whom: the table of roles, case by case."""

from collections.abc import Iterator

from vectors.circle_log_cases import (
    ADMIN,
    CAREGIVER,
    M_CAREGIVER,
    M_NEW,
    M_PATIENT,
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
    Log,
    add_members,
    b64u,
    genesis_members,
    join_members,
    member,
    point,
)

SIGNERS = {
    "therapist": THERAPIST,
    "patient": PATIENT,
    "caregiver": CAREGIVER,
    "admin": ADMIN,
    "recovery": STRANGER,
}

# Name, signer, role, whose device, how (add, invite, or add with the streams ck), comment.
IN_PATIENT_CIRCLE = """
may-therapist-new       therapist therapist   new       invite invites a therapist
may-patient-new         patient   caregiver   new       invite invites a caregiver
may-patient-therapist   patient   therapist   new       invite invites a therapist
may-own-patient         patient   patient     patient   add    adds an own phone
may-own-therapist       therapist therapist   therapist add    adds an own phone
may-own-caregiver       caregiver caregiver   caregiver invite invites an own phone
may-replace-patient     therapist patient     patient   add    the patient lost the phone
may-replace-caregiver   patient   caregiver   caregiver add    a caregiver lost it
may-recovery            therapist recovery    new       add    a therapist adds a recovery key
authz-recovery          patient   recovery    new       add    a patient adds a recovery key
authz-caregiver-new     caregiver caregiver   new       invite a caregiver invites
authz-caregiver-patient caregiver patient     patient   add    a caregiver adds for the patient
authz-therapist-device  patient   therapist   therapist add    a device under a therapist by another
authz-second-patient    therapist patient     new       invite a second patient
authz-role-changed      therapist caregiver   patient   add    a member in another role
authz-own-other-role    caregiver therapist   caregiver add    the own member in another role
authz-admin             therapist admin       new       add    a role that this circle does not have
authz-participant       therapist participant new       add    a role of cohorts
authz-stream-k          therapist therapist   new       ck     a stream the signer does not hold
authz-stream-k-patient  therapist patient     patient   ck     the clinicians' stream for a patient
"""

SIGNED_BY_RECOVERY = """
authz-recovery-signs    recovery  caregiver   new       add    a recovery key adds
authz-recovery-own      recovery  recovery    recovery  add    a recovery key adds its own
"""

BEFORE_THE_PATIENT = """
may-before-patient      therapist caregiver   new       add    until the patient has a device
"""

WHILE_INVITED = """
may-while-invited       therapist caregiver   new       add    an invitation is no device yet
"""

AFTER_THE_PATIENT = """
authz-after-patient     therapist caregiver   new       add    from the patient's first device on
authz-after-replace     therapist patient     patient   add    nor replaces the patient's phone
may-after-own           therapist therapist   therapist add    but an own phone
may-after-patient       patient   therapist   new       add    the patient adds anyone
may-after-recovery      patient   recovery    new       add    and a recovery key
may-after-caregiver     patient   caregiver   caregiver add    and a caregiver's phone
authz-after-therapist   patient   therapist   therapist add    but not under a therapist
"""

IN_CLINIC = """
may-admin-therapist     admin     therapist   new       invite an admin invites a therapist
may-admin-admin         admin     admin       new       add    an admin adds an admin
may-admin-own           admin     admin       admin     add    an admin adds an own device
may-clinic-own          therapist therapist   therapist add    a therapist adds an own device
authz-clinic-new        therapist therapist   new       add    a therapist adds a therapist
authz-clinic-device     admin     therapist   therapist add    an admin adds under a therapist
authz-clinic-patient    admin     patient     new       add    a patient in a clinic
"""

IN_COHORT = """
may-cohort-new          therapist participant new       add    a participant joins a cohort
may-cohort-replace      therapist participant patient   add    a participant's new phone
may-cohort-own          patient   participant patient   add    a participant's own phone
authz-cohort-new        patient   participant new       add    a participant invites
authz-cohort-recovery   therapist recovery    new       add    a cohort has no recovery key
"""


def ask(log: Log, rows: str) -> Iterator[Case]:
    """For each row: may this signer bring in a device of this role under this member?"""
    for line in rows.strip().splitlines():
        name, by, role, whose, how, comment = line.split(maxsplit=5)
        signer = SIGNERS[by]
        if how == "invite":
            invite = Invite(f"ask {name}", log.circle)
            ts = log.ts + log.seq + 1
            op, members = how, invite.members(role, member(whose), ts)
        else:
            op, members = "add", add_members(PHONE, role, member(whose))
        if how == "ck":
            members |= {"s": "ck"}
        if name.startswith("may-"):
            yield name, taken(comment, log, signer, op, members)
        else:
            yield name, refused(comment, "authz", log, signer, op, members)


def every_table() -> Iterator[Case]:
    log = full()
    yield from ask(log, IN_PATIENT_CIRCLE)
    recovery = add_members(STRANGER, "recovery", member("recovery"))
    yield from ask(log.push(THERAPIST, "add", recovery), SIGNED_BY_RECOVERY)
    alone = founded(adds="patient")
    yield from ask(alone, BEFORE_THE_PATIENT)
    yield from ask(invited(alone)[0], WHILE_INVITED)
    caregiver = add_members(CAREGIVER, "caregiver", M_CAREGIVER)
    yield from ask(joined(alone.push(THERAPIST, "add", caregiver)), AFTER_THE_PATIENT)
    yield from ask(clinic(), IN_CLINIC)
    members = genesis_members(THERAPIST, "therapist", purpose="cohort")
    cohort = Log().push(THERAPIST, "genesis", members)
    participant = add_members(PATIENT, "participant", M_PATIENT)
    yield from ask(cohort.push(THERAPIST, "add", participant), IN_COHORT)


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
        ("mode", "a mode that does not exist", "schema", {"mode": "open"}),
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
    yield from every_table()
    yield from one_patient()
    yield from invite_shapes()
