import ast
from pathlib import Path

from rejoint_sync import limits


def test_every_bound_says_its_unit_and_reason() -> None:
    """A number without a reason is changed by whoever it stands in the way of."""
    body = ast.parse(Path(limits.__file__).read_text()).body
    bare = [
        ast.unparse(node)
        for node, after in zip(body, [*body[1:], None], strict=True)
        if isinstance(node, ast.AnnAssign)
        and not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
    ]
    assert bare == []


def test_a_request_holds_at_least_one_document() -> None:
    assert limits.DOCUMENT_BYTES_MAX < limits.REQUEST_BYTES_MAX
