"""Documents and attachments in parts of a multipart answer.

Attachments come as they are kept: what is kept in gzip says so in `Content-Encoding`.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from rejoint_sync.multipart import Part, quoted, write_parts
from rejoint_sync.stores import Leaf


def document_parts(leaf: Leaf, text: bytes, data: Mapping[str, bytes]) -> list[Part]:
    """The parts of a `multipart/related`: the document, then the attachments that follow.

    Args:
        leaf: The revision.
        text: The document, whose `_attachments` say which follow.
        data: Their bytes as kept, by name.
    """
    parts = [Part(text, {"Content-Type": "application/json"})]
    for one in leaf.attachments:
        if one.name in data:
            headers = {
                "Content-Disposition": f"attachment; filename={quoted(one.name)}",
                "Content-Type": one.content_type,
                "Content-Length": str(len(data[one.name])),
            }
            if one.gzipped:
                headers["Content-Encoding"] = "gzip"
            parts.append(Part(data[one.name], headers))
    return parts


def nested_part(parts: list[Part], boundary: str, headers: Mapping[str, str]) -> Part:
    """A document as one part of a `multipart/mixed`: in parts of its own when bytes follow."""
    if len(parts) == 1:
        return Part(parts[0].body, {**headers, "Content-Type": "application/json"})
    kind = f'multipart/related; boundary="{boundary}"'
    return Part(b"".join(write_parts(parts, boundary)), {**headers, "Content-Type": kind})


def problem_part(problem: Mapping[str, Any]) -> Part:
    """A part that says why there is no document."""
    return Part(orjson.dumps(problem), {"Content-Type": 'application/json; error="true"'})
