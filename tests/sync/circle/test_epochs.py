from dataclasses import replace

import pytest

from rejoint_sync.circle.epochs import (
    commit,
    document_key,
    require_commit,
    required_wraps,
    unwrap,
    wrap,
    wrap_id,
)
from rejoint_sync.circle.log import Epoch
from sync.circle.story import (
    CAREGIVER,
    ES,
    PATIENT,
    THERAPIST,
    code_of,
    fixed,
    invited,
    steps,
    whole,
)

CIRCLE = whole().circle
EPOCH = whole().current_epoch("c")


def test_each_device_opens_its_own_wrap() -> None:
    for keys in (THERAPIST, PATIENT):
        document = wrap(CIRCLE, "c", 1, ES, keys.pub)
        assert unwrap(keys, document, circle=CIRCLE, stream="c", epoch=EPOCH) == ES


def test_a_wrap_is_for_one_device_circle_stream_and_epoch() -> None:
    document = wrap(CIRCLE, "c", 1, ES, PATIENT.pub)
    renamed = document | {"_id": wrap_id("c", 1, EPOCH.commit, THERAPIST.id)}
    second = Epoch(2, EPOCH.commit, None, 1)
    renumbered = document | {"_id": wrap_id("c", 2, EPOCH.commit, PATIENT.id)}
    restreamed = document | {"_id": wrap_id("k", 1, EPOCH.commit, PATIENT.id)}
    for keys, given, circle, stream, epoch in (
        (THERAPIST, renamed, CIRCLE, "c", EPOCH),
        (PATIENT, document, "c" + "0" * 40, "c", EPOCH),
        (PATIENT, restreamed, CIRCLE, "k", EPOCH),
        (PATIENT, renumbered, CIRCLE, "c", second),
    ):
        with pytest.raises(Exception, match="not for this device and epoch"):
            unwrap(keys, given, circle=circle, stream=stream, epoch=epoch)


@pytest.mark.parametrize("document", [{}, {"k": 1}, {"k": None}, {"_id": 1}])
def test_a_malformed_wrap_is_refused(document: dict[str, object]) -> None:
    good = wrap(CIRCLE, "c", 1, ES, PATIENT.pub)
    wrong = good | document if document else {}
    assert code_of(unwrap, PATIENT, wrong, circle=CIRCLE, stream="c", epoch=EPOCH) == "schema"


def test_a_secret_that_is_not_the_logs_is_refused() -> None:
    """A member who hands out another key would split the circle unseen."""
    assert code_of(require_commit, fixed("other"), "c", EPOCH) == "commit"
    assert code_of(require_commit, ES[:31], "c", EPOCH) == "commit"
    require_commit(ES, "c", EPOCH)


def test_secrets_are_committed_to_by_stream_and_number() -> None:
    commitments = {commit(ES, stream, e) for stream in "ck" for e in (1, 2)}
    assert len(commitments) == 4


def test_every_author_circle_and_stream_has_its_own_key() -> None:
    keys = {
        document_key(ES, circle, stream, device)
        for circle in (CIRCLE, "c" + "0" * 40)
        for stream in "ck"
        for device in (PATIENT.id, THERAPIST.id)
    }
    assert len(keys) == 8


def test_each_step_requires_exactly_the_wraps_of_who_comes() -> None:
    before = None
    found = []
    for step in steps():
        found.append([name.rpartition(":")[2] for name in required_wraps(before, step.membership)])
        before = step.membership
    assert found == [[THERAPIST.id], [], [PATIENT.id], [CAREGIVER.id]]


def test_a_new_epoch_requires_a_wrap_for_every_live_device() -> None:
    before = whole()
    after = invited(before, role="therapist", name="colleague", secret=fixed("x", 16)).membership
    gone = replace(after.devices[CAREGIVER.id], until=after.seq)
    opened = Epoch(2, commit(fixed("next"), "c", 2), None, after.seq)
    after = replace(
        after,
        devices={**after.devices, CAREGIVER.id: gone},
        epochs={"c": (*after.epochs["c"], opened)},
    )
    assert required_wraps(before, after) == [
        wrap_id("c", 2, opened.commit, device) for device in (THERAPIST.id, PATIENT.id)
    ]
