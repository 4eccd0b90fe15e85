"""Every lie has one line that says what it is, and a test that tells it to a device."""

import inspect
from pathlib import Path
from types import ModuleType

import pytest

from liar import lies_acts, lies_log, lies_records
from liar.server import Lie

HERE = Path(__file__).parent


def lies_of(module: ModuleType) -> list[type[Lie]]:
    found = inspect.getmembers(module, inspect.isclass)
    return [one for _, one in found if issubclass(one, Lie) and one.__module__ == module.__name__]


LIES = [one for module in (lies_acts, lies_log, lies_records) for one in lies_of(module)]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_every_lie_is_said_in_one_line_and_told_by_a_test(lie: type[Lie]) -> None:
    said = inspect.getdoc(lie) or ""
    assert said.partition("\n")[0].endswith(".")
    tests = [path.read_text() for path in HERE.glob("test_*.py") if path != Path(__file__)]
    assert any(f"{lie.__name__}(" in text or f": {lie.__name__}" in text for text in tests)
