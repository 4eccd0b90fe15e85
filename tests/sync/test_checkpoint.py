"""Where a replication resumes."""

from rejoint_sync.checkpoint import (
    HISTORY_LENGTH_MAX,
    Position,
    common,
    note,
    positions,
    replication_id,
)


def history(*sequences: str, session: str = "s1") -> list[Position]:
    return [Position(session, sequence) for sequence in sequences]


def test_replication_id_differs_by_source_target_and_selection() -> None:
    names = {
        replication_id("a", "b", ""),
        replication_id("b", "a", ""),
        replication_id("a", "b", "signed"),
        replication_id("ab", "", ""),
    }
    assert len(names) == 4


def test_replication_id_is_the_same_at_every_start() -> None:
    """It is stored on servers: a changed formula would copy everything once more."""
    assert replication_id("phone", "server", "all") == "rjd21d2440cfc5fe990866ebeb468cf7"


def test_note_read_back_is_the_history() -> None:
    positions_before = history("3-k", "2-k")
    assert positions(note("x", positions_before, None)) == positions_before


def test_note_keeps_only_the_newest() -> None:
    long = history(*(f"{n}-k" for n in range(9, 0, -1)))
    assert positions(note("x", long, "0-7")) == long[:HISTORY_LENGTH_MAX]


def test_note_carries_the_revision_it_replaces() -> None:
    assert note("x", history("1-k"), "0-7")["_rev"] == "0-7"
    assert "_rev" not in note("x", history("1-k"), None)


def test_resumes_where_both_sides_agree() -> None:
    assert common(history("3", "2", "1"), history("3", "2", "1"))[0].sequence == "3"


def test_a_target_restored_from_a_backup_is_behind_in_the_same_session() -> None:
    """Comparing sessions alone would take the source's word and skip what the backup lost."""
    assert common(history("20", "10"), history("10")) == history("10")


def test_a_source_that_missed_the_last_write_falls_back() -> None:
    assert common(history("10"), history("20", "10")) == history("10")


def test_one_empty_side_starts_over() -> None:
    assert common(history("3"), []) == []
    assert common([], history("3")) == []


def test_equal_sequences_of_different_sessions_are_not_the_same_place() -> None:
    assert common(history("3", session="a"), history("3", session="b")) == []


def test_a_note_of_another_shape_starts_over() -> None:
    notes: tuple[object, ...] = (
        None,
        [],
        {},
        {"history": 1},
        {"history": [1]},
        {"history": [{"session_id": 1}]},
        {"history": [{"session_id": "s", "recorded_seq": None}]},
    )
    for odd in notes:
        assert positions(odd) == []
