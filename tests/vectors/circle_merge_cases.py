"""What a set of operations says, the same on every phone."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from vectors.circle_log_cases import CAREGIVER, PATIENT, PHONE, THERAPIST, Case
from vectors.circle_writer import NOW_S, Device, Json, fixed, member

KINDS = {"amend": "ev", "void": "ev", "set": "pr", "profile": "pr", "plan": "pl", "note": "nt"}
ROLES = {"therapist": "therapist", "colleague": "therapist", "patient": "patient"}
COLLEAGUE = Device("colleague")


@dataclass
class Story:
    """Operations as they were written, one after the other; each call writes the next one."""

    operations: list[Json] = field(default_factory=list)
    counters: dict[tuple[str, str], int] = field(default_factory=dict)

    def write(self, author: Device, body: Json, **other: object) -> str:
        """Give the name of the operation."""
        stream = str(other.pop("stream", "c"))
        n = self.counters.get((author.id, stream), 0) + 1
        self.counters[(author.id, stream)] = n
        kind = other.pop("kind", KINDS.get(str(body.get("type")), "ev"))
        name = f"{kind}:2611:{author.id}:{stream}{n:06d}"
        # The second phone is the patient's.
        whose = "patient" if author is PHONE else author.name
        role = ROLES.get(whose, "caregiver")
        given: Json = {
            "id": name,
            "lam": len(self.operations) + 1,
            "at": NOW_S,
            "role": role,
            "member": member(whose),
            "digest": fixed(f"digest {name}", 16).hex(),
            "body": body,
        }
        self.operations.append(given | other)
        return name

    def case(self, comment: str, **expected: object) -> Json:
        records = expected.pop("records", [])
        assert isinstance(records, list)
        bodies = {given["id"]: given["body"] for given in self.operations}
        return {
            "comment": comment,
            "group": "merge",
            "expect": "success",
            "purpose": expected.pop("purpose", "patient"),
            "stream": expected.pop("stream", "c"),
            "operations": self.operations,
            "records": [
                {"id": name, "body": bodies[name], "void": "", "amended": []} | change
                for name, change in records
            ],
            "plans": [],
            "settings": {},
            "idle": [],
            "aside": [],
            "next_lam": max((given["lam"] for given in self.operations), default=0) + 1,
        } | expected


def pain(score: int) -> Json:
    return {"type": "pain", "score": score, "context": "now"}


def amend(target: str, **values: object) -> Json:
    return {"type": "amend", "target": target, "values": values}


def void(target: str) -> Json:
    return {"type": "void", "target": target}


def plan(*parents: str) -> Json:
    return {"type": "plan", "parents": list(parents)}


def amendments() -> Iterator[Case]:
    story = Story()
    yield "nothing", story.case("no operation at all")
    first = story.write(PATIENT, pain(3))
    one = story.write(PATIENT, amend(first, score=4, day="2026-11-21"))
    two = story.write(PHONE, amend(first, score=5))
    body = pain(5) | {"day": "2026-11-21"}
    changed = (first, {"body": body, "amended": [one, two]})
    yield (
        "amend",
        story.case("the last one wins per member; one's own second phone", records=[changed]),
    )
    story.write(PATIENT, void(one))
    changed = (first, {"body": pain(5), "amended": [two]})
    yield "amend-void", story.case("an amendment that was taken back", records=[changed])

    story = Story()
    first = story.write(PATIENT, pain(3))
    drop = story.write(
        PATIENT, amend(first, type="note", lam=9, at=1, x=1) | {"drop": ["context", "type"]}
    )
    body = {"type": "pain", "score": 3, "x": 1}
    changed = (first, {"body": body, "amended": [drop]})
    yield "amend-kept", story.case("type, lam and at stay; a member is dropped", records=[changed])

    for name, comment, author, role in (
        ("therapist", "a therapist amends a patient's record", THERAPIST, "therapist"),
        ("caregiver", "a caregiver amends a patient's record", CAREGIVER, "caregiver"),
    ):
        story = Story()
        first = story.write(PATIENT, pain(3))
        other = story.write(author, amend(first, score=0), role=role)
        yield f"amend-{name}", story.case(comment, records=[(first, {})], idle=[other])

    story = Story()
    first = story.write(PATIENT, pain(3), lam=5)
    other = story.write(PATIENT, amend(first, score=0), lam=4)
    lost = story.write(PATIENT, amend(f"ev:2611:{PATIENT.id}:c000009", score=0), lam=6)
    yield (
        "amend-before",
        story.case("before its target, or without one", records=[(first, {})], idle=[other, lost]),
    )

    story = Story()
    written = story.write(THERAPIST, plan())
    other = story.write(THERAPIST, amend(written, title="x"))
    yield (
        "amend-plan",
        story.case("plans are versions", records=[(written, {})], plans=[written], idle=[other]),
    )
    story = Story()
    first = story.write(PATIENT, pain(3))
    strange = story.write(PATIENT, amend(first, score=0), kind="pr")
    yield (
        "amend-kind",
        story.case(
            "an amendment in a document of settings is a record that nobody knows",
            records=[(first, {}), (strange, {})],
        ),
    )


def voids() -> Iterator[Case]:
    story = Story()
    first, second = story.write(PATIENT, pain(3)), story.write(PATIENT, pain(4))
    gone = story.write(PATIENT, void(first))
    back = story.write(PATIENT, void(gone))
    late = story.write(PATIENT, amend(first, score=9))
    changed = (first, {"void": gone, "body": pain(9), "amended": [late]})
    yield "void", story.case("void is for ever", records=[changed, (second, {})], idle=[back])
    story = Story()
    first = story.write(PATIENT, pain(3))
    others = [story.write(THERAPIST, void(first)), story.write(CAREGIVER, void(first))]
    yield "void-others", story.case("others' records", records=[(first, {})], idle=others)
    story = Story()
    post = story.write(PATIENT, {"type": "post", "text": "x"}, role="participant")
    hidden = story.write(THERAPIST, void(post))
    by_peer = story.write(CAREGIVER, void(post), role="participant")
    yield (
        "void-post",
        story.case(
            "in a cohort a therapist hides a post",
            purpose="cohort",
            records=[(post, {"void": hidden})],
            idle=[by_peer],
        ),
    )
    yield (
        "void-post-elsewhere",
        story.case("but in no other circle", records=[(post, {})], idle=[hidden, by_peer]),
    )
    story = Story()
    pained = story.write(PATIENT, pain(3), role="participant")
    hidden = story.write(THERAPIST, void(pained))
    yield (
        "void-pain",
        story.case(
            "and nothing but a post", purpose="cohort", records=[(pained, {})], idle=[hidden]
        ),
    )


def plans() -> Iterator[Case]:
    story = Story()
    first = story.write(THERAPIST, plan())
    left, right = story.write(THERAPIST, plan(first)), story.write(COLLEAGUE, plan(first))
    known: list[tuple[str, Json]] = [(first, {}), (left, {}), (right, {})]
    yield "plan-heads", story.case("two at once", records=known, plans=[left, right])
    both = story.write(THERAPIST, plan(left, right))
    known.append((both, {}))
    yield "plan-joined", story.case("one with both as parents", records=known, plans=[both])
    gone = story.write(THERAPIST, void(both))
    known[-1] = (both, {"void": gone})
    yield "plan-void", story.case("no older one comes back by itself", records=known, plans=[])
    story = Story()
    first = story.write(THERAPIST, plan(), lam=3)
    early = story.write(COLLEAGUE, plan(first, "x"), lam=2)
    yield (
        "plan-backwards",
        story.case(
            "a parent that stands after its child",
            records=[(early, {}), (first, {})],
            plans=[early, first],
            next_lam=4,
        ),
    )


def settings() -> Iterator[Case]:
    def name(of: str, text: str) -> Json:
        return {"type": "profile", "about": "member", "member": member(of), "name": text}

    def chosen(of: str, **values: object) -> Json:
        return {"type": "set", "about": "member", "member": member(of), "values": values}

    story = Story()
    story.write(THERAPIST, name("patient", "Amina D."))
    yield (
        "named",
        story.case("named by the therapist", settings={member("patient"): {"name": "Amina D."}}),
    )
    story.write(PATIENT, name("patient", "Amina"))
    story.write(PATIENT, chosen("patient", dark=True, size=2))
    story.write(PHONE, chosen("patient", size=3))
    story.write(THERAPIST, name("patient", "A. Diallo"))
    own = {"name": "Amina", "dark": True, "size": 3}
    yield (
        "named-own",
        story.case("one's own word stands above others'", settings={member("patient"): own}),
    )
    story = Story()
    story.write(CAREGIVER, name("therapist", "Dr. Evil"))
    story.write(COLLEAGUE, name("therapist", "Dr. Good"), lam=2)
    story.write(CAREGIVER, name("therapist", "Dr. Evil"), lam=3)
    yield (
        "named-by-others",
        story.case(
            "a clinician's word stands above a caregiver's",
            settings={member("therapist"): {"name": "Dr. Good"}},
        ),
    )
    story = Story()
    clinic = {"type": "profile", "about": "clinic", "name": "At the market"}
    story.write(THERAPIST, clinic)
    other = story.write(PATIENT, clinic | {"name": "x"})
    yield (
        "clinic",
        story.case(
            "of the clinic, clinicians speak",
            settings={"": {"name": "At the market"}},
            idle=[other],
        ),
    )
    gone = story.operations[0]["id"]
    story.write(THERAPIST, void(gone))
    yield "settings-void", story.case("taken back", settings={}, idle=[other])


def streams() -> Iterator[Case]:
    story = Story()
    first = story.write(THERAPIST, {"type": "note", "text": "x"})
    hidden = story.write(THERAPIST, {"type": "note", "text": "y"}, stream="k")
    across = story.write(THERAPIST, void(first), stream="k", lam=7)
    yield (
        "stream-c",
        story.case(
            "what clinicians hold changes nothing for all", records=[(first, {})], next_lam=2
        ),
    )
    yield (
        "stream-k",
        story.case(
            "their own stream", stream="k", records=[(hidden, {})], idle=[across], next_lam=8
        ),
    )
    story = Story()
    for n in range(3):
        story.write(THERAPIST, pain(n), stream="k", lam=1)
    edge = story.write(PATIENT, pain(1), lam=1_000_000)
    over = story.write(CAREGIVER, pain(2), lam=1_000_002)
    yield (
        "stream-far",
        story.case(
            "another stream's operations do not count before it",
            records=[(edge, {})],
            aside=[over],
            next_lam=1_000_001,
        ),
    )


def twice() -> Iterator[Case]:
    story = Story()
    first = story.write(PATIENT, pain(1), digest="b" * 32)
    story.write(PATIENT, pain(2), digest="a" * 32)
    story.operations[1]["id"] = first.replace("2611", "2612")
    kept = story.operations[1]["id"]
    yield (
        "twice-month",
        story.case("one counter under two names: the smaller digest", records=[(kept, {})]),
    )


def odd() -> Iterator[Case]:
    """Whoever holds a key may seal anything; nobody's phone may stumble over it."""
    story = Story()
    first = story.write(PATIENT, pain(3))
    wrong = [
        story.write(PATIENT, amend(first, score=0) | {"target": 5}),
        story.write(PATIENT, void(first) | {"target": [first]}),
        story.write(PATIENT, {"type": "amend", "target": first, "values": [1]}),
        story.write(PATIENT, amend(first, score=0) | {"drop": "score"}),
        story.write(PATIENT, {"type": "void"}),
    ]
    yield "odd-targets", story.case("nothing to act on", records=[(first, {})], idle=wrong)
    drop = story.write(PATIENT, amend(first) | {"drop": [5, ["score"], "context"]})
    changed = (first, {"body": {"type": "pain", "score": 3}, "amended": [drop]})
    yield "odd-drop", story.case("what is no name drops nothing", records=[changed], idle=wrong)

    story = Story()
    first = story.write(PATIENT, pain(3))
    change = story.write(PATIENT, amend(first, score=4))
    again = story.write(PATIENT, amend(change, values={}))
    changed = (first, {"body": pain(4), "amended": [change]})
    yield "amend-amend", story.case("no amendment of one", records=[changed], idle=[again])

    story = Story()
    post = story.write(PATIENT, {"type": "post", "text": "x"}, role="participant")
    by_peer = story.write(CAREGIVER, void(post), role="participant")
    yield (
        "void-post-peer",
        story.case(
            "a participant hides nothing of others",
            purpose="cohort",
            records=[(post, {})],
            idle=[by_peer],
        ),
    )


def odd_values() -> Iterator[Case]:
    story = Story()
    about: Json = {"about": "member", "member": member("patient")}
    wrong = [
        story.write(PATIENT, {"type": "profile", "about": "member", "member": 5, "name": "x"}),
        story.write(PATIENT, {"type": "set"} | about | {"values": ["x"]}),
        story.write(PATIENT, {"type": "profile"} | about),
        story.write(PATIENT, {"type": "set", "values": {"x": 1}}),
    ]
    yield "odd-settings", story.case("settings of nothing", idle=wrong)

    story = Story()
    listed = story.write(PATIENT, {"type": ["void"], "target": "x"})
    untyped = story.write(PATIENT, {"score": 1})
    yield "odd-types", story.case("records of no type", records=[(listed, {}), (untyped, {})])

    story = Story()
    first = story.write(THERAPIST, plan())
    texts = story.write(THERAPIST, {"type": "plan", "parents": first})
    lists = story.write(THERAPIST, {"type": "plan", "parents": [5, [first]]})
    none = story.write(THERAPIST, {"type": "plan"})
    names = [first, texts, lists, none]
    yield (
        "odd-parents",
        story.case("parents that are none", records=[(name, {}) for name in names], plans=names),
    )


def all_cases() -> Iterator[Case]:
    for source in (amendments, voids, plans, settings, streams, twice, odd, odd_values):
        for name, case in source():
            # A story goes on after its first case: what was given so far is kept.
            yield f"merge-{name}", case | {"operations": list(case["operations"])}
