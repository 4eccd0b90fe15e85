"""The library against the model: the same acts, signed, are taken and refused for one reason."""

from functools import lru_cache
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.envelope import public_point
from rejoint_sync.circle.epochs import commit, required_wraps, wrap_id
from rejoint_sync.circle.jws import sign_jws
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.log import PROOF_TYP, Membership
from rejoint_sync.circle.schema import ENTRY_TYP
from sync.circle.model import Act
from sync.circle.schedules import START_S, Schedule, play
from sync.circle.story import code_of, fixed, member_of

S = {frozenset("c"): "c", frozenset("ck"): "ck"}


@lru_cache
def keys_of(name: str) -> DeviceKeys:
    return DeviceKeys.of(fixed(f"kem {name}"), fixed(f"sign {name}"))


@lru_cache
def spk_of(name: str) -> str:
    return b64u_encode(public_point(fixed(f"sign {name}")))


def iid_of(name: str) -> str:
    return "i" + b64u_encode(fixed(name, 16))


def commit_of(stream: str, number: int) -> str:
    return commit(fixed(f"secret {stream} {number}"), stream, number)


def ep_of(given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for stream, (number, linked, fence) in given.items():
        marks = {keys_of(name).id: [n, ""] for name, n in fence.items()}
        found[stream] = {"e": number, "commit": commit_of(stream, number), "fence": marks}
        if linked:
            found[stream]["back"] = b64u_encode(bytes(60))
    return found


def names_of(target: list[str]) -> list[str]:
    """As well sorted as the model's names are: other names sort another way."""
    found = sorted(keys_of(name).id for name in target)
    return found if target == sorted(target) else found[::-1]


class Twin(Schedule):
    """Does each act in the model, and signed in the library, and compares."""

    membership: Membership

    def begin(self, purpose: str, adds: str, role: str) -> None:
        founder = {"role": role, "member": member_of("m0"), "dev": dict(keys_of("d0").pub)}
        circle = {"purpose": purpose, "adds": adds, "clinic": "", "rnd": b64u_encode(bytes(16))}
        common = {"v": 1, "seq": 0, "op": "genesis", "prev": "", "ts": START_S}
        payload = common | circle | founder | {"ep": ep_of({"c": (1, False, {})})}
        j = keys_of("d0").sign_jws(ENTRY_TYP, payload)
        self.membership = Membership.founded({"_id": "log:000000", "j": j})

    def members(self, act: Act) -> dict[str, Any]:
        """The members of the signed entry."""
        g = act.given
        same: dict[str, Any] = {n: g[n] for n in ("mode", "exp", "role", "x", "n") if n in g}
        if act.op == "join":
            return self.joining(act)
        if act.op == "invite":
            spk = keys_of("d0").pub["spk"] if g["key"] == "d0" else spk_of(g["key"])
            same |= {"iid": iid_of(g["name"]), "spk": spk}
        if act.op == "add":
            same |= {"iid": iid_of(g["iid"]) if g["iid"] else "", "dev": keys_of(g["name"]).pub}
        if act.op == "uninvite":
            same |= {"iid": iid_of(g["iid"])}
        if "member" in g:
            same |= {"member": member_of(g["member"]), "s": S[frozenset(g["streams"])]}
        if "target" in g:
            many = isinstance(g["target"], list)
            same |= {"target": names_of(g["target"]) if many else keys_of(g["target"]).id}
        if "ep" in g:
            same |= {"ep": ep_of(g["ep"])}
        if "mark" in g:
            same |= {"mark": {stream: [n, ""] for stream, n in g["mark"].items()}}
        return same | ({"d": ""} if act.op == "accept" else {})

    def joining(self, act: Act) -> dict[str, Any]:
        invite = self.circle.invites.get(act.given["iid"])
        key = fixed(f"sign {invite.key if invite else ''}")
        iid, keys = iid_of(act.given["iid"]), keys_of(act.by)
        body = {"cir": self.membership.circle, "dev": keys.id}
        return {"iid": iid, "dev": dict(keys.pub), "proof": sign_jws(key, iid, PROOF_TYP, body)}

    def signed(self, act: Act) -> dict[str, Any]:
        before = self.membership
        seq = before.seq + 1
        common = {"v": 1, "seq": seq, "op": act.op, "prev": before.head, "cir": before.circle}
        payload = common | {"ts": act.ts} | self.members(act)
        j = keys_of(act.by).sign_jws(ENTRY_TYP, payload)
        return {"_id": f"log:{seq:06d}", "j": j}

    def do(self, act: Act) -> str | None:
        document, before = self.signed(act), self.membership
        readers = {key: set(names) for key, names in self.circle.readers.items()}
        expected = super().do(act)
        assert code_of(before.append, document) == expected
        if expected is not None:
            return expected
        self.membership = before.append(document)
        wraps = sorted(
            wrap_id(stream, number, commit_of(stream, number), keys_of(name).id)
            for (stream, number), names in self.circle.readers.items()
            for name in names - readers.get((stream, number), set())
        )
        assert sorted(required_wraps(before, self.membership)) == wraps
        return None

    @invariant()
    def both_say_the_same_of_everyone(self) -> None:
        for name, device in self.circle.devices.items():
            member = self.membership.devices[keys_of(name).id]
            said = (member.member, member.role, set(member.streams), member.since, member.until)
            mine = (member_of(device.member), device.role, device.streams)
            assert said == (*mine, device.since, device.until)
            assert {x: marks[-1].n for x, marks in member.marks.items()} == device.marks
        assert len(self.membership.devices) == len(self.circle.devices)

    @invariant()
    def both_say_the_same_of_the_circle(self) -> None:
        membership, circle = self.membership, self.circle
        for stream, seqs in circle.opened.items():
            chain = membership.epochs.get(stream, ())
            assert [epoch.at_seq for epoch in chain] == seqs
            assert membership.is_stale(stream) == circle.stale(stream)
            unfenced = {keys_of(name).id for name in circle.unmarked(stream)}
            assert membership.unfenced(stream) == unfenced
        still = {iid_of(i.name) for i in circle.invites.values() if circle.open(i, circle.ts)}
        assert {i.iid for i in membership.open_invitations(circle.ts)} == still
        assert (membership.closed_s is not None) == circle.closed


def test_library_and_model_take_and_refuse_the_same() -> None:
    run_state_machine_as_test(
        Twin,
        settings=settings(
            max_examples=25,
            stateful_step_count=35,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("seed", range(5))
def test_library_and_model_agree_in_long_schedules(seed: int) -> None:
    played(seed, 60)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 200))
def test_library_and_model_agree_for_ten_thousand_steps(seed: int) -> None:
    played(seed, 100)


def played(seed: int, steps: int) -> None:
    machine = Twin()

    def check() -> None:
        machine.both_say_the_same_of_everyone()
        machine.both_say_the_same_of_the_circle()

    play(machine, seed, steps, check)
