"""Who leaves, who is removed, whose key changes: operations of a log after its first members."""

from collections.abc import Iterator
from typing import Any

from vectors.circle_log_cases import (
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
    joined,
)
from vectors.circle_log_cases import refused as refused_in_log
from vectors.circle_log_cases import taken as taken_in_log
from vectors.circle_writer import (
    NOW_S,
    Device,
    Invite,
    Json,
    Log,
    add_members,
    b64u,
    fixed,
    genesis_members,
    join_members,
    member,
)

COLLEAGUE = Device("colleague")
KEY = Device("recovery key")
M_COLLEAGUE = member("colleague")
CHAIN = b64u(fixed("chain of a feed", 32))
DAY_S = 86_400


def taken(  # one line per case reads best
    comment: str, log: Log, signer: Device, op: str, members: Json, **state: Any
) -> Json:
    """A case that succeeds; `state` says what must be true after it."""
    return taken_in_log(comment, log, signer, op, members) | {"group": "membership"} | state


def refused(  # noqa: PLR0917
    comment: str, expect: str, log: Log, signer: Device, op: str, members: Json, **change: object
) -> Json:
    whole = refused_in_log(comment, expect, log, signer, op, members, **change)
    return whole | {"group": "membership"}


def ids(*devices: Device) -> list[str]:
    return sorted(device.id for device in devices)


def removal(log: Log, *targets: Device, **epochs: Json) -> Json:
    """The members of a removal; without `epochs` it opens the next one of c."""
    fence: Json = {target.id: [3, CHAIN] for target in targets}
    return {"target": ids(*targets), "ep": epochs or {"c": log.ep(fence=fence)}}


def clinicians(log: Log | None = None) -> Log:
    """The full circle; a colleague was added, and the therapist opened the stream k."""
    log = (log or full()).push(THERAPIST, "add", add_members(COLLEAGUE, "therapist", M_COLLEAGUE))
    return log.push(THERAPIST, "rekey", {"ep": {"k": log.ep("k", 1)}})


def both_hold_k() -> Log:
    return clinicians().push(THERAPIST, "grant", {"target": COLLEAGUE.id})


def removed() -> Iterator[Case]:
    log = full()
    good = removal(log, CAREGIVER)
    marks = {CAREGIVER.id: {"c": [[3, CHAIN]]}}
    yield "remove-caregiver", taken(
        "a therapist removes a caregiver", log, THERAPIST, "remove", good,
        live=[THERAPIST.id, PATIENT.id], epochs={"c": 2}, stale=[], marks=marks,
    )  # fmt: skip
    yield "remove-by-patient", taken(
        "a patient removes the therapist", log, PATIENT, "remove", removal(log, THERAPIST),
        live=[PATIENT.id, CAREGIVER.id],
    )  # fmt: skip
    two = removal(log, CAREGIVER, PATIENT)
    yield "remove-two", taken("two at once", log, THERAPIST, "remove", two, live=[THERAPIST.id])
    own = log.push(THERAPIST, "add", add_members(PHONE, "caregiver", M_CAREGIVER))
    comment = "a caregiver removes the own lost phone"
    yield "remove-own", taken(comment, own, CAREGIVER, "remove", removal(own, PHONE))
    cut = removal(log, CAREGIVER, c=log.ep(fence={CAREGIVER.id: [0, ""]}, back=None))
    yield "remove-cut", taken("and lets history end", log, THERAPIST, "remove", cut)
    cut = removal(own, PHONE, c=own.ep(fence={PHONE.id: [0, ""]}, back=None))
    comment = "a caregiver lets history end"
    yield "authz-remove-cut", refused(comment, "authz", own, CAREGIVER, "remove", cut)
    yield (
        "authz-remove",
        refused(
            "a caregiver removes a patient",
            "authz",
            log,
            CAREGIVER,
            "remove",
            removal(log, PATIENT),
        ),
    )
    for name, comment, target in (
        ("nobody", "nobody", []),
        ("self", "the signer, who would choose the next key", [THERAPIST.id]),
        ("twice", "one device twice", [CAREGIVER.id, CAREGIVER.id]),
        ("unsorted", "in no order", ids(CAREGIVER, PATIENT)[::-1]),
        ("stranger", "who never came", [STRANGER.id]),
    ):
        yield (
            f"target-{name}",
            refused(comment, "target", log, THERAPIST, "remove", good | {"target": target}),
        )
    gone = log.push(THERAPIST, "remove", good)
    again = removal(gone, CAREGIVER, c=gone.ep(e=3))
    yield "target-gone", refused("who is gone", "target", gone, THERAPIST, "remove", again)
    back = add_members(CAREGIVER, "caregiver", M_CAREGIVER)
    yield "dup-gone", refused("who is gone comes back", "dup", gone, THERAPIST, "add", back)
    good_entry = add_members(PHONE, "caregiver", M_CAREGIVER)
    comment = "who is gone signs"
    yield "author-gone", refused(comment, "author", gone, CAREGIVER, "add", good_entry)
    comment = "a removed caregiver's member has another phone"
    yield "add-after-remove", taken(comment, gone, THERAPIST, "add", good_entry, epochs={"c": 2})
    yield from epochs_of_removal(log, good)


def epochs_of_removal(log: Log, good: Json) -> Iterator[Case]:
    fence = {CAREGIVER.id: [3, CHAIN]}
    epoch = log.ep(fence=fence)
    more = fence | {PATIENT.id: [1, ""]}
    for name, comment, expect, ep in (
        ("epoch-skipped", "an epoch is missing", "epoch", {"c": epoch | {"e": 3}}),
        ("epoch-again", "the epoch that is open", "epoch", {"c": epoch | {"e": 1}}),
        ("epoch-k", "of a stream that nobody holds", "epoch", {"c": epoch, "k": log.ep("k", 1)}),
        ("epoch-only-k", "the removed keep the key", "epoch", {"k": log.ep("k", 1)}),
        ("fence-none", "the removed are not fenced", "fence", {"c": epoch | {"fence": {}}}),
        ("fence-more", "one who stays is fenced", "fence", {"c": epoch | {"fence": more}}),
        (
            "fence-other",
            "another is fenced",
            "fence",
            {"c": epoch | {"fence": {PATIENT.id: [1, ""]}}},
        ),
        ("fence-negative", "text for a count", "schema",
         {"c": epoch | {"fence": {CAREGIVER.id: ["3", ""]}}}),
        ("back-short", "a link of 59 bytes", "schema", {"c": epoch | {"back": "A" * 79}}),
        ("ep-empty", "no epoch", "schema", {}),
    ):  # fmt: skip
        yield name, refused(comment, expect, log, THERAPIST, "remove", good | {"ep": ep})


def must_remain() -> Iterator[Case]:
    mark = {"mark": {"c": [0, ""]}}
    log = founded().push(THERAPIST, "add", add_members(CAREGIVER, "caregiver", M_CAREGIVER))
    comment = "the last therapist leaves a caregiver alone"
    yield "last-leave", refused(comment, "last", log, THERAPIST, "leave", mark)
    alone = joined(founded(adds="patient"))
    comment = "the patient, who alone lets others in, leaves"
    yield "last-patient", refused(comment, "last", alone, PATIENT, "leave", mark)
    yield "leave-therapist", taken(
        "the therapist leaves the patient's own circle", alone, THERAPIST, "leave", mark,
        live=[PATIENT.id], stale=["c"],
    )  # fmt: skip
    members = genesis_members(THERAPIST, "admin", purpose="clinic", clinic="")
    only = Log().push(THERAPIST, "genesis", members)
    yield "last-admin", refused("the only admin leaves", "last", only, THERAPIST, "leave", mark)
    both = full()
    comment = "a patient removes therapist and caregiver, and stays"
    two = removal(both, THERAPIST, CAREGIVER)
    yield "remove-others", taken(comment, both, PATIENT, "remove", two, live=[PATIENT.id])


def left() -> Iterator[Case]:
    log = full()
    mark = {"mark": {"c": [7, CHAIN]}}
    yield "leave-caregiver", taken(
        "a caregiver leaves", log, CAREGIVER, "leave", mark, live=[THERAPIST.id, PATIENT.id],
        epochs={"c": 1}, stale=["c"], marks={CAREGIVER.id: {"c": [[7, CHAIN]]}},
    )  # fmt: skip
    two = {"mark": {"c": [7, CHAIN], "k": [0, ""]}}
    comment = "a mark in a stream that one does not have"
    yield "fence-leave-k", refused(comment, "fence", log, CAREGIVER, "leave", two)
    yield "fence-leave", refused("no mark", "fence", log, CAREGIVER, "leave", {"mark": {}})
    comment = "a mark without its chain"
    one = {"mark": {"c": [7]}}
    yield "leave-shape", refused(comment, "schema", log, CAREGIVER, "leave", one)
    reader = log.push(THERAPIST, "add", add_members(KEY, "recovery", member("key")))
    yield "authz-leave", refused("a recovery key leaves", "authz", reader, KEY, "leave", mark)
    link = Invite("colleague", log.circle)
    invite = link.members("caregiver", M_CAREGIVER, NOW_S + 4)
    invited = log.push(CAREGIVER, "invite", invite)
    gone = invited.push(CAREGIVER, "leave", mark)
    comment = "by an invitation of who has left"
    use = join_members(link, PHONE)
    yield "join-left", refused(comment, "invite", gone, PHONE, "join", use)
    yield "join-not-left", taken("while its maker is there", invited, PHONE, "join", use)


def rekeyed() -> Iterator[Case]:
    log = full()
    fresh = {"ep": {"c": log.ep()}}
    yield (
        "rekey-yearly",
        taken("a patient opens an epoch", log, PATIENT, "rekey", fresh, epochs={"c": 2}, stale=[]),
    )
    comment = "a caregiver opens an epoch of a stream that is not stale"
    yield "authz-rekey", refused(comment, "authz", log, CAREGIVER, "rekey", fresh)
    gone = log.push(PATIENT, "leave", {"mark": {"c": [2, ""]}})
    yield (
        "rekey-stale",
        taken("a caregiver, after somebody left", gone, CAREGIVER, "rekey", fresh, stale=[]),
    )
    cut = {"ep": {"c": log.ep(back=None)}}
    comment = "a caregiver, and history would end"
    yield "authz-rekey-cut", refused(comment, "authz", gone, CAREGIVER, "rekey", cut)
    yield "rekey-cut", taken("the therapist lets history end", gone, THERAPIST, "rekey", cut)
    fenced = {"ep": {"c": log.ep(fence={PATIENT.id: [9, ""]})}}
    comment = "who left has said the own mark"
    yield "fence-left", refused(comment, "fence", gone, THERAPIST, "rekey", fenced)
    reader = gone.push(THERAPIST, "add", add_members(KEY, "recovery", member("key")))
    yield "authz-rekey-key", refused("a recovery key", "authz", reader, KEY, "rekey", fresh)
    link = Invite("colleague", log.circle)
    invite = link.members("therapist", M_NEW, NOW_S + 4)
    later = log.push(THERAPIST, "invite", invite).push(THERAPIST, "rekey", fresh)
    use = join_members(link, COLLEAGUE)
    comment = "by an invitation from before a new epoch"
    yield "join-rekeyed", refused(comment, "invite", later, COLLEAGUE, "join", use)
    twice = later.push(PATIENT, "rekey", {"ep": {"c": log.ep(e=3)}})
    third = {"ep": {"c": log.ep(e=4)}}
    yield "rekey-fourth", taken("once more", twice, THERAPIST, "rekey", third, epochs={"c": 4})


def clinicians_stream() -> Iterator[Case]:
    log = full().push(THERAPIST, "add", add_members(COLLEAGUE, "therapist", M_COLLEAGUE))
    first = {"ep": {"k": log.ep("k", 1)}}
    streams = {THERAPIST.id: "ck", COLLEAGUE.id: "c", PATIENT.id: "c"}
    yield "k-open", taken(
        "a therapist opens the clinicians' stream", log, THERAPIST, "rekey", first,
        epochs={"c": 1, "k": 1}, streams=streams,
    )  # fmt: skip
    linked = {"ep": {"k": log.ep("k", 1, back=b64u(fixed("back", 60)))}}
    comment = "the first epoch has none before it"
    yield "k-open-back", refused(comment, "epoch", log, THERAPIST, "rekey", linked)
    yield "authz-k-patient", refused("a patient opens it", "authz", log, PATIENT, "rekey", first)
    k = clinicians()
    second = {"ep": {"k": k.ep("k", 2, back=None)}}
    comment = "a therapist without it, while another holds it"
    yield "authz-k-held", refused(comment, "authz", k, COLLEAGUE, "rekey", second)
    give = {"target": COLLEAGUE.id}
    streams = {THERAPIST.id: "ck", COLLEAGUE.id: "ck"}
    yield "grant-colleague", taken("to a colleague", k, THERAPIST, "grant", give, streams=streams)
    both = k.push(THERAPIST, "grant", give)
    for name, comment, expect, base, signer, target in (
        ("authz-grant-patient", "to a patient", "authz", k, THERAPIST, PATIENT),
        ("authz-grant", "by who does not hold it", "authz", k, COLLEAGUE, COLLEAGUE),
        ("target-grant-twice", "to who has it", "target", both, THERAPIST, COLLEAGUE),
        ("target-grant", "to who is not here", "target", k, THERAPIST, STRANGER),
    ):
        yield name, refused(comment, expect, base, signer, "grant", {"target": target.id})
    new = add_members(PHONE, "therapist", M_THERAPIST, s="ck")
    yield "add-ck", taken("an own phone, for both streams", k, THERAPIST, "add", new)
    comment = "both streams, by who holds one"
    other = add_members(PHONE, "therapist", M_COLLEAGUE, s="ck")
    yield "authz-add-ck", refused(comment, "authz", k, COLLEAGUE, "add", other)
    key = add_members(KEY, "recovery", member("key"), s="ck")
    yield "add-key-ck", taken("a recovery key for both", k, THERAPIST, "add", key)
    reader = k.push(THERAPIST, "add", key)
    comment = "by a recovery key that holds it"
    yield "authz-grant-key", refused(comment, "authz", reader, KEY, "grant", give)
    yield from losing_k(both)


def losing_k(log: Log) -> Iterator[Case]:
    fence = {COLLEAGUE.id: [1, ""]}
    of_both = removal(log, COLLEAGUE, c=log.ep(fence=fence), k=log.ep("k", 2, fence))
    yield "remove-k", taken(
        "a clinician removes a clinician", log, THERAPIST, "remove", of_both,
        epochs={"c": 2, "k": 2}, stale=[], marks={COLLEAGUE.id: {"c": [[1, ""]], "k": [[1, ""]]}},
    )  # fmt: skip
    of_c = removal(log, COLLEAGUE, c=log.ep(fence=fence))
    comment = "the removed clinician keeps the clinicians' key"
    yield "epoch-remove-k", refused(comment, "epoch", log, THERAPIST, "remove", of_c)
    yield "remove-k-by-patient", taken(
        "a patient, who cannot change that key", log, PATIENT, "remove", of_c,
        epochs={"c": 2, "k": 1}, stale=["k"],
    )  # fmt: skip
    stale = log.push(PATIENT, "remove", of_c)
    late = {"ep": {"k": log.ep("k", 2, fence)}}
    yield "rekey-k", taken(
        "then a clinician does, and fences", stale, THERAPIST, "rekey", late,
        stale=[], marks={COLLEAGUE.id: {"c": [[1, ""]], "k": [[1, ""]]}},
    )  # fmt: skip
    none = {"ep": {"k": log.ep("k", 2)}}
    comment = "whom the patient removed is not fenced in it"
    yield "fence-rekey-k", refused(comment, "fence", stale, THERAPIST, "rekey", none)
    more = log.push(THERAPIST, "add", add_members(PHONE, "therapist", M_NEW))
    fences = {COLLEAGUE.id: [1, ""], THERAPIST.id: [2, ""]}
    gone = more.push(
        PATIENT, "remove", removal(more, COLLEAGUE, THERAPIST, c=more.ep(fence=fences))
    )
    anew = {"ep": {"k": more.ep("k", 2, fences, back=None)}}
    yield "k-anew", taken(
        "when no therapist holds it any more, another opens it anew", gone, PHONE, "rekey", anew,
        epochs={"c": 2, "k": 2}, streams={PHONE.id: "ck"}, stale=[],
    )  # fmt: skip
    linked = {"ep": {"k": more.ep("k", 2, fences)}}
    comment = "a link to a secret that its signer cannot have"
    yield "k-anew-back", refused(comment, "epoch", gone, PHONE, "rekey", linked)


def accepted() -> Iterator[Case]:
    log = both_hold_k()
    log = log.push(PATIENT, "remove", removal(log, CAREGIVER))
    good = {"target": CAREGIVER.id, "x": "c", "n": 5, "d": ""}
    marks = {CAREGIVER.id: {"c": [[3, CHAIN], [5, ""]]}}
    comment = "late writings count after all"
    yield "accept-taken", taken(comment, log, THERAPIST, "accept", good, marks=marks)
    raised = log.push(THERAPIST, "accept", good)
    yield "accept-again", taken("and more", raised, PATIENT, "accept", good | {"n": 6})
    for name, comment, expect, base, signer, change in (
        ("fence-accept", "what counts already", "fence", log, PATIENT, {"n": 3}),
        ("fence-accept-less", "less than before", "fence", raised, PATIENT, {"n": 4}),
        ("target-accept", "of who is here", "target", log, PATIENT, {"target": COLLEAGUE.id}),
        ("target-accept-k", "in a stream it never had", "target", log, THERAPIST, {"x": "k"}),
        ("target-accept-none", "of a stranger", "target", log, PATIENT, {"target": STRANGER.id}),
        ("accept-stream", "in no stream", "schema", log, PATIENT, {"x": "ck"}),
        ("accept-count", "a count of seven digits", "schema", log, PATIENT, {"n": 10**6}),
    ):
        yield name, refused(comment, expect, base, signer, "accept", good | change)
    fence = {COLLEAGUE.id: [1, ""]}
    gone = removal(log, COLLEAGUE, c=log.ep(e=3, fence=fence), k=log.ep("k", 2, fence))
    later = log.push(THERAPIST, "remove", gone)
    of_k = {"target": COLLEAGUE.id, "x": "k", "n": 5, "d": CHAIN}
    yield "accept-k", taken("by who holds the stream", later, THERAPIST, "accept", of_k)
    comment = "by who does not hold the stream"
    yield "authz-accept-k", refused(comment, "authz", later, PATIENT, "accept", of_k)
    base = full().push(THERAPIST, "add", add_members(PHONE, "caregiver", M_CAREGIVER))
    other = base.push(PATIENT, "remove", removal(base, THERAPIST))
    foreign = good | {"target": THERAPIST.id, "n": 4}
    comment = "a caregiver accepts a therapist's"
    yield "authz-accept", refused(comment, "authz", other, CAREGIVER, "accept", foreign)


def closed() -> Iterator[Case]:
    log = full()
    yield "close-taken", taken("a patient closes", log, PATIENT, "close", {}, closed=True)
    yield "authz-close", refused("a caregiver closes", "authz", log, CAREGIVER, "close", {})
    comment = "what is not closed is opened again"
    yield "op-reopen", refused(comment, "op", log, PATIENT, "reopen", {})
    shut = log.push(PATIENT, "close", {})
    comment = "a therapist opens it again"
    yield "reopen-taken", taken(comment, shut, THERAPIST, "reopen", {}, closed=False)
    yield "authz-reopen", refused("a caregiver", "authz", shut, CAREGIVER, "reopen", {})
    for name, op, members in (
        ("add", "add", add_members(PHONE, "caregiver", M_CAREGIVER)),
        ("remove", "remove", removal(shut, CAREGIVER)),
        ("leave", "leave", {"mark": {"c": [0, ""]}}),
        ("close", "close", {}),
    ):
        comment = f"{op} in a closed circle"
        yield f"closed-{name}", refused(comment, "closed", shut, PATIENT, op, members)
    again = shut.push(THERAPIST, "reopen", {})
    yield "close-again", taken("closed once more", again, THERAPIST, "close", {}, closed=True)
    extra = {"note": "x"}
    yield "close-extra", refused("one member too many", "schema", log, PATIENT, "close", extra)
    admins = clinic()
    yield (
        "authz-close-clinic",
        refused("a therapist closes the clinic", "authz", admins, THERAPIST, "close", {}),
    )


def approved() -> Iterator[Case]:
    log = full()
    link = Invite("approved", log.circle)
    ts = NOW_S + 4
    asks = link.members("therapist", M_COLLEAGUE, ts) | {"mode": "approve", "exp": ts + 14 * DAY_S}
    yield "approve-invite", taken("a link for 14 days", log, THERAPIST, "invite", asks)
    long = asks | {"exp": ts + 14 * DAY_S + 1}
    yield "approve-long", refused("a second more", "ts", log, THERAPIST, "invite", long)
    base = log.push(THERAPIST, "invite", asks)
    good = add_members(COLLEAGUE, "therapist", M_COLLEAGUE, iid=link.iid)
    yield "approve-taken", taken("the colleague is let in", base, PATIENT, "add", good)
    use = join_members(link, COLLEAGUE)
    comment = "a link that only lets one ask"
    yield "approve-join", refused(comment, "invite", base, COLLEAGUE, "join", use)
    used = base.push(THERAPIST, "add", good)
    other = good | {"dev": PHONE.pub}
    yield "approve-used", refused("used before", "invite", used, THERAPIST, "add", other)
    for name, comment, change in (
        ("member", "as another member", {"member": M_NEW}),
        ("role", "in another role", {"role": "caregiver"}),
    ):
        members = good | change
        yield f"approve-{name}", refused(comment, "invite", base, THERAPIST, "add", members)
    comment = "a caregiver lets a therapist in"
    yield "authz-approve", refused(comment, "authz", base, CAREGIVER, "add", good)
    alone = add_members(COLLEAGUE, "therapist", M_COLLEAGUE)
    comment = "under the invited member, and not by its invitation"
    yield "authz-approve-beside", refused(comment, "authz", base, PATIENT, "add", alone)
    direct = Invite("direct", log.circle)
    given = log.push(THERAPIST, "invite", direct.members("patient", M_PATIENT, ts))
    by = add_members(PHONE, "patient", M_PATIENT, iid=direct.iid)
    comment = "by an invitation that needs nobody"
    yield "approve-direct", refused(comment, "invite", given, THERAPIST, "add", by)
    late = {"ts": ts + 14 * DAY_S + 1}
    yield "approve-late", refused("too late", "invite", base, THERAPIST, "add", good, **late)
    last = {"ts": ts + 14 * DAY_S}
    comment = "at the last second"
    yield "approve-last", refused(comment, "success", base, THERAPIST, "add", good, **last)


def shapes() -> Iterator[Case]:
    log = full()
    good, mark = removal(log, CAREGIVER), {"mark": {"c": [7, CHAIN]}}
    epoch = log.ep(fence={CAREGIVER.id: [3, CHAIN]})
    less = {name: value for name, value in epoch.items() if name != "commit"}
    accept = {"target": CAREGIVER.id, "x": "c", "n": 5, "d": ""}
    for name, comment, op, members in (
        ("target-text", "a name in place of a list", "remove", good | {"target": CAREGIVER.id}),
        ("target-name", "a name that is none", "remove", good | {"target": ["d"]}),
        ("epoch-commit", "an epoch without its commitment", "remove", good | {"ep": {"c": less}}),
        ("epoch-stream", "an epoch of no stream", "remove", good | {"ep": {"x": epoch}}),
        ("fence-list", "a fence as a list", "remove",
         good | {"ep": {"c": epoch | {"fence": []}}}),
        ("fence-name", "a fence for no device", "remove",
         good | {"ep": {"c": epoch | {"fence": {"d": [3, CHAIN]}}}}),
        ("mark-list", "marks as a list", "leave", {"mark": []}),
        ("mark-stream", "a mark in no stream", "leave", {"mark": mark["mark"] | {"x": [0, ""]}}),
        ("mark-chain", "a chain of 31 bytes", "leave", {"mark": {"c": [7, "A" * 42]}}),
        ("mark-count", "a count of seven digits", "leave", {"mark": {"c": [10**6, ""]}}),
        ("grant-list", "a list in place of a name", "grant", {"target": [CAREGIVER.id]}),
        ("accept-chain", "no chain at all", "accept", accept | {"d": 0}),
        ("rekey-none", "no epochs at all", "rekey", {"ep": []}),
        ("reopen-extra", "one member too many", "reopen", {"note": "x"}),
    ):  # fmt: skip
        yield f"shape-{name}", refused(comment, "schema", log, THERAPIST, op, members)


def all_cases() -> Iterator[Case]:
    yield from shapes()
    yield from removed()
    yield from must_remain()
    yield from left()
    yield from rekeyed()
    yield from clinicians_stream()
    yield from accepted()
    yield from closed()
    yield from approved()
