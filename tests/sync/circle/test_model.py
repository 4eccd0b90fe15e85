"""What the tables of roles promise, whatever devices do and in whatever order they do it."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, precondition, run_state_machine_as_test

from sync.circle.model import REMOVE_ANYONE, Act, Circle, Device
from sync.circle.schedules import Schedule, play

CLINICIANS = {"therapist", "admin"}


class Promises(Schedule):
    """A schedule that asks after each act what must hold for ever."""

    def do(self, act: Act) -> str | None:
        before = self.circle.would, dict(self.circle.devices), dict(self.circle.opened)
        roles = {d.member: d.role for d in self.circle.devices.values()}
        inviter = self.circle.invites.get(act.given.get("iid"))
        opened = {stream: len(seqs) for stream, seqs in self.circle.opened.items()}
        code = super().do(act)
        if code is None:
            for name in self.circle.devices.keys() - before[1].keys():
                entered = self.circle.devices[name]
                by = inviter.by if act.op == "join" and inviter else act.by
                assert roles.get(entered.member, entered.role) == entered.role
                if entered.role in CLINICIANS and entered.member in roles:
                    assert self.circle.devices[by].member == entered.member
            if any(len(self.circle.opened[x]) > count for x, count in opened.items()):
                assert not any(self.circle.open(i, act.ts) for i in self.circle.invites.values())
        return code

    def asks(self, by: Device, op: str, **given: object) -> str | None:
        return self.circle.would(Act(op, by.name, self.circle.ts, dict(given)))

    def rekeys(self, by: Device, stream: str) -> bool:
        holds = stream in by.streams and len(self.circle.opened[stream]) > 0
        fence = dict.fromkeys(self.circle.unmarked(stream), 0)
        ep = {stream: (len(self.circle.opened[stream]) + 1, holds, fence)}
        return self.asks(by, "rekey", ep=ep) is None

    def removes(self, by: Device, target: Device) -> bool:
        ep = {}
        both = ["c"] + (["k"] if "k" in by.streams & target.streams else [])
        for stream in both:
            fence = dict.fromkeys(self.circle.unmarked(stream) | {target.name}, 0)
            ep[stream] = (len(self.circle.opened[stream]) + 1, True, fence)
        return self.asks(by, "remove", target=[target.name], ep=ep) is None

    @invariant()
    def names_are_there_once(self) -> None:
        devices, invites = self.circle.devices.values(), self.circle.invites.values()
        keys = [d.key for d in devices] + [i.key for i in invites]
        assert len(keys) == len(set(keys))
        roles: dict[object, str] = {}
        for device in devices:
            assert roles.setdefault(device.member, device.role) == device.role
        if self.circle.purpose == "patient":
            assert sum(role == "patient" for role in roles.values()) <= 1

    @invariant()
    def readers_are_named_by_the_log(self) -> None:
        """Who has the secret of an epoch held its stream, and was live at some time in it."""
        for (stream, number), readers in self.circle.readers.items():
            seqs = self.circle.opened[stream]
            end = seqs[number] if number < len(seqs) else self.circle.seq + 1
            for name in readers:
                device = self.circle.devices[name]
                assert stream in device.streams
                assert device.since <= end
                assert device.until is None or device.until > seqs[number - 1]

    @invariant()
    def a_stream_that_is_not_stale_is_read_by_the_live_alone(self) -> None:
        for stream, seqs in self.circle.opened.items():
            if seqs and not self.circle.stale(stream):
                live = {d.name for d in self.circle.live() if stream in d.streams}
                assert self.circle.readers[stream, len(seqs)] == live

    @invariant()
    def a_closed_circle_can_be_opened_again(self) -> None:
        if self.circle.closed:
            assert any(self.asks(d, "reopen") is None for d in self.circle.live())

    @invariant()
    @precondition(lambda self: not self.circle.closed)
    def nobody_is_stuck(self) -> None:
        circle = self.circle
        live = circle.live()
        able = [d for d in live if d.role in REMOVE_ANYONE[circle.table]]
        assert able
        for device in able:
            assert self.rekeys(device, "c")
            new = {"admin": "therapist"}.get(device.role, "caregiver")
            new = "participant" if circle.purpose == "cohort" else new
            given = {"name": "new", "key": "new", "member": "new", "role": new, "streams": {"c"}}
            assert self.asks(device, "add", iid=None, **given) is None
            assert all(self.removes(device, other) for other in live if other is not device)
        if circle.stale("c"):
            assert all(self.rekeys(d, "c") for d in live if d.role != "recovery")

    @invariant()
    @precondition(lambda self: not self.circle.closed)
    def clinicians_can_have_a_stream_of_their_own(self) -> None:
        therapists = [d for d in self.circle.live() if d.role == "therapist"]
        if therapists:
            assert any(self.rekeys(d, "k") for d in therapists)

    @invariant()
    @precondition(lambda self: not self.circle.closed)
    def own_devices_may_come_and_others_may_go(self) -> None:
        live = [d for d in self.circle.live() if d.role != "recovery"]
        for d in live:
            own = {"name": "new", "key": "new", "member": d.member, "role": d.role}
            assert self.asks(d, "add", iid=None, streams={"c"}, **own) is None
            # the last of those that can let others in must stay
            code = self.asks(d, "leave", mark=dict.fromkeys(d.streams, 0))
            able = {x.name for x in live if x.role in REMOVE_ANYONE[self.circle.table]}
            assert code == ("last" if able == {d.name} else None)


def test_the_tables_keep_their_promises() -> None:
    run_state_machine_as_test(
        Promises,
        settings=settings(
            max_examples=25,
            stateful_step_count=35,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("seed", range(8))
def test_the_tables_keep_their_promises_for_long(seed: int) -> None:
    machine = Promises()

    def check() -> None:
        machine.names_are_there_once()
        machine.readers_are_named_by_the_log()
        machine.a_stream_that_is_not_stale_is_read_by_the_live_alone()
        machine.a_closed_circle_can_be_opened_again()
        if not machine.circle.closed:
            machine.nobody_is_stuck()
            machine.clinicians_can_have_a_stream_of_their_own()
            machine.own_devices_may_come_and_others_may_go()

    play(machine, seed, 60, check)


def test_a_therapist_alone_cannot_leave() -> None:
    circle = Circle("patient", "members", "therapist", ("d0", "m0"))
    assert circle.would(Act("leave", "d0", 0, {"mark": {"c": 0}})) == "last"
