"""Who may do what, as data: one table per purpose of a circle.

"own" means devices of one's own member, in one's own role. Nobody ever puts a device under a
therapist's or an admin's member but that member itself, so no `devices` column names them.

Source: docs/circle.md, "Roles".
"""

from dataclasses import dataclass
from typing import Final

PATIENT: Final = "patient"
CAREGIVER: Final = "caregiver"
THERAPIST: Final = "therapist"
ADMIN: Final = "admin"
PARTICIPANT: Final = "participant"
RECOVERY: Final = "recovery"


@dataclass(frozen=True, slots=True)
class Reach:
    """What one role may do to the membership, besides bringing in and taking out its own devices.

    Attributes:
        new: Roles in which it may bring in a new member.
        devices: Roles under whose existing members it may put a device.
        anyone: Whether it may remove, uninvite and accept anyone.
        own: Whether it may bring in, and take out, its own devices.
    """

    new: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    anyone: bool = False
    own: bool = True


@dataclass(frozen=True, slots=True)
class Purpose:
    """The rules of one kind of circle.

    Attributes:
        founders: Roles in which it can be founded.
        reach: Every role there is, with what it may do.
        single: Roles that only one member can have.
        remain: A circle keeps a live device of one of these roles.
        close: Roles that may close the circle, and open it again.
        kinds: Kinds of documents with the roles that may write them.
    """

    founders: frozenset[str]
    reach: dict[str, Reach]
    single: frozenset[str]
    remain: frozenset[str]
    close: frozenset[str]
    kinds: dict[str, frozenset[str]]


def _roles(*names: str) -> frozenset[str]:
    return frozenset(names)


_SILENT: Final = Reach(own=False)
_OWN: Final = Reach()

_PATIENT_KINDS: Final = {
    "ev": _roles(PATIENT, CAREGIVER, THERAPIST),
    "at": _roles(PATIENT, CAREGIVER, THERAPIST),
    "nt": _roles(THERAPIST),
    "pl": _roles(THERAPIST),
    "pr": _roles(PATIENT, CAREGIVER, THERAPIST),
    "sn": _roles(PATIENT, THERAPIST),
}

_PATIENT_MEMBERS: Final = Purpose(
    founders=_roles(PATIENT, THERAPIST),
    reach={
        PATIENT: Reach(
            new=_roles(PATIENT, CAREGIVER, THERAPIST),
            devices=_roles(PATIENT, CAREGIVER),
            anyone=True,
        ),
        THERAPIST: Reach(
            new=_roles(PATIENT, CAREGIVER, THERAPIST, RECOVERY),
            devices=_roles(PATIENT, CAREGIVER),
            anyone=True,
        ),
        CAREGIVER: _OWN,
        RECOVERY: _SILENT,
    },
    single=_roles(PATIENT),
    remain=_roles(PATIENT, THERAPIST),
    close=_roles(PATIENT, THERAPIST),
    kinds=_PATIENT_KINDS,
)

# `adds: "patient"`, from the first patient device on; until then as _PATIENT_MEMBERS.
_PATIENT_ALONE: Final = Purpose(
    founders=_roles(PATIENT, THERAPIST),
    reach={
        PATIENT: Reach(
            new=_roles(CAREGIVER, THERAPIST, RECOVERY),
            devices=_roles(PATIENT, CAREGIVER),
            anyone=True,
        ),
        THERAPIST: _OWN,
        CAREGIVER: _OWN,
        RECOVERY: _SILENT,
    },
    single=_roles(PATIENT),
    remain=_roles(PATIENT),
    close=_roles(PATIENT, THERAPIST),
    kinds=_PATIENT_KINDS,
)

_CLINIC: Final = Purpose(
    founders=_roles(ADMIN),
    reach={
        ADMIN: Reach(new=_roles(ADMIN, THERAPIST, RECOVERY), anyone=True),
        THERAPIST: _OWN,
        RECOVERY: _SILENT,
    },
    single=frozenset(),
    remain=_roles(ADMIN),
    close=_roles(ADMIN),
    kinds={
        "ev": _roles(ADMIN, THERAPIST),
        "at": _roles(ADMIN, THERAPIST),
        "nt": frozenset(),
        "pl": _roles(ADMIN, THERAPIST),
        "pr": _roles(ADMIN, THERAPIST),
        "sn": _roles(ADMIN),
    },
)

_COHORT: Final = Purpose(
    founders=_roles(THERAPIST),
    reach={
        THERAPIST: Reach(
            new=_roles(THERAPIST, PARTICIPANT), devices=_roles(PARTICIPANT), anyone=True
        ),
        PARTICIPANT: _OWN,
    },
    single=frozenset(),
    remain=_roles(THERAPIST),
    close=_roles(THERAPIST),
    kinds={
        "ev": _roles(THERAPIST, PARTICIPANT),
        "at": _roles(THERAPIST, PARTICIPANT),
        "nt": _roles(THERAPIST),
        "pl": _roles(THERAPIST),
        "pr": _roles(THERAPIST, PARTICIPANT),
        "sn": _roles(THERAPIST),
    },
)

PURPOSES: Final = frozenset({"patient", "clinic", "cohort"})
ADDS: Final = frozenset({"members", "patient"})
ROLES: Final = frozenset({PATIENT, CAREGIVER, THERAPIST, ADMIN, PARTICIPANT, RECOVERY})

STREAMS_OF_S: Final = {"c": ("c",), "ck": ("c", "k")}
"""What `s` of a device says: the streams that it may read and write."""

SEES_K: Final = _roles(THERAPIST, RECOVERY)
"""Roles that may hold the stream of clinicians."""

REKEYS: Final = _roles(PATIENT, THERAPIST, ADMIN)
"""Roles that may open an epoch of a stream that is not stale, and let history end there."""


def rules(purpose: str, adds: str, *, patient_device_ever: bool) -> Purpose:
    """Choose the table that governs a circle at one point of its log.

    Args:
        purpose: One of `PURPOSES`.
        adds: One of `ADDS`; only a patient's circle can have "patient".
        patient_device_ever: Whether a device of role patient ever stood in the log so far.
    """
    if purpose == "clinic":
        return _CLINIC
    if purpose == "cohort":
        return _COHORT
    if adds == "patient" and patient_device_ever:
        return _PATIENT_ALONE
    return _PATIENT_MEMBERS


def fold_rank(role: str) -> int:
    """Rank of a role in the order of operations: at the same `lam` the clinician's is later."""
    return 2 if role in {THERAPIST, ADMIN} else 1
