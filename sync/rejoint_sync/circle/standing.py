"""Who stands in a circle after an entry of its log: devices, invitations, epochs, and questions.

Values only; `log` makes them by replay. Source: docs/circle.md, "Replay".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.grammar import Pub
from rejoint_sync.circle.roles import (
    PATIENT,
    REKEYS,
    SEES_K,
    STREAMS_OF_S,
    THERAPIST,
    Purpose,
    rules,
)
from rejoint_sync.errors import CircleError


class Mark(NamedTuple):
    """Up to where the documents of a device count: its counter, and the chain of its feed.

    Attributes:
        n: The counter, 0 for none.
        d: Hash of the feed's chain at `n`, "" when only the count is known.
    """

    n: int
    d: str


@dataclass(frozen=True, slots=True)
class Member:
    """One device of a circle, live or gone.

    Attributes:
        device: Its name.
        pub: Its public keys.
        member: Whose it is: the random id that all devices of one person in this circle share.
        role: What that person is here.
        s: Its streams, "c" or "ck".
        since: Number of the entry that brought it in.
        by: The device that founded, invited or added it; its own name for the founder.
        until: Number of the entry that took it out; None while it is live.
        k_since: Number of the entry that gave it the clinicians' stream later than `since`.
        marks: By stream what its fence says and said, the newest last; none before its end.
    """

    device: str
    pub: Pub
    member: str
    role: str
    s: str
    since: int
    by: str
    until: int | None = None
    k_since: int | None = None
    marks: Mapping[str, tuple[Mark, ...]] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Whether it is in the circle now."""
        return self.until is None

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams that it may read and write."""
        return STREAMS_OF_S[self.s]

    def since_in(self, stream: str) -> int:
        """Number of the entry that gave it one of its streams."""
        return self.k_since if stream == "k" and self.k_since is not None else self.since

    def fence(self, stream: str) -> int | None:
        """Greatest counter that counts after its end; None while not known."""
        marks = self.marks.get(stream)
        return marks[-1].n if marks else None

    @property
    def sign_point(self) -> bytes:
        """Its signing key, 65 bytes."""
        return _point(self.pub["spk"])


_point: Final = lru_cache(maxsize=1024)(b64u_decode)
"""Each signature that is checked asks for its author's key again."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """One invitation, open or not.

    Attributes:
        iid: Its name.
        spk: The key that proves possession of the link, base64url.
        role: What the one who joins will be.
        member: Whose device it will be.
        s: The streams of the new device.
        mode: "direct": possession of the link is enough; "approve": it only lets one ask.
        exp: Last unix second at which it can be used.
        by: The device that invites.
        seq: Number of its entry.
        closed: Whether it was used or taken back.
    """

    iid: str
    spk: str
    role: str
    member: str
    s: str
    mode: str
    exp: int
    by: str
    seq: int
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch of one stream.

    Attributes:
        e: Its number, from 1 without gaps.
        commit: What its secret must derive.
        back: The secret before, sealed; None when history ends here.
        at_seq: Number of the entry that opened it.
    """

    e: int
    commit: str
    back: str | None
    at_seq: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """When, by its own word, and by whom an entry was signed."""

    ts: int
    device: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a log says, up to one entry, and the questions that its rules ask.

    Attributes:
        circle: Its name, the hash of its first entry.
        purpose: "patient", "clinic" or "cohort".
        adds: Who brings in others: "members" or "patient".
        clinic: The clinic's circle, "" without one.
        heads: The hash of each entry.
        stamps: Time and signer of each entry.
        devices: Every device that ever stood in the log, by name.
        invitations: Every invitation ever, by name.
        epochs: Per stream its epochs, the first first.
        closed_s: When it was closed, unix seconds; None while it is open.
    """

    circle: str
    purpose: str
    adds: str
    clinic: str
    heads: tuple[str, ...]
    stamps: tuple[Stamp, ...]
    devices: Mapping[str, Member]
    invitations: Mapping[str, Invitation]
    epochs: Mapping[str, tuple[Epoch, ...]]
    closed_s: int | None = None

    @property
    def seq(self) -> int:
        """Number of the last entry."""
        return len(self.heads) - 1

    @property
    def head(self) -> str:
        """Hash of the last entry."""
        return self.heads[-1]

    @property
    def h(self) -> str:
        """What a document sealed now says of the log."""
        return f"{self.seq}.{self.head[:16]}"

    @property
    def rules(self) -> Purpose:
        """The table of roles that governs the next entry."""
        patient_ever = any(member.role == PATIENT for member in self.devices.values())
        return rules(self.purpose, self.adds, patient_device_ever=patient_ever)

    def writers(self, kind: str) -> frozenset[str]:
        """The roles that may write documents of an offered kind: one table per purpose."""
        return rules(self.purpose, self.adds, patient_device_ever=False).kinds[kind]

    def live(self, device: str) -> bool:
        """Whether a device is in the circle now."""
        member = self.devices.get(device)
        return member is not None and member.live

    def entitled(self, stream: str) -> list[Member]:
        """The live devices that may read a stream, in the order in which they came."""
        return [m for m in self.devices.values() if m.live and stream in m.streams]

    def open_invitations(self, now_s: int) -> list[Invitation]:
        """The invitations that can be used at a moment (unix seconds)."""
        moment_s = max(now_s, self.stamps[-1].ts)
        return [i for i in self.invitations.values() if self.is_open(i, moment_s)]

    def epoch_at(self, stream: str, seq: int) -> Epoch:
        """The epoch of a stream that was current at an entry.

        Raises:
            CircleError: `epoch`: the stream was not open yet.
        """
        for epoch in reversed(self.epochs.get(stream, ())):
            if epoch.at_seq <= seq:
                return epoch
        raise CircleError("epoch", "the stream was not open yet")

    def current_epoch(self, stream: str) -> Epoch:
        """The epoch of a stream that is current now. Raises as `epoch_at`."""
        return self.epoch_at(stream, self.seq)

    def author(self, device: str) -> Member:
        """The live device of this name.

        Raises:
            CircleError: `author`: it never came or is gone.
        """
        member = self.devices.get(device)
        if member is None or not member.live:
            raise CircleError("author", "the signer is not in the circle")
        return member

    def is_open(self, invitation: Invitation, moment_s: int) -> bool:
        """Whether an invitation can be used: any later epoch closes it, and its maker's end."""
        rekeyed = any(chain[-1].at_seq > invitation.seq for chain in self.epochs.values())
        usable = not invitation.closed and not rekeyed and self.live(invitation.by)
        return usable and moment_s <= invitation.exp

    def is_stale(self, stream: str) -> bool:
        """Whether a device that has the current key of a stream is gone: nobody writes then."""
        chain = self.epochs.get(stream)
        return chain is not None and any(
            m.until is not None and m.until > chain[-1].at_seq and stream in m.streams
            for m in self.devices.values()
        )

    def unfenced(self, stream: str) -> set[str]:
        """The devices that lost a stream by removal and whose fence in it nobody has said yet."""
        return {
            m.device
            for m in self.devices.values()
            if not m.live and stream in m.streams and stream not in m.marks
        }

    def open_invitation(self, iid: str, moment_s: int) -> Invitation:
        """The open invitation of this name.

        Raises:
            CircleError: `invite`: unknown, used, taken back, over, or an epoch was opened since.
        """
        invitation = self.invitations.get(iid)
        if invitation is None or not self.is_open(invitation, moment_s):
            raise CircleError("invite", "this invitation is not open any more")
        return invitation

    def members_standing(self, moment_s: int, but: str = "") -> dict[str, str]:
        """Each member id with its role: who ever had a device here, and who is invited now.

        Args:
            moment_s: When: the time of the entry that asks.
            but: An invitation that is not counted, since it is the one that is asked about.
        """
        roles = {
            i.member: i.role
            for i in self.invitations.values()
            if i.iid != but and self.is_open(i, moment_s)
        }
        return roles | {m.member: m.role for m in self.devices.values()}

    def require_may_bring_in(  # noqa: PLR0913  # each is named at the call
        self, signer: Member, moment_s: int, *, member: str, role: str, s: str, approved: str = ""
    ) -> None:
        """Check that a live device may invite or add a device for a member.

        Args:
            signer: Who asks.
            moment_s: When: the time of the entry.
            member: Whose device it will be, known or new.
            role: What that member is.
            s: The streams of the new device.
            approved: The invitation that it comes by, "" without one.

        Raises:
            CircleError: `authz`.
        """
        table, standing = self.rules, self.members_standing(moment_s, approved)
        reach = table.reach[signer.role]
        if s == "ck" and not (role in SEES_K and signer.s == "ck"):
            raise CircleError("authz", "this device cannot be given the clinicians' stream")
        if member in standing:
            own = reach.own and member == signer.member
            allowed = standing[member] == role and (own or role in reach.devices)
        else:
            taken = role in table.single and role in standing.values()
            allowed = role in reach.new and not taken
        if not allowed:
            raise CircleError("authz", "the signer may not bring this device in")

    def require_reach(self, signer: Member, others: Collection[Member | Invitation]) -> None:
        """Check that a live device may remove, accept or take back what these are. `authz`."""
        reach = self.rules.reach[signer.role]
        own = reach.own and all(
            (other.member, other.role) == (signer.member, signer.role) for other in others
        )
        if not (reach.anyone or own):
            raise CircleError("authz", "the signer may only do this to its own devices")

    def require_may_rekey(self, signer: Member, streams: Collection[str]) -> None:
        """Check that a live device may open an epoch of each of these streams. Raises `authz`."""
        keepers = [m for m in self.entitled("k") if m.role == THERAPIST]
        allowed = {
            "c": signer.role in REKEYS or self.is_stale("c"),
            "k": signer.role == THERAPIST and (signer.s == "ck" or not keepers),
        }
        if not self.rules.reach[signer.role].own or not all(allowed[x] for x in streams):
            raise CircleError("authz", "the signer may not open an epoch here")

    def require_remaining(self) -> None:
        """Check that a device stays that can keep the circle going. Raises `last`."""
        remain = self.rules.remain
        if not any(m.live and m.role in remain for m in self.devices.values()):
            raise CircleError("last", "somebody who can let others in must stay")

    def require_new(self, *, spk: str, device: str = "", iid: str = "") -> None:
        """Check that no key, device or invitation enters twice, not even after its end.

        Raises:
            CircleError: `dup`.
        """
        spks = {m.pub["spk"] for m in self.devices.values()}
        spks |= {i.spk for i in self.invitations.values()}
        if spk in spks or device in self.devices or iid in self.invitations:
            raise CircleError("dup", "this device or invitation stood in the log before")
