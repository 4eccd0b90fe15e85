"""Every number a circle is bounded by, with its reason.

Source: docs/circle.md, "Limits".
"""

from typing import Final

ENTRY_BYTES_MAX: Final = 16 * 1024
"""Characters of one entry's JWS. The widest entry names 200 fenced devices."""

BUNDLE_BYTES_MAX: Final = 1024 * 1024
"""Sealed bytes of one append. 200 wraps of the post-quantum kind are 0.43 MB."""

INVITATION_BYTES_MAX: Final = 4096
"""Characters of a sealed invitation: a key, a head and one secret per stream need under 600."""

DOCUMENT_BYTES_MAX: Final = 256 * 1024
"""Characters of the sealed part of one document."""

JSON_DEPTH_MAX: Final = 16
"""Nested arrays and objects in signed JSON. The format itself needs 5."""

INFLATED_BYTES_MAX: Final = 1024 * 1024
"""Bytes of one record before it is packed: no small document unpacks into a flood."""

SEQ_MAX: Final = 2199
"""Last number an entry can have: 2,000, and 200 more that only close or repair."""

SEQ_ORDINARY_MAX: Final = 1999
"""Last number an entry can have that brings something in."""

REPAIRS: Final = frozenset({"remove", "leave", "uninvite", "rekey", "accept", "close"})
"""What may still be appended above `SEQ_ORDINARY_MAX`: a full circle can always be made safe."""

UNCOUNTED: Final = frozenset({"remove", "leave", "uninvite"})
"""What a device may append beyond the day's number: each needs a device or an invitation, which
are counted, so nobody can fill a log with them."""

APPENDS_PER_DAY_MAX: Final = 60
"""Entries of one device in one circle in 24 hours: more is a program gone wrong."""

DEVICES_LIVE_MAX: Final = 200
"""Live devices: each one costs a wrap at every removal."""

DEVICES_EVER_MAX: Final = 1000
"""Devices that ever stood in a log: each reader replays them all."""

INVITATIONS_OPEN_MAX: Final = 20
"""Open invitations: each one is a key that lies around."""

REQUESTS_PER_INVITATION_MAX: Final = 5
"""Devices that ask by one invitation: who compares the digits must not lose the view."""

LATE_DOCUMENTS_MAX: Final = 2000
"""Documents of one removed device that wait to be accepted: a season of daily use."""

LATE_BYTES_MAX: Final = 8 * 1024 * 1024
"""Their letters in sum."""

LATE_SECONDS_MAX: Final = 180 * 86_400
"""How long they wait."""

PAPERS_PER_MEMBER_MAX: Final = 5
"""Printed codes of one member at once: each is a way in."""

WRAPS_MISSED_MAX: Final = 100
"""Wraps that one device may report at once: more pieces of a chain are never broken."""

TICKET_SECONDS_MAX: Final = 1_209_600
"""Life of an enrolment ticket, 14 days: until the patient is at home and has time."""

DIRECT_SECONDS_MAX: Final = 3600
"""Life of an invitation that is handed over in person."""

APPROVE_SECONDS_MAX: Final = 1_209_600
"""Life of an invitation that is sent by a messenger, 14 days: it only lets one ask."""

INVITED_SECONDS_MAX: Final = {"direct": DIRECT_SECONDS_MAX, "approve": APPROVE_SECONDS_MAX}
"""Life of an invitation by its mode."""

EARLIER_SECONDS_MAX: Final = 300
"""How far an entry's time may lie before the server's clock."""

LATER_SECONDS_MAX: Final = 300
"""How far an entry's time may lie after the server's clock, or after the last entry."""

COUNTER_MAX: Final = 999_999
"""Greatest counter of a document: six digits."""

COUNTER_AHEAD_MAX: Final = 10_000
"""How far a counter may lie above the greatest stored: a lost phone's longest queue, doubled."""

LOGIN_SECONDS_MAX: Final = 300
"""Life of a login token."""

LOGIN_LEEWAY_SECONDS: Final = 30
"""How far a token's `iat` may lie in the future: a slow link makes the corrected clock that bad."""

CHECKPOINT_BYTES_MAX: Final = 128 * 1024
"""Characters of a checkpoint: marks of 1,000 devices, the most that ever stand in a log."""

CHECKPOINT_EVERY_SECONDS: Final = 86_400
"""A device signs what it has seen at most once a day."""

SNAPSHOT_RECORDS_MAX: Final = 300
"""Records in a snapshot besides plans: three months of a patient, 100 KB before packing."""

KDF_MEMORY_KIB: Final = 32 * 1024
"""Memory of Argon2id for a printed code: half a second on an old phone."""

KDF_MEMORY_KIB_MIN: Final = 19 * 1024
"""The least that is taken: a server could hand out a document that is cheap to guess at."""

KDF_MEMORY_KIB_MAX: Final = 128 * 1024
"""The most that is taken: an old phone can bear it."""

KDF_PASSES: Final = 3
"""Passes of Argon2id."""

KDF_PASSES_MIN: Final = 2
"""The least that is taken."""

KDF_PASSES_MAX: Final = 8
"""The most that is taken."""

CHUNK_BYTES_MAX: Final = 64 * 1024
"""Sealed bytes of one chunk: what a weak link carries in one go."""

ATTACHMENT_BYTES_MAX: Final = 64 * 1024 * 1024
"""Bytes of one attachment: a minute of video, 1,025 chunks."""

LAMPORT_MAX: Final = 2**40 - 1
"""Greatest `lam` of an operation."""

LAMPORT_AHEAD_MAX: Final = 1_000_000
"""An operation whose `lam` exceeds this plus the number before it is set aside."""
