"""Records that a world writes, each known again by its mark."""

from typing import Any

from sim.hosting import EPOCH_S


def pain(mark: int) -> dict[str, Any]:
    """As a patient writes it."""
    at = EPOCH_S + mark
    return {"type": "pain", "context": "now", "score": mark % 11, "performed_at": at}


def note(mark: int) -> dict[str, Any]:
    """As a clinician writes it."""
    return {"type": "note", "text": str(mark)}


def mark_of(value: dict[str, Any]) -> int:
    """The mark of what a phone shows; 0 of what no world wrote."""
    if value.get("type") == "note":
        return int(value["text"])
    if value.get("type") != "pain":
        return 0
    # A phone that knows that its clock is wrong says by how much it has corrected this.
    return int(value["performed_at"]) - int(value.get("off_s", 0)) - EPOCH_S
