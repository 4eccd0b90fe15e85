import pytest

from rejoint_sync.circle.document import KINDS
from rejoint_sync.circle.roles import (
    ADMIN,
    CAREGIVER,
    PARTICIPANT,
    PATIENT,
    RECOVERY,
    ROLES,
    SEES_K,
    THERAPIST,
    Purpose,
    Reach,
    fold_rank,
    rules,
)

TABLES = {
    "members": rules("patient", "members", patient_device_ever=True),
    "before the patient": rules("patient", "patient", patient_device_ever=False),
    "after the patient": rules("patient", "patient", patient_device_ever=True),
    "clinic": rules("clinic", "members", patient_device_ever=False),
    "cohort": rules("cohort", "members", patient_device_ever=False),
}


@pytest.fixture(params=TABLES)
def table(request: pytest.FixtureRequest) -> Purpose:
    return TABLES[request.param]


def test_nobody_puts_a_device_under_a_clinician(table: Purpose) -> None:
    """Who could, would write under a therapist's name."""
    for reach in table.reach.values():
        assert not reach.devices & {THERAPIST, ADMIN}


def test_a_recovery_key_only_reads(table: Purpose) -> None:
    if RECOVERY in table.reach:
        silent = table.reach[RECOVERY]
        assert silent == Reach(own=False)
    assert all(RECOVERY not in writers for writers in table.kinds.values())


def test_every_other_role_may_bring_in_its_own_devices(table: Purpose) -> None:
    assert all(reach.own for role, reach in table.reach.items() if role != RECOVERY)


def test_a_table_speaks_only_of_its_own_roles(table: Purpose) -> None:
    roles = table.reach.keys()
    assert roles <= ROLES
    assert table.founders | table.single | table.remain <= roles
    for reach in table.reach.values():
        assert reach.new | reach.devices <= roles
    for writers in table.kinds.values():
        assert writers <= roles


def test_founders_can_bring_in_others(table: Purpose) -> None:
    assert any(table.reach[role].new for role in table.founders)


def test_every_offered_kind_has_its_writers(table: Purpose) -> None:
    assert table.kinds.keys() == KINDS


def test_before_the_first_patient_device_the_choice_makes_no_difference() -> None:
    assert TABLES["before the patient"] == TABLES["members"]


def test_from_then_on_the_patient_alone_brings_in_others() -> None:
    reach = TABLES["after the patient"].reach
    assert [role for role, row in reach.items() if row.new] == [PATIENT]
    assert [role for role, row in reach.items() if row.anyone] == [PATIENT]


def test_notes_are_the_clinicians() -> None:
    assert TABLES["members"].kinds["nt"] == {THERAPIST}
    assert CAREGIVER not in TABLES["members"].kinds["pl"]
    assert PARTICIPANT not in TABLES["cohort"].kinds["nt"]
    assert TABLES["clinic"].kinds["nt"] == frozenset()


def test_patients_never_hold_the_clinicians_stream() -> None:
    assert {THERAPIST, RECOVERY} == SEES_K


def test_clinicians_come_later_in_the_fold() -> None:
    assert {role: fold_rank(role) for role in ROLES} == dict.fromkeys(ROLES, 1) | {
        THERAPIST: 2,
        ADMIN: 2,
    }
