"""Without a lie nothing is noticed: what the other tests see is seen because of what is told."""

from liar.world import World


def test_an_honest_server_raises_nothing(world: World) -> None:
    world.a_day_later()
    world.tells("patient", 4)
    for person in ("therapist", "caregiver", "patient", "neighbour"):
        assert world.sync(person)["trouble"] == []
        assert world.alarms(person) == []
    assert world.scores("therapist") == [2, 3, 4]
    world.goes_on_elsewhere()
