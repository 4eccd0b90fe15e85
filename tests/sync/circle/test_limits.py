import ast
from pathlib import Path

from rejoint_sync.circle import limits
from rejoint_sync.circle.envelope import WRAP_BYTES


def test_every_bound_says_its_reason() -> None:
    """A number without a reason is changed by whoever it stands in the way of."""
    body = ast.parse(Path(limits.__file__).read_text()).body
    bare = [
        ast.unparse(node)
        for node, after in zip(body, [*body[1:], None], strict=True)
        if isinstance(node, ast.AnnAssign)
        and not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
    ]
    assert bare == []


def test_a_full_circle_can_still_be_made_safe() -> None:
    assert limits.SEQ_MAX - limits.SEQ_ORDINARY_MAX == 200
    assert not limits.REPAIRS & {"genesis", "invite", "join", "add", "grant"}


def test_a_bundle_holds_a_wrap_for_each_live_device() -> None:
    assert limits.DEVICES_LIVE_MAX * WRAP_BYTES["XWING"] * 2 < limits.BUNDLE_BYTES_MAX
