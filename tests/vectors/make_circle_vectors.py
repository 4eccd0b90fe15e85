"""Write tests/vectors/circle/*.json, or with `--check` say which files are not what they should be.

    python -m vectors.make_circle_vectors [--check]

Run in the folder tests. A second run writes the same bytes.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from vectors import (
    circle_admission_cases,
    circle_attachment_cases,
    circle_deflate_cases,
    circle_document_cases,
    circle_epoch_cases,
    circle_feed_cases,
    circle_judge_cases,
    circle_key_cases,
    circle_log_cases,
    circle_membership_cases,
    circle_merge_cases,
    circle_recovery_cases,
    circle_role_cases,
    circle_rule_cases,
    circle_shape_cases,
    circle_snapshot_cases,
)

FOLDER = Path(__file__).parent / "circle"
SOURCES = (
    circle_key_cases,
    circle_log_cases,
    circle_membership_cases,
    circle_epoch_cases,
    circle_judge_cases,
    circle_role_cases,
    circle_document_cases,
    circle_deflate_cases,
    circle_feed_cases,
    circle_merge_cases,
    circle_snapshot_cases,
    circle_recovery_cases,
    circle_attachment_cases,
    circle_admission_cases,
    circle_shape_cases,
    circle_rule_cases,
)


def files() -> Iterator[tuple[str, str]]:
    """Each file's name and text; the name begins with its group."""
    for source in SOURCES:
        for name, case in source.all_cases():
            group = case["group"]
            full = name if name.startswith(group) else f"{group}-{name}"
            text = json.dumps(case, indent=1, ensure_ascii=False)
            yield full.replace(" ", "-") + ".json", text + "\n"


def main(arguments: list[str]) -> int:
    """Write or check all vectors; 1 when a check fails."""
    wanted: dict[str, str] = {}
    for name, text in files():
        assert name not in wanted, f"two cases are named {name}"
        wanted[name] = text
    there = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    if "--check" in arguments:
        stale = sorted(n for n in wanted.keys() | there.keys() if wanted.get(n) != there.get(n))
        for name in stale:
            print(f"not as generated: {name}")
        return 1 if stale else 0
    for name in there.keys() - wanted.keys():
        (FOLDER / name).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, "utf-8")
    print(f"{len(wanted)} vectors")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
