"""Snapshots against the operations that they were folded from."""

from collections.abc import Iterator

from vectors.circle_document_cases import PAIN, name_of, reading
from vectors.circle_log_cases import CAREGIVER, PATIENT, THERAPIST, Case, full
from vectors.circle_merge_cases import Story, amend, pain, plan, void
from vectors.circle_writer import (
    NOW_S,
    Json,
    Log,
    b64u,
    compact,
    fixed,
    member,
    packed,
    sealed_document,
)


def told() -> tuple[Story, Json]:
    """A small circle, and its snapshot: the newest two records, of an earlier third."""
    story = Story()
    old = story.write(THERAPIST, plan())
    story.write(
        PATIENT, {"type": "profile", "about": "member", "member": member("patient"), "name": "A"}
    )
    story.write(PATIENT, pain(1))
    second, third = story.write(PATIENT, pain(2)), story.write(PATIENT, pain(3))
    gone = story.write(PATIENT, pain(4))
    story.write(PATIENT, void(gone))
    change = story.write(PATIENT, amend(second, score=0))
    new = story.write(THERAPIST, plan(old))
    story.write(CAREGIVER, pain(9))  # not in the snapshot
    story.write(THERAPIST, {"type": "note", "text": "x"}, stream="k")
    feeds = {PATIENT.id: [7, b64u(fixed("chain", 32))], THERAPIST.id: [2, b64u(fixed("d", 32))]}
    body: Json = {
        "type": "snapshot",
        "lam": 10,
        "at": NOW_S,
        "tz_min": 60,
        "feeds": feeds,
        "before": 9,
        "settings": {member("patient"): {"name": "A"}},
        "plans": [{"id": new, "body": plan(old), "amended": []}],
        "records": [
            {"id": second, "body": pain(0), "amended": [change]},
            {"id": third, "body": pain(3), "amended": []},
        ],
    }
    return story, body


def case(comment: str, expect: str, story: Story, body: object, **other: object) -> Json:
    return {
        "comment": comment,
        "group": "snapshot",
        "expect": expect,
        "purpose": "patient",
        "stream": "c",
        "operations": story.operations,
        "body": body,
    } | other


def compared() -> Iterator[Case]:
    story, body = told()
    yield "same", case("as the originals say", "success", story, body, most=2)
    empty = body | {"feeds": {}, "before": 0, "settings": {}, "plans": [], "records": [], "lam": 1}
    yield "empty", case("of nothing", "success", story, empty, most=300)
    odd = Story()
    one = odd.write(PATIENT, plan(), kind="ev")
    two = odd.write(THERAPIST, pain(5), kind="pl")
    shown = [
        {"id": name, "body": given["body"], "amended": []}
        for name, given in zip((one, two), odd.operations, strict=True)
    ]
    mark = [1, b64u(fixed("chain", 32))]
    unplanned = empty | {"feeds": {PATIENT.id: mark, THERAPIST.id: mark}, "before": 2, "lam": 3}
    unplanned |= {"records": shown}
    comment = "a plan in another kind of document, and no plan in one of plans"
    yield "no-plans", case(comment, "success", odd, unplanned, most=300)
    record = body["records"][1]
    forged = record | {"body": pain(0)}
    for name, comment, wrong in (
        ("record", "another score", body | {"records": [body["records"][0], forged]}),
        ("older", "an older record instead of the newest", body | {"records": body["records"][:1]}),
        ("order", "in another order", body | {"records": body["records"][::-1]}),
        ("plan", "a plan that is not in force", body | {"plans": []}),
        ("name", "another name", body | {"settings": {member("patient"): {"name": "B"}}}),
        ("before", "another number", body | {"before": 10}),
        ("lam", "another lam", body | {"lam": 11}),
        (
            "amended",
            "an amendment not named",
            body | {"records": [body["records"][0] | {"amended": []}, record]},
        ),
        (
            "feed",
            "one document fewer",
            body | {"feeds": body["feeds"] | {PATIENT.id: [6, "A" * 43]}},
        ),
    ):
        yield name, case(comment, "snapshot", story, wrong, what="check")
    for name, comment, wrong in (
        ("members", "one more member", body | {"x": 1}),
        ("missing", "a member is missing", {k: v for k, v in body.items() if k != "before"}),
        ("type", "another type", body | {"type": "pain"}),
        ("feeds", "feeds in a list", body | {"feeds": []}),
        ("mark", "a mark without chain", body | {"feeds": {PATIENT.id: [7]}}),
        ("chain", "a chain that is cut", body | {"feeds": {PATIENT.id: [7, "A" * 42]}}),
        ("device", "no device", body | {"feeds": {"x": [7, "A" * 43]}}),
        ("zero", "a counter 0", body | {"feeds": body["feeds"] | {CAREGIVER.id: [0, "A" * 43]}}),
        ("records", "a record without a body", body | {"records": [{"id": record["id"]}]}),
        ("records-text", "records that are no list", body | {"records": ""}),
        ("records-more", "one more member in a record", body | {"records": [record | {"x": 1}]}),
        ("settings", "settings in a list", body | {"settings": {member("patient"): []}}),
    ):
        yield name, case(comment, "snapshot", story, wrong, what="read")
    yield "list", case("a list", "snapshot", story, [body], what="read")


def sealed(log: Log, kind: str, author: str) -> Json:
    device = {"patient": PATIENT, "therapist": THERAPIST, "caregiver": CAREGIVER}[author]
    return sealed_document(log, device, name_of(kind, device), packed(compact(PAIN)))


def kinds() -> Iterator[Case]:
    log = full()
    for kind, author, expect in (
        ("at", "patient", "success"),
        ("at", "caregiver", "success"),
        ("sn", "patient", "success"),
        ("sn", "therapist", "success"),
        ("sn", "caregiver", "authz"),
    ):
        document = sealed(log, kind, author)
        other: Json = {"obj": PAIN} if expect == "success" else {}
        found = reading(f"{kind} by {author}", expect, log, document, **other)
        yield f"{kind}-{author}", found | {"group": "kinds"}


def all_cases() -> Iterator[Case]:
    for name, found in compared():
        yield f"snapshot-{name}", found
    yield from kinds()
