"""Who may do what in a circle, once more: sets and tables, no signatures, no bytes.

Written from the specification alone and without the library, so that the two can disagree. Names
are any hashable values. `Circle.tell` takes an act or names the rule that it breaks.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

HOUR, FORTNIGHT = 3_600, 1_209_600

# role: roles of new members that it brings in / roles under whose members it puts devices
ENTRANCE = {
    "patient": {
        "patient": ("patient caregiver therapist", "patient caregiver"),
        "therapist": ("patient caregiver therapist recovery", "patient caregiver"),
        "caregiver": ("", ""),
        "recovery": ("", ""),
    },
    "patient alone": {
        "patient": ("caregiver therapist recovery", "patient caregiver"),
        "therapist": ("", ""),
        "caregiver": ("", ""),
        "recovery": ("", ""),
    },
    "clinic": {
        "admin": ("admin therapist recovery", ""),
        "therapist": ("", ""),
        "recovery": ("", ""),
    },
    "cohort": {
        "therapist": ("therapist participant", "participant"),
        "participant": ("", ""),
    },
}
REMOVE_ANYONE = {
    "patient": {"patient", "therapist"},
    "patient alone": {"patient"},
    "clinic": {"admin"},
    "cohort": {"therapist"},
}
REMAIN = REMOVE_ANYONE
CLOSE = {"patient": {"patient", "therapist"}, "clinic": {"admin"}, "cohort": {"therapist"}}
FOUND = {"patient": {"patient", "therapist"}, "clinic": {"admin"}, "cohort": {"therapist"}}
REKEYS_AT_WILL = {"patient", "therapist", "admin"}


class Broken(Exception):
    """An act that the rules refuse; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def need(holds: object, code: str) -> None:
    if not holds:
        raise Broken(code)


@dataclass
class Device:
    name: Any
    key: Any
    member: Any
    role: str
    streams: set[str]
    since: int
    until: int | None = None
    marks: dict[str, int] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        return self.until is None


@dataclass
class Invite:
    name: Any
    key: Any
    member: Any
    role: str
    streams: set[str]
    mode: str
    exp: int
    by: Any
    over: bool = False


@dataclass
class Act:
    """What one device asks for; `given` are the members of the entry that matter here."""

    op: str
    by: Any
    ts: int
    given: dict[str, Any]


class Circle:
    """The state of one circle, changed in place by acts that are allowed."""

    def __init__(self, purpose: str, adds: str, role: str, founder: tuple[Any, Any]) -> None:
        """Found a circle; the founder is a device, whose key has its name, and a member."""
        device, member = founder
        need(role in FOUND[purpose], "authz")
        self.purpose, self.adds = purpose, adds
        self.seq, self.ts, self.closed = 0, 0, False
        self.devices = {device: Device(device, device, member, role, {"c"}, 0)}
        self.invites: dict[Any, Invite] = {}
        self.keys = {device}
        self.opened: dict[str, list[int]] = {"c": [0], "k": []}
        self.readers: dict[tuple[str, int], set[Any]] = {("c", 1): {device}}

    # what the tables ask

    @property
    def table(self) -> str:
        if self.purpose != "patient" or self.adds == "members":
            return self.purpose
        there = any(d.role == "patient" for d in self.devices.values())
        return "patient alone" if there else "patient"

    def live(self) -> list[Device]:
        return [d for d in self.devices.values() if d.live]

    def open(self, invite: Invite, ts: int) -> bool:
        return not invite.over and ts <= invite.exp

    def roles(self, ts: int, but: Invite | None = None) -> dict[Any, str]:
        """The members that stand, with their roles."""
        found = {
            i.member: i.role for i in self.invites.values() if i is not but and self.open(i, ts)
        }
        return found | {d.member: d.role for d in self.devices.values()}

    def stale(self, stream: str) -> bool:
        last = self.opened[stream][-1] if self.opened[stream] else self.seq
        return any(
            d.until is not None and d.until > last and stream in d.streams
            for d in self.devices.values()
        )

    def keepers(self) -> set[Any]:
        """The live therapists that hold k."""
        return {d.name for d in self.live() if d.role == "therapist" and "k" in d.streams}

    def may_enter(self, by: Device, ts: int, given: dict[str, Any], but: Invite | None) -> bool:
        role, member = given["role"], given["member"]
        sees = role in {"therapist", "recovery"} and "k" in by.streams
        if "k" in given["streams"] and not sees:
            return False
        new, under = ENTRANCE[self.table][by.role]
        standing = self.roles(ts, but)
        if member not in standing:
            single = role == "patient" and "patient" in standing.values()
            return role in new.split() and not single
        own = member == by.member and by.role != "recovery"
        return standing[member] == role and (own or role in under.split())

    def unmarked(self, stream: str) -> set[Any]:
        return {
            d.name
            for d in self.devices.values()
            if not d.live and stream in d.streams and stream not in d.marks
        }

    # the acts

    def tell(self, act: Act) -> None:
        """Do an act. Raises `Broken` and changes nothing when it is not allowed."""
        before = deepcopy(self.__dict__)
        try:
            self._tell(act)
        except Broken:
            self.__dict__ = before
            raise

    def would(self, act: Act) -> str | None:
        """The code with which an act would be refused."""
        try:
            deepcopy(self).tell(act)
        except Broken as broken:
            return broken.code
        return None

    def _tell(self, act: Act) -> None:
        by = self.devices.get(act.by)
        need(act.op != "reopen" or self.closed, "op")
        if act.op != "join":
            need(by is not None and by.live, "author")
        need(act.ts >= self.ts, "ts")
        need(act.op == "reopen" or not self.closed, "closed")
        self.ts, self.seq = act.ts, self.seq + 1
        getattr(self, "_" + act.op)(by, act)

    def _invite(self, by: Device, act: Act) -> None:
        given = act.given
        longest = HOUR if given["mode"] == "direct" else FORTNIGHT
        need(act.ts <= given["exp"] <= act.ts + longest, "ts")
        need(self.may_enter(by, act.ts, given, None), "authz")
        need(given["name"] not in self.invites and given["key"] not in self.keys, "dup")
        self.keys.add(given["key"])
        self.invites[given["name"]] = Invite(by=by.name, **given)

    def _uninvite(self, by: Device, act: Act) -> None:
        invite = self._open_one(act)
        own = (invite.member, invite.role) == (by.member, by.role) and by.role != "recovery"
        need(own or by.role in REMOVE_ANYONE[self.table], "authz")
        invite.over = True

    def _join(self, _by: Device | None, act: Act) -> None:
        invite = self._open_one(act)
        need(invite.mode == "direct", "invite")
        self._enter(act.by, act.given["key"], invite)
        invite.over = True

    def _add(self, by: Device, act: Act) -> None:
        given, invite = act.given, None
        if given["iid"] is not None:
            invite = self._open_one(act)
            same = all(given[x] == getattr(invite, x) for x in ("role", "member", "streams"))
            need(same and invite.mode == "approve", "invite")
        need(self.may_enter(by, act.ts, given, invite), "authz")
        self._enter(given["name"], given["key"], Device(since=0, **_without(given, "iid")))
        if invite:
            invite.over = True

    def _grant(self, by: Device, act: Act) -> None:
        target = self.devices.get(act.given["target"])
        need(target and target.live and "k" not in target.streams, "target")
        assert target
        need("k" in by.streams and target.role in {"therapist", "recovery"}, "authz")
        need(by.role != "recovery", "authz")
        target.streams = {"c", "k"}
        self.readers["k", len(self.opened["k"])].add(target.name)

    def _remove(self, by: Device, act: Act) -> None:
        names = act.given["target"]
        need(names and names == sorted(set(names)) and by.name not in names, "target")
        need(all(n in self.devices and self.devices[n].live for n in names), "target")
        targets = [self.devices[n] for n in names]
        own = by.role != "recovery" and all(
            (d.member, d.role) == (by.member, by.role) for d in targets
        )
        need(own or by.role in REMOVE_ANYONE[self.table], "authz")
        for device in targets:
            device.until = self.seq
        self._need_remaining()
        k = "k" in by.streams and any("k" in d.streams for d in targets)
        need(set(act.given["ep"]) == ({"c", "k"} if k else {"c"}), "epoch")
        self._open(by, act)

    def _leave(self, by: Device, act: Act) -> None:
        need(by.role != "recovery", "authz")
        need(set(act.given["mark"]) == by.streams, "fence")
        by.until, by.marks = self.seq, dict(act.given["mark"])
        for invite in self.invites.values():
            invite.over |= invite.by == by.name
        self._need_remaining()

    def _rekey(self, by: Device, act: Act) -> None:
        need(by.role != "recovery", "authz")
        for stream in act.given["ep"]:
            if stream == "c":
                need(self.stale("c") or by.role in REKEYS_AT_WILL, "authz")
            else:
                need(by.role == "therapist", "authz")
                need(by.name in self.keepers() or not self.keepers(), "authz")
        self._open(by, act)

    def _accept(self, by: Device, act: Act) -> None:
        target = self.devices.get(act.given["target"])
        stream = act.given["x"]
        need(target and not target.live and stream in target.streams, "target")
        assert target
        own = (target.member, target.role) == (by.member, by.role) and by.role != "recovery"
        need(own or by.role in REMOVE_ANYONE[self.table], "authz")
        need(stream in by.streams, "authz")
        need(stream in target.marks and act.given["n"] > target.marks[stream], "fence")
        target.marks[stream] = act.given["n"]

    def _close(self, by: Device, _act: Act) -> None:
        need(by.role in CLOSE[self.purpose], "authz")
        self.closed = True

    def _reopen(self, by: Device, _act: Act) -> None:
        need(by.role in CLOSE[self.purpose], "authz")
        self.closed = False

    # what acts share

    def _open_one(self, act: Act) -> Invite:
        invite = self.invites.get(act.given["iid"])
        need(invite and self.open(invite, act.ts), "invite")
        assert invite
        return invite

    def _enter(self, name: Any, key: Any, like: Device | Invite) -> None:
        need(name not in self.devices and key not in self.keys, "dup")
        self.keys.add(key)
        self.devices[name] = Device(
            name, key, like.member, like.role, set(like.streams), since=self.seq
        )
        for stream in like.streams:
            self.readers[stream, len(self.opened[stream])].add(name)

    def _need_remaining(self) -> None:
        need(any(d.role in REMAIN[self.table] for d in self.live()), "last")

    def _open(self, by: Device, act: Act) -> None:
        """Open epochs: `ep` says per stream its number, whether it links back, whom it fences."""
        for stream, (number, back, fence) in act.given["ep"].items():
            holds = stream in by.streams
            need(number == len(self.opened[stream]) + 1, "epoch")
            need(not back or (holds and number > 1), "epoch")
            free = number == 1 or not holds or by.role in REKEYS_AT_WILL
            need(back or free, "authz")
            need(set(fence) == self.unmarked(stream), "fence")
            for name, n in fence.items():
                self.devices[name].marks[stream] = n
            by.streams = by.streams | {stream}
            self.opened[stream].append(self.seq)
            readers = {d.name for d in self.live() if stream in d.streams}
            self.readers[stream, number] = readers
        for invite in self.invites.values():
            invite.over = True


def _without(given: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key != name}
