"""What the server checks of the sealed keys of a printed code.

Source: docs/circle.md, "Recovery".
"""

import re
from typing import Any, Final

from rejoint_sync.circle.limits import INVITATION_BYTES_MAX
from rejoint_sync.circle.recovery import RECOVERY_PREFIX, require_document
from rejoint_sync.errors import CircleError

RECOVERY_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}\Z")


def judge_paper(rid: str, document: dict[str, Any]) -> dict[str, Any]:
    """Check a `rec:` document for its shape and its parameters. Pure.

    Args:
        rid: As the route names it.
        document: `{"_id", "kdf", "k"}`, from the wire.

    Returns:
        It, without a revision.

    Raises:
        CircleError: `schema`, `b64`, `limit` (parameters out of bounds, or too long).
    """
    if not RECOVERY_ID.match(rid) or document.get("_id") != RECOVERY_PREFIX + rid:
        raise CircleError("schema", "expected the document that the route names")
    require_document(document)
    if len(document["k"]) > INVITATION_BYTES_MAX:
        raise CircleError("limit", f"expected at most {INVITATION_BYTES_MAX} sealed characters")
    return {name: document[name] for name in ("_id", "kdf", "k")}
