"""What is checked of the sealed keys of a printed code without the code."""

from typing import Any

import pytest

from rejoint_sync.circle import limits
from rejoint_sync.judge import judge_paper
from sync.circle.story import code_of

RID = "A" * 22


def paper(**kdf: Any) -> dict[str, Any]:
    given = {"alg": "argon2id", "m": 32768, "p": 1, "salt": "A" * 22, "t": 3} | kdf
    return {"_id": f"rec:{RID}", "kdf": given, "k": "A" * 400}


@pytest.mark.parametrize(
    ("kdf", "code"),
    [
        ({}, None),
        ({"m": limits.KDF_MEMORY_KIB_MIN}, None),
        ({"m": limits.KDF_MEMORY_KIB_MIN - 1}, "limit"),
        ({"m": limits.KDF_MEMORY_KIB_MAX + 1}, "limit"),
        ({"t": limits.KDF_PASSES_MIN - 1}, "limit"),
        ({"t": limits.KDF_PASSES_MAX + 1}, "limit"),
        ({"p": 2}, "limit"),
        ({"alg": "scrypt"}, "limit"),
    ],
)
def test_parameters_are_in_bounds(kdf: dict[str, Any], code: str | None) -> None:
    assert code_of(judge_paper, RID, paper(**kdf)) == code


def test_a_paper_is_the_one_of_its_route() -> None:
    assert judge_paper(RID, paper() | {"_rev": "1-x"}) == paper()
    assert code_of(judge_paper, "B" + RID[1:], paper()) == "schema"
    assert code_of(judge_paper, RID, paper() | {"x": 1}) == "schema"
    letters = limits.INVITATION_BYTES_MAX
    assert code_of(judge_paper, RID, paper() | {"k": "A" * letters}) is None
    assert code_of(judge_paper, RID, paper() | {"k": "A" * (letters + 4)}) == "limit"
