"""What a server without secrets decides: which documents and which entries it takes.

The work is split so that the slow half needs no lock: `check_signature` may run in any thread; the
judges made by `judge` and `judge_append` run in the store's turn, where what they see stays true
until the write lands.

A store of circles is written with `new_edits=False` only: a sealed document has one revision, and
an edit would be another.

Source: docs/circle.md, "The server's duties".
"""

from rejoint_sync.judge.bundles import judge_append, judge_bundle
from rejoint_sync.judge.documents import STRUCTURAL, Signed, check_signature, judge
from rejoint_sync.judge.late import is_covered, judge_late
from rejoint_sync.judge.papers import judge_paper
from rejoint_sync.judge.requests import judge_request, judge_unmoved
from rejoint_sync.judge.wraps import judge_wrap, wrapped_for

__all__ = [
    "STRUCTURAL",
    "Signed",
    "check_signature",
    "is_covered",
    "judge",
    "judge_append",
    "judge_bundle",
    "judge_late",
    "judge_paper",
    "judge_request",
    "judge_unmoved",
    "judge_wrap",
    "wrapped_for",
]
