"""Random revision trees that two replicas know in part, and what they must know after meeting.

Leaves are computed from parents alone, without the tree code of the product.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

Document = dict[str, Any]
Leaves = dict[str, dict[str, Document]]
"""By document and revision: body, history, whether deleted, attachments."""

NAMES = ("plain", "with space", "a/b", "ü-é", "日本語", "%2F", "a+b&c=d", "q?#x", "_no".strip("_"))


@dataclass(frozen=True)
class Branch:
    """One revision with the path that leads to it.

    Attributes:
        document_id: Of its document.
        path: Revisions, newest first, root last.
        deleted: Whether it is a tombstone.
        attachments: Names of its attachments.
    """

    document_id: str
    path: tuple[str, ...]
    deleted: bool
    attachments: tuple[str, ...] = ()

    def document(self) -> Document:
        """It as `_bulk_docs` with `new_edits: false` takes it."""
        generation, _, _ = self.path[0].partition("-")
        digests = [rev.partition("-")[2] for rev in self.path]
        document: Document = {
            "_id": self.document_id,
            "_rev": self.path[0],
            "_revisions": {"start": int(generation), "ids": digests},
            "text": f"{self.document_id} at {self.path[0]}",
        }
        if self.deleted:
            document["_deleted"] = True
        if self.attachments:
            document["_attachments"] = {
                name: {
                    "content_type": "text/plain" if name.endswith("txt") else "image/png",
                    "data": base64.b64encode(self.bytes_of(name)).decode(),
                    "revpos": int(generation),
                }
                for name in self.attachments
            }
        return document

    def bytes_of(self, name: str) -> bytes:
        """Content of an attachment: of this leaf and of no other."""
        return f"{name} of {self.path[0]}; ".encode() * 40


def random_branches(
    random: Random, document_id: str, *, attachments: tuple[str, ...] = ()
) -> list[Branch]:
    """All revisions of one document's tree: up to five branches, each perhaps a tombstone."""
    paths: list[tuple[str, ...]] = [(_rev(random, 1),)]
    for _ in range(random.randint(0, 9)):
        parent = random.choice(paths)
        if random.random() < 0.1:
            paths.append((_rev(random, 1),))
        elif len(parent) < 8:
            paths.append((_rev(random, len(parent) + 1), *parent))
    branches = []
    for path in paths:
        deleted = random.random() < 0.25
        # PouchDB never asks for the attachments of a tombstone.
        attached = [name for name in attachments if not deleted and random.random() < 0.7]
        branches.append(Branch(document_id, path, deleted, tuple(attached)))
    return branches


def _rev(random: Random, generation: int) -> str:
    return f"{generation}-{random.randbytes(16).hex()}"


def random_world(
    seed: int, documents: int, *, attachments: tuple[str, ...] = ()
) -> tuple[list[Branch], list[Branch]]:
    """What one replica was given and what the other was; most documents are in both."""
    random = Random(seed)
    here: list[Branch] = []
    there: list[Branch] = []
    for number in range(documents):
        name = f"{NAMES[number % len(NAMES)]} {number}"
        for branch in random_branches(random, name, attachments=attachments):
            side = random.choice(["here", "there", "both"])
            here += [branch] if side in ("here", "both") else []
            there += [branch] if side in ("there", "both") else []
    return here, there


def expected(branches: Iterable[Branch]) -> Leaves:
    """The leaves of a replica that was given all of these."""
    branches = list(branches)
    inner = {(b.document_id, rev) for b in branches for rev in b.path[1:]}
    found: Leaves = {}
    for branch in branches:
        if (branch.document_id, branch.path[0]) not in inner:
            leaves = found.setdefault(branch.document_id, {})
            leaves[branch.path[0]] = normal(branch.document())
    return found


def revisions(leaves: Leaves) -> dict[str, list[str]]:
    """Names of the leaves alone."""
    return {name: sorted(of) for name, of in leaves.items()}


def normal(document: Document) -> Document:
    """A leaf without what servers may say differently: digests, lengths, order."""
    start, ids = document["_revisions"]["start"], document["_revisions"]["ids"]
    return {
        "history": [f"{start - i}-{digest}" for i, digest in enumerate(ids)],
        "deleted": document.get("_deleted", False),
        "body": {name: value for name, value in document.items() if not name.startswith("_")},
        "attachments": {
            name: (entry["content_type"], base64.b64decode(entry["data"]))
            for name, entry in document.get("_attachments", {}).items()
        },
    }
