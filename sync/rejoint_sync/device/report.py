"""What one sync did, of all circles."""

from dataclasses import dataclass, field

from rejoint_sync.replicator import Refusal


@dataclass(slots=True)
class Report:
    """What one sync did.

    Attributes:
        pushed: Sealed documents that the server took.
        pulled: Sealed documents that are new here.
        resealed: Own documents that were sealed again, since the key had changed.
        quarantined: Own documents that came too late, and that the server keeps apart.
        rekeyed: New keys that this device had to open.
        removed: Circles in which this device is no longer.
        refused: What is set aside now, of all circles.
        alarms: Number of alarms that are new.
        trouble: Circles that could not be brought up to date, each with why.
    """

    pushed: int = 0
    pulled: int = 0
    resealed: int = 0
    quarantined: int = 0
    rekeyed: int = 0
    removed: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    alarms: int = 0
    trouble: list[dict[str, str]] = field(default_factory=list)
