"""The route table: each row has its handler, each handler its row."""

from rejoint_server.db.replication import HANDLERS, SERVER_HANDLERS, WHOLE_HANDLERS
from rejoint_server.db.routes import ROUTES, Body, methods_of


def test_every_row_has_its_handler() -> None:
    rows = [(route.method, route.template) for route in ROUTES]
    assert len(set(rows)) == len(rows)
    assert set(rows) == {*HANDLERS, *SERVER_HANDLERS, *WHOLE_HANDLERS}


def test_options_are_named_once() -> None:
    for route in ROUTES:
        for names in (route.options, route.members, route.headers):
            assert len(set(names)) == len(names)
        assert route.policies <= {"open", "circles"}
        assert not route.members or route.body in (Body.JSON, Body.FORM)
        assert [header.lower() for header in route.headers] == list(route.headers)


def test_names_the_methods_of_a_path() -> None:
    assert methods_of("/{db}") == ("GET", "PUT", "DELETE", "POST")
