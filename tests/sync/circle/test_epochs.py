from dataclasses import replace

import pytest

from rejoint_sync.circle import entries
from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.epochs import (
    BadBack,
    back,
    commit,
    document_key,
    make_wraps,
    open_wraps,
    pieces,
    repair_wraps,
    require_commit,
    required_wraps,
    unback,
    unwrap,
    walk,
    wrap,
    wrap_id,
)
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.log import Epoch, Membership
from sync.circle.story import (
    CAREGIVER,
    ES,
    NOW_S,
    PATIENT,
    STRANGER,
    THERAPIST,
    code_of,
    fixed,
    invited,
    member_of,
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


SECRETS = {e: fixed(f"secret {e}") for e in range(2, 9)} | {1: ES}


def rekeyed(before: Membership, *, link: str = "good", by: DeviceKeys = THERAPIST) -> Membership:
    """The circle after a new epoch of c, whose link is good, bad, or not there."""
    e = len(before.epochs["c"]) + 1
    older = {"good": SECRETS[e - 1], "bad": fixed("not the secret"), "none": None}[link]
    ep = entries.epoch(
        before, "c", es=SECRETS[e], before=older, fence={}, nonce=fixed(f"back {e}", 12)
    )
    return before.append(entries.rekey(before, by, ep={"c": ep}, ts=NOW_S))


def chain(*links: str) -> Membership:
    membership = whole()
    for link in links:
        membership = rekeyed(membership, link=link)
    return membership


def test_who_has_the_newest_secret_has_all_before_it() -> None:
    membership = chain("good", "good", "good")
    found, broken = walk(membership, {"c": {4: SECRETS[4]}})
    assert found["c"] == {e: SECRETS[e] for e in (1, 2, 3, 4)}
    assert broken == []


def test_an_older_secret_leads_to_no_newer_one() -> None:
    found, _ = walk(chain("good", "good"), {"c": {2: SECRETS[2]}})
    assert found["c"].keys() == {1, 2}


def test_history_ends_where_it_was_made_to() -> None:
    membership = chain("good", "none", "good")
    found, broken = walk(membership, {"c": {4: SECRETS[4]}})
    assert found["c"].keys() == {3, 4}
    assert broken == []


def test_a_bad_link_is_named_and_the_current_key_stays_usable() -> None:
    """The server cannot see it; who holds the secret before can."""
    membership = rekeyed(chain("good"), link="bad", by=PATIENT)
    found, broken = walk(membership, {"c": {3: SECRETS[3], 2: SECRETS[2]}})
    assert broken == [BadBack("c", 3, PATIENT.id)]
    assert found["c"].keys() == {1, 2, 3}
    newcomer, broken = walk(membership, {"c": {3: SECRETS[3]}})
    assert newcomer["c"].keys() == {3}
    assert [bad.e for bad in broken] == [3]


def test_a_link_is_for_one_circle_stream_and_epoch() -> None:
    sealed = back(SECRETS[2], ES, circle=CIRCLE, stream="c", e=2, nonce=fixed("n", 12))
    first, second = EPOCH, Epoch(2, commit(SECRETS[2], "c", 2), sealed, 4)
    assert unback(SECRETS[2], circle=CIRCLE, stream="c", epoch=second, before=first) == ES
    for es, circle, stream, epoch in (
        (SECRETS[3], CIRCLE, "c", second),
        (SECRETS[2], "c" + "0" * 40, "c", second),
        (SECRETS[2], CIRCLE, "k", second),
        (SECRETS[2], CIRCLE, "c", replace(second, e=3)),
        (SECRETS[2], CIRCLE, "c", replace(second, back=b64u_encode(bytes(60)))),
        (SECRETS[2], CIRCLE, "c", replace(second, back=None)),
    ):
        code = code_of(unback, es, circle=circle, stream=stream, epoch=epoch, before=first)
        assert code == "back"


def test_a_new_device_is_handed_each_piece_of_a_broken_chain() -> None:
    membership = chain("good", "bad", "good", "bad")
    _, broken = walk(membership, {"c": SECRETS})
    assert pieces(membership, broken) == {"c": [4, 2]}
    added = entries.add(
        membership,
        THERAPIST,
        pub=STRANGER.pub,
        role="caregiver",
        member=member_of("caregiver"),
        s="c",
        ts=NOW_S,
    )
    after = membership.append(added)
    allowed = repair_wraps(membership, after)
    assert [name.split(":")[1] for name in allowed] == ["c000004", "c000003", "c000002", "c000001"]
    wanted = [wrap_id("c", e, after.epochs["c"][e - 1].commit, STRANGER.id) for e in (4, 2)]
    assert set(wanted) <= set(allowed)
    names = required_wraps(membership, after) + wanted
    wraps = make_wraps(after, names, {"c": SECRETS})
    held, closed = open_wraps(STRANGER, after, wraps)
    assert held["c"].keys() == {5, 4, 2}
    assert closed == []
    assert walk(after, held)[0]["c"].keys() == {1, 2, 3, 4, 5}


def test_nobody_is_handed_what_lies_behind_an_end_on_purpose() -> None:
    membership = chain("bad", "none", "good")
    _, broken = walk(membership, {"c": SECRETS})
    assert [bad.e for bad in broken] == [2]
    assert pieces(membership, broken) == {}


def test_a_wrap_that_does_not_open_is_named() -> None:
    membership = chain("good")
    names = [wrap_id("c", e, membership.epochs["c"][e - 1].commit, PATIENT.id) for e in (1, 2)]
    good, bad = make_wraps(membership, names, {"c": {1: ES, 2: SECRETS[2]}})
    others = [wrap(CIRCLE, "c", 1, ES, THERAPIST.pub), {"_id": "log:000000", "j": ""}, {"_id": 1}]
    bad = bad | {"k": good["k"]}
    unknown = {"_id": wrap_id("c", 9, "A" * 43, PATIENT.id), "k": ""}
    held, closed = open_wraps(PATIENT, membership, [good, bad, unknown, *others])
    assert held == {"c": {1: ES}}
    assert closed == [bad["_id"]]


def test_a_post_quantum_device_opens_its_wrap() -> None:
    keys = DeviceKeys.of(fixed("seed"), fixed("stranger sign"), "XWING")
    again = DeviceKeys.from_secret(keys.to_secret())
    document = wrap(CIRCLE, "c", 1, ES, keys.pub)
    assert unwrap(again, document, circle=CIRCLE, stream="c", epoch=EPOCH) == ES
    other = DeviceKeys.of(fixed("other seed"), fixed("stranger sign"), "XWING")
    renamed = document | {"_id": wrap_id("c", 1, EPOCH.commit, other.id)}
    assert code_of(unwrap, other, renamed, circle=CIRCLE, stream="c", epoch=EPOCH) == "wrap"
