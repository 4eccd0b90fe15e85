"""Random schedules of acts in one circle: what the model and the library are both put through."""

from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from sync.circle.model import ENTRANCE, Act, Broken, Circle

FOUNDED = [
    ("patient", "members", "therapist"),
    ("patient", "members", "patient"),
    ("patient", "patient", "therapist"),
    ("patient", "patient", "patient"),
    ("clinic", "members", "admin"),
    ("cohort", "members", "therapist"),
]
"""Purpose, who adds, and the founder's role."""

CROWD = {
    "patient": ["therapist", "caregiver", "therapist", "patient", "recovery"],
    "clinic": ["therapist", "admin", "therapist", "recovery", "therapist"],
    "cohort": ["participant", "therapist", "participant", "participant", "therapist"],
}
"""Who is let in before the schedule begins, as far as it says."""

START_S = 1_795_000_000
ONE_OF = st.integers(0, 120)
WRONG = st.integers(0, 9).map(lambda n: n == 0)
LATER_S = st.sampled_from([0, 1, 0, 2, 0, 60, 0, 600, 0, 1, 3_700, 1, 90_000, -1])


class Schedule(RuleBasedStateMachine):
    """Random devices do random acts, mostly well-formed ones."""

    circle: Circle

    @initialize(founded=st.sampled_from(FOUNDED), crowd=st.integers(0, 5), k=st.booleans())
    def found(self, *, founded: tuple[str, str, str], crowd: int, k: bool) -> None:
        purpose, adds, role = founded
        self.circle = Circle(purpose, adds, role, ("d0", "m0"))
        self.circle.ts = START_S
        self.begin(purpose, adds, role)
        for number, role_name in enumerate(CROWD[purpose][:crowd], 1):
            new = f"d{number}"
            given = {"name": new, "key": new, "member": f"m{number}", "role": role_name}
            self.do(Act("add", "d0", START_S, {**given, "streams": {"c"}, "iid": None}))
        if k:
            self.do(Act("rekey", "d0", START_S, {"ep": {"k": (1, False, {})}}))

    def begin(self, purpose: str, adds: str, role: str) -> None:
        """What else is founded with the model's circle."""

    def do(self, act: Act) -> str | None:
        """Try an act; the code with which it is refused."""
        try:
            self.circle.tell(act)
        except Broken as broken:
            return broken.code
        return None

    def ask(self, op: str, who: int, later_s: int, **given: Any) -> str | None:
        return self.do(Act(op, self.signer(who), self.circle.ts + later_s, given))

    def signer(self, who: int) -> str:
        """Mostly a live device."""
        live: list[str] = [d.name for d in self.circle.live()]
        known = live if who % 10 else list(self.circle.devices)
        return known[who % len(known)]

    def asked_for(self, which: int) -> str:
        """Mostly an open invitation."""
        circle = self.circle
        names = [i.name for i in circle.invites.values() if circle.open(i, circle.ts)]
        return names[which % len(names)] if names and which % 10 else f"i{which % 7}"

    def fresh(self, names: Any, which: int, letter: str) -> str:
        """Mostly a new name, now and then one that was here before."""
        return f"{letter}{len(names) if which % 8 else which % (len(names) + 1)}"

    def whose(self, member: int, role: int) -> tuple[str, str]:
        """A known member in its role, or a new one in any, or a known one in another."""
        roles = sorted(ENTRANCE[self.circle.purpose])
        standing = sorted(self.circle.roles(self.circle.ts).items())
        name, known = standing[member % len(standing)] if standing else ("m0", roles[0])
        if member % 3 == 0:
            return name, known if role % 8 else roles[role % len(roles)]
        return f"m{member % 12}", roles[role % len(roles)]

    def epochs(self, streams: list[str], who: int, lost: list[str], back: int) -> dict[str, Any]:
        """Well-formed epochs for these streams: number, link back, fence."""
        found = {}
        by = self.circle.devices[self.signer(who)]
        for stream in streams:
            number = len(self.circle.opened[stream]) + 1
            fenced = self.circle.unmarked(stream)
            fenced |= {n for n in lost if stream in self.circle.devices[n].streams}
            linked = number > 1 and stream in by.streams
            linked = not linked if back % 12 == 0 else linked and back % 12 != 1
            found[stream] = (
                number + (back % 12 == 2),
                linked,
                {name: index for index, name in enumerate(sorted(fenced)[back % 12 == 3 :])},
            )
        return found

    @rule(who=ONE_OF, member=ONE_OF, role=ONE_OF, k=WRONG, which=ONE_OF, life=ONE_OF, t=LATER_S)
    def invite(
        self, *, who: int, member: int, role: int, k: bool, which: int, life: int, t: int
    ) -> None:
        name, role_name = self.whose(member, role)
        longest = (3_600, 1_209_600)[life % 2]
        self.ask(
            "invite",
            who,
            t,
            name=self.fresh(self.circle.invites, which, "i"),
            key=self.fresh(self.circle.invites, which // 8, "i") if which % 11 else "d0",
            member=name,
            role=role_name,
            streams={"c", "k"} if k else {"c"},
            mode=("direct", "approve")[life % 2],
            exp=self.circle.ts + t + (longest + 1 if life % 9 == 0 else longest),
        )

    @rule(who=ONE_OF, which=ONE_OF, t=LATER_S)
    def uninvite(self, *, who: int, which: int, t: int) -> None:
        self.ask("uninvite", who, t, iid=self.asked_for(which))

    @rule(which=ONE_OF, device=ONE_OF, t=LATER_S)
    def join(self, *, which: int, device: int, t: int) -> None:
        name = self.fresh(self.circle.devices, device, "d")
        given = {"iid": self.asked_for(which), "key": name}
        self.do(Act("join", name, self.circle.ts + t, given))

    @rule(who=ONE_OF, member=ONE_OF, role=ONE_OF, k=WRONG, device=ONE_OF, t=LATER_S)
    def add(self, *, who: int, member: int, role: int, k: bool, device: int, t: int) -> None:
        name, role_name = self.whose(member, role)
        new = self.fresh(self.circle.devices, device, "d")
        streams = {"c", "k"} if k else {"c"}
        given = {"name": new, "key": new, "member": name, "role": role_name, "streams": streams}
        self.ask("add", who, t, iid=None, **given)

    @rule(who=ONE_OF, which=ONE_OF, wrong=ONE_OF, device=ONE_OF, t=LATER_S)
    def approve(self, *, who: int, which: int, wrong: int, device: int, t: int) -> None:
        if not self.circle.invites:
            return
        invites = self.circle.invites
        invite = invites.get(self.asked_for(which), next(iter(invites.values())))
        new = self.fresh(self.circle.devices, device, "d")
        given = {"member": invite.member, "role": invite.role, "streams": set(invite.streams)}
        if wrong % 8 == 0:
            given["member"] = "m11"
        self.ask("add", who, t, iid=invite.name, name=new, key=new, **given)

    @rule(who=ONE_OF, which=ONE_OF, t=LATER_S)
    def grant(self, *, who: int, which: int, t: int) -> None:
        apt = [d.name for d in self.circle.live() if d.role in {"therapist", "recovery"}]
        of = apt if apt and which % 5 else [*self.circle.devices, "d99"]
        self.ask("grant", who, t, target=of[which % len(of)])

    @rule(
        who=ONE_OF,
        which=st.lists(ONE_OF, min_size=1, max_size=3),
        wrong=WRONG,
        back=ONE_OF,
        t=LATER_S,
    )
    def remove(self, *, who: int, which: list[int], wrong: bool, back: int, t: int) -> None:
        known = list(self.circle.devices)
        names = [known[n % len(known)] for n in which]
        if not wrong:
            names = sorted({n for n in names if self.circle.devices[n].live} - {self.signer(who)})
        k = any("k" in self.circle.devices[n].streams for n in names)
        holds = "k" in self.circle.devices[self.signer(who)].streams
        streams = ["c", "k"] if (k and holds) != (back % 7 == 0) else ["c"]
        self.ask("remove", who, t, target=names, ep=self.epochs(streams, who, names, back))

    @rule(who=ONE_OF, wrong=WRONG, t=LATER_S)
    def leave(self, *, who: int, wrong: bool, t: int) -> None:
        by = self.circle.devices[self.signer(who)]
        streams = {"c"} if wrong else by.streams
        self.ask("leave", who, t, mark=dict.fromkeys(sorted(streams), who % 5))

    @rule(who=ONE_OF, streams=st.sampled_from([["c"], ["k"], ["k"], ["c", "k"]]), back=ONE_OF)
    def rekey(self, *, who: int, streams: list[str], back: int) -> None:
        self.ask("rekey", who, 0, ep=self.epochs(streams, who, [], back))

    @rule(who=ONE_OF, which=ONE_OF, stream=st.sampled_from("ck"), n=st.integers(0, 9))
    def accept(self, *, who: int, which: int, stream: str, n: int) -> None:
        known = list(self.circle.devices)
        gone = [name for name in known if not self.circle.devices[name].live]
        of = gone if gone and n else known
        self.ask("accept", who, 0, target=of[which % len(of)], x=stream, n=n)

    @rule(who=ONE_OF, often=WRONG)
    def close(self, *, who: int, often: bool) -> None:
        if often:
            self.ask("close", who, 0)

    @rule(who=ONE_OF)
    def reopen(self, *, who: int) -> None:
        self.ask("reopen", who, 0)


def play(machine: Schedule, seed: int, steps: int, check: Callable[[], None]) -> None:
    """One long schedule from a seed: wider than what Hypothesis draws, and never made smaller.

    Args:
        machine: A new one.
        seed: Says everything that happens.
        steps: How many acts are asked for.
        check: Called after each act.
    """
    dice = Random(seed)
    machine.found(founded=dice.choice(FOUNDED), crowd=dice.randrange(6), k=dice.random() < 0.5)
    some: dict[str, Callable[[], Any]] = {
        "t": lambda: dice.choice([0, 1, 5, 60]),
        "k": lambda: dice.random() < 0.2,
        "wrong": lambda: dice.random() < 0.1,
        "often": lambda: dice.random() < 0.1,
        "stream": lambda: dice.choice("ck"),
        "streams": lambda: dice.choice([["c"], ["k"], ["c", "k"]]),
        "n": lambda: dice.randrange(10),
    }

    def number() -> int:
        return dice.randrange(120)

    asked = {
        "invite": "who member role k which life t",
        "uninvite": "who which t",
        "join": "which device t",
        "add": "who member role k device t",
        "approve": "who which wrong device t",
        "grant": "who which t",
        "remove": "who which wrong back t",
        "leave": "who wrong t",
        "rekey": "who streams back",
        "accept": "who which stream n",
        "close": "who often",
        "reopen": "who",
    }
    weights = [3, 1, 4, 5, 2, 3, 2, 1, 3, 2, 1, 1]
    for _ in range(steps):
        (op,) = dice.choices(list(asked), weights)
        given = {name: some.get(name, number)() for name in asked[op].split()}
        if op == "remove":
            given["which"] = [number() for _ in range(dice.randint(1, 2))]
        if op == "approve":
            given["wrong"] = number()
        getattr(machine, op)(**given)
        check()
