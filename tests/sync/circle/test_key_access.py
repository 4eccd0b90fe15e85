"""Who can open what, after any schedule, is exactly what the log says: device by epoch by stream.

Real secrets, wraps and links. One link in two leads nowhere; who lets a
device in hands it the pieces behind such links, as far as it sees them itself.
"""

from typing import Any

import pytest

from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.epochs import (
    back,
    make_wraps,
    open_wraps,
    pieces,
    repair_wraps,
    required_wraps,
    walk,
    wrap_id,
)
from rejoint_sync.circle.log import Membership
from sync.circle.model import Act
from sync.circle.schedules import play
from sync.circle.story import fixed
from sync.circle.test_changes import Twin, keys_of

BAD = b64u_encode(fixed("no link", 60))


def secret_of(stream: str, number: int) -> bytes:
    return fixed(f"secret {stream} {number}")


class Access(Twin):
    """Keeps every wrap that a server would, and opens them as each device would."""

    def begin(self, purpose: str, adds: str, role: str) -> None:
        super().begin(purpose, adds, role)
        self.bad: set[tuple[str, int]] = set()
        self.mended = 0
        self.wraps: list[dict[str, Any]] = []
        self.given: set[tuple[str, int, str]] = {("c", 1, "d0")}
        names = required_wraps(None, self.membership)
        self.wraps += make_wraps(self.membership, names, self.secrets())

    def secrets(self) -> dict[str, dict[int, bytes]]:
        return {x: {e: secret_of(x, e) for e in range(1, 99)} for x in "ck"}

    def members(self, act: Act) -> dict[str, Any]:
        """The same entry with real links, some of them bad."""
        found = super().members(act)
        for stream, epoch in found.get("ep", {}).items():
            if "back" in epoch and epoch["e"] > 1:
                epoch["back"] = self.link(stream, epoch["e"])
        return found

    def link(self, stream: str, e: int) -> str:
        if self.is_bad(e):
            return BAD
        return back(
            secret_of(stream, e),
            secret_of(stream, e - 1),
            circle=self.membership.circle,
            stream=stream,
            e=e,
            nonce=fixed(f"nonce {stream} {e}", 12),
        )

    def is_bad(self, e: int) -> bool:
        return (e * 7 + self.membership.seq) % 2 == 0

    def held(self, name: str) -> dict[str, dict[int, bytes]]:
        """What a device opens, and what follows by links."""
        opened, closed = open_wraps(keys_of(name), self.membership, self.wraps)
        assert closed == []
        return walk(self.membership, opened)[0]

    def do(self, act: Act) -> str | None:
        before = self.membership
        code = super().do(act)
        if code is not None:
            return code
        after = self.membership
        for stream, chain in after.epochs.items():
            if chain[-1].back == BAD:
                self.bad.add((stream, chain[-1].e))
        names = required_wraps(before, after)
        if act.op in {"add", "grant"}:
            names += self.repairs(act, before)
        self.wraps += make_wraps(after, names, self.secrets())
        of = {keys_of(name).id: name for name in self.circle.devices}
        for name in names:
            _, place, _, device = name.split(":")
            self.given.add((place[0], int(place[1:]), of[device]))
        return None

    def repairs(self, act: Act, before: Membership) -> list[str]:
        """The wraps of older pieces that the signer sees behind bad links, and holds."""
        after, held = self.membership, self.held(act.by)
        _, broken = walk(after, held)
        entered = act.given["name"] if act.op == "add" else act.given["target"]
        wanted = [
            wrap_id(x, e, after.epochs[x][e - 1].commit, keys_of(entered).id)
            for x, numbers in pieces(after, broken).items()
            for e in numbers
            if e in held[x]
        ]
        new = {"k"} if act.op == "grant" else self.circle.devices[entered].streams
        wanted = [name for name in wanted if name.removeprefix("wrap:")[0] in new]
        assert set(wanted) <= set(repair_wraps(before, after))
        self.mended += len(wanted)
        return wanted

    def reach(self, name: str) -> set[tuple[str, int]]:
        """What the log says: from each secret that was handed over, back along good links."""
        found = set()
        for stream, number, device in self.given:
            while device == name and number > 0:
                found.add((stream, number))
                link = self.membership.epochs[stream][number - 1].back
                if link is None or (stream, number) in self.bad:
                    break
                number -= 1  # noqa: PLW2901  # walking back
        return found

    def who_opens_what_is_what_the_log_says(self) -> None:
        for name, device in self.circle.devices.items():
            held = self.held(name)
            assert {(x, e) for x, chain in held.items() for e in chain} == self.reach(name)
            for stream, chain in held.items():
                assert not chain or stream in device.streams
                assert all(es == secret_of(stream, e) for e, es in chain.items())
            if not device.live:
                self.a_gone_device_reads_nothing_later(name)

    def a_gone_device_reads_nothing_later(self, name: str) -> None:
        until = self.circle.devices[name].until
        for stream, number in self.reach(name):
            assert until is not None
            assert self.membership.epochs[stream][number - 1].at_seq < until

    def every_live_device_has_the_current_key(self) -> None:
        for device in self.circle.live():
            for stream in device.streams:
                assert (stream, len(self.circle.opened[stream])) in self.reach(device.name)


def run(seed: int, steps: int) -> Access:
    machine = Access()

    def check() -> None:
        machine.who_opens_what_is_what_the_log_says()
        machine.every_live_device_has_the_current_key()

    play(machine, seed, steps, check)
    return machine


@pytest.mark.parametrize("seed", range(12))
def test_who_can_open_what_is_exactly_what_the_log_says(seed: int) -> None:
    run(seed, 40)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 200))
def test_who_can_open_what_after_ten_thousand_steps(seed: int) -> None:
    run(seed, 100)


def test_the_schedules_break_links_and_mend_them() -> None:
    """Else the two above would say nothing about repairs."""
    played = [run(seed, 40) for seed in range(12)]
    assert sum(len(machine.bad) for machine in played) > 5
    assert sum(machine.mended for machine in played) > 3
    assert sum(len(machine.membership.heads) for machine in played) > 100
