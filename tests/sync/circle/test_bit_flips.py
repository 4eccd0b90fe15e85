"""No bit of anything signed or sealed can be changed: each single flip is refused.

What is flipped is the JSON text as it lies in a database: names of members, values, punctuation.
A flip that leaves no JSON is refused by whoever parses it; of the others the reader must say so,
with one of its codes and not with any other error.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rejoint_sync.circle.attachment import read_chunk
from rejoint_sync.circle.checkpoint import Checkpoint
from rejoint_sync.circle.document import open_document
from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.epochs import unwrap
from rejoint_sync.circle.invitation import open_inv, read_request
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.log import Epoch, Membership
from rejoint_sync.circle.recovery import Paper
from rejoint_sync.errors import CircleError

LONG = os.environ.get("REJOINT_LONG") == "1"
FOLDER = Path(__file__).parents[2] / "vectors" / "circle"

Case = dict[str, Any]
Reader = Callable[[Any], object]


def replayed(case: Case) -> Membership:
    return Membership.replay(Membership.founded(case["log"][0]).circle, case["log"])


def of_document(case: Case) -> Reader:
    membership = replayed(case)
    secrets = {
        stream: {int(e): b64u_decode(es) for e, es in chain.items()}
        for stream, chain in case["secrets"].items()
    }
    return lambda doc: open_document(membership, secrets, doc)


def of_entry(case: Case) -> Reader:
    return replayed(case).append if case["log"] else Membership.founded


def of_wrap(case: Case) -> Reader:
    keys = DeviceKeys.from_secret(case["secret"])
    where = {"circle": case["circle"], "stream": case["stream"]}
    epoch = Epoch(case["epoch"]["e"], case["epoch"]["commit"], None, 0)
    return lambda doc: unwrap(keys, doc, **where, epoch=epoch)


def of_request(case: Case) -> Reader:
    membership = replayed(case)
    return lambda doc: read_request(membership, doc, case["now_s"])


def of_checkpoint(case: Case) -> Reader:
    membership = replayed(case)
    return lambda doc: Checkpoint.read(membership, doc)


def of_chunk(case: Case) -> Reader:
    membership = replayed(case)
    return lambda doc: read_chunk(membership, doc)


def of_invitation(case: Case) -> Reader:
    return lambda doc: open_inv(case["circle"], b64u_decode(case["secret"]), doc)


def of_card(case: Case) -> Reader:
    return lambda doc: Paper.open(case["code"], doc)


# By vector: its reader, what is read, and every how many bits one is flipped in the short run.
SUBJECTS: dict[str, tuple[Callable[[Case], Reader], str, int]] = {
    "document-patient": (of_document, "doc", 1),
    "document-plan": (of_document, "doc", 61),
    "document-profile": (of_document, "doc", 13),
    "document-therapist": (of_document, "doc", 13),
    "history-k": (of_document, "doc", 13),
    "kinds-at-patient": (of_document, "doc", 13),
    "kinds-sn-patient": (of_document, "doc", 13),
    "log-genesis-patient-by-therapist": (of_entry, "entry", 31),
    "log-invite-exp-hour": (of_entry, "entry", 31),
    "log-uninvite-taken": (of_entry, "entry", 31),
    "log-join-taken": (of_entry, "entry", 31),
    "membership-accept-taken": (of_entry, "entry", 31),
    "membership-add-ck": (of_entry, "entry", 31),
    "membership-close-taken": (of_entry, "entry", 1),
    "membership-grant-colleague": (of_entry, "entry", 31),
    "membership-leave-caregiver": (of_entry, "entry", 31),
    "membership-rekey-k": (of_entry, "entry", 31),
    "membership-remove-k": (of_entry, "entry", 31),
    "membership-reopen-taken": (of_entry, "entry", 31),
    "membership-xwing-enters": (of_entry, "entry", 61),
    "wrap-opens": (of_wrap, "doc", 7),
    "xwing-opens": (of_wrap, "doc", 61),
    "invitation-opens": (of_invitation, "inv", 1),
    "approval-asks": (of_request, "doc", 31),
    "checkpoint-patient": (of_checkpoint, "doc", 31),
    "attachment-chunk": (of_chunk, "doc", 31),
    "recovery-opens": (of_card, "doc", 97),
}


# A revision is a hash of the rest: where it stays, it tells most flips before the signature does.
WITH_REVISION = {"document-profile", "attachment-chunk"}


def code_of(reader: Reader, flipped: bytes, original: object) -> str:
    try:
        document = json.loads(flipped)
    except ValueError:
        return "no JSON"
    assert document != original
    try:
        reader(document)
    except CircleError as error:
        return error.code
    return "accepted"


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_flip_of_one_bit_is_refused(name: str) -> None:
    case = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    reader_of, member, stride = SUBJECTS[name]
    reader = reader_of(case)
    original = dict(case[member])
    if name not in WITH_REVISION:
        original.pop("_rev", None)
    reader(original)  # else the refusals below would say nothing
    text = json.dumps(original, separators=(",", ":")).encode()
    # Each derivation of a card takes a while.
    step = (11 if reader_of is of_card else 1) if LONG else stride
    codes = set()
    for bit in range(0, len(text) * 8, step):
        flipped = bytearray(text)
        flipped[bit // 8] ^= 1 << bit % 8
        codes.add(code_of(reader, bytes(flipped), original))
    assert "accepted" not in codes
    assert len(codes) > 1
