"""Write tests/vectors/exchange/*.json: one-request sync, for Python and TypeScript.

    python -m vectors.make_exchange_vectors

Run in the folder tests. A second run writes the same bytes.

Bytes stand as hexadecimal text under the key `b`; everything else is JSON as it is. Nothing in them
is random and no signature in them holds: what is packed is not what is judged.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from rejoint_sync.circle.attachment import chunk_rev
from rejoint_sync.circle.checkpoint import rev_of as checkpoint_rev
from rejoint_sync.circle.document import rev_of, structural_rev
from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.errors import SyncError
from rejoint_sync.exchange import frames, messages
from rejoint_sync.exchange.digest import Inventory, bucket_of, mark_of, part_of
from rejoint_sync.exchange.packing import pack, unpack
from vectors.exchange_pace_cases import pace_vectors
from vectors.exchange_relay_cases import moving_vectors, relay_vectors

FOLDER = Path(__file__).parent / "exchange"
CIRCLE = "c" + sha256(b"circle").hexdigest()[:40]
ASKER = "d" + b64u_encode(sha256(b"asker").digest()[:15])
OTHER = "d" + b64u_encode(sha256(b"other").digest()[:15])


def noise(name: str, length: int) -> bytes:
    """Bytes that belong to a name."""
    return b"".join(sha256(f"{name} {n}".encode()).digest() for n in range(length // 32 + 1))[
        :length
    ]


def shown(value: Any) -> Any:
    """A value for JSON."""
    if isinstance(value, bytes):
        return {"b": value.hex()}
    return [shown(one) for one in value] if isinstance(value, list | tuple) else value


def sealed(kind: str, month: str, device: str, place: str, h: tuple[int, str]) -> dict[str, Any]:
    """A sealed document."""
    name = f"{kind}:{month}:{device}:{place}"
    document = {
        "_id": name,
        "h": f"{h[0]}.{b64u_encode(noise(h[1], 12))}",
        "c": b64u_encode(noise(name, 156)),
        "s": b64u_encode(noise(name + "s", 64)),
    }
    return {"_rev": rev_of(CIRCLE, document), **document}


def documents() -> list[dict[str, Any]]:
    """One of each, and neighbours that lean on each other."""
    chunk = {
        "_id": f"ch:{OTHER}:{b64u_encode(noise('chunk', 32))}",
        "h": f"3.{b64u_encode(noise('a', 12))}",
        "c": b64u_encode(noise("chunk", 100)),
        "s": b64u_encode(noise("chunks", 64)),
    }
    entry = {"_id": "log:000004", "j": "eyJhIjoxfQ.e30.AAAA"}
    point = {"_id": f"cp:c:{ASKER}", "j": "eyJhIjoxfQ.e30.BBBB"}
    rev = checkpoint_rev(point, 2)
    past = {"start": 2, "ids": [rev[2:], noise("past", 16).hex()]}
    return [
        sealed("ev", "2611", ASKER, "c000001", (3, "a")),
        sealed("nt", "2611", ASKER, "k000002", (3, "a")),
        sealed("pl", "2612", OTHER, "c999999", (9999, "b")),
        {"_rev": chunk_rev(CIRCLE, chunk), **chunk},
        {"_rev": structural_rev(entry), **entry},
        sealed("pr", "2701", OTHER, "c000042", (9999, "b")),
        {**point, "_rev": rev, "_revisions": past},
        sealed("at", "2701", ASKER, "c000003", (10, "b")),
        sealed("sn", "0001", ASKER, "c000004", (0, "c")),
    ]


ITEMS: list[list[Any]] = [
    [0],
    [9, 0],
    [23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**53 - 1, -1, -24, -25, -(2**53) + 1],
    [1, b"", b"x" * 23, b"x" * 24, b"x" * 256],
    [2, "", "é", "x" * 24, "\U0001f600"],
    [3, [], [[], [[b""]]]],
]

BROKEN = {
    "ends within an item": "8200",
    "a reserved byte": "ff",
    "an array without an end": "9f01ff",
    "a map": "a0",
    "no array": "01",
    "an empty array": "80",
    "a number that is a text": "816161",
    "a float": "8200f93c00",
    "true": "8200f5",
    "null": "8200f6",
    "a tag": "8200c100",
    "a bignum": "8200c249010000000000000000",
    "text that is not UTF-8": "820062c328",
    "an integer beyond 2^53": "82001b0020000000000000",
    "arrays within arrays within arrays": "81" * 9 + "00",
    "more bytes than there are": "82005affffffff00",
}


def frame_vectors() -> dict[str, Any]:
    """Items and their bytes; what is no sequence of items."""
    for text in BROKEN.values():
        try:
            frames.read(bytes.fromhex(text))
        except SyncError:
            continue
        raise AssertionError(text)
    return {
        "items": [{"item": shown(item), "bytes": frames.write([item]).hex()} for item in ITEMS],
        "also_read": [
            {"why": "not the shortest form", "bytes": "980100", "item": [0]},
            {"why": "not the shortest form", "bytes": "8118ff", "item": [255]},
            {"why": "not the shortest form", "bytes": "811b0000000000000001", "item": [1]},
        ],
        "refused": [{"why": why, "bytes": text} for why, text in BROKEN.items()],
    }


def packing_vectors() -> dict[str, Any]:
    """Documents, and the item that holds them."""
    packed = pack(documents(), ASKER)
    bad: list[Any] = [
        7,
        [],
        ["log:000001"],
        ["log:000001", "{"],
        ["log:000001", "[]"],
        ["log:000001", '{"_id":"x"}'],
        ["log:000001", '{"_deleted":true}'],
        [b"log", "{}"],
        ["ch:x", "3.a", "text", b""],
        packed[0][:7],
        [*packed[0], 0],
        [6, *packed[0][1:]],
        [-1, *packed[0][1:]],
        [0, "2611", *packed[0][2:]],
        [*packed[0][:2], b"short", *packed[0][3:]],
        [*packed[0][:5], b"short", *packed[0][6:]],
        [*packed[0][:6], "text", packed[0][7]],
    ]
    rows = [row for one in bad for row in (one, packed[0])]
    read = unpack(rows, CIRCLE, ASKER)
    assert [isinstance(one, SyncError) for one in read] == [True, False] * len(bad)
    return {
        "circle": CIRCLE,
        "asker": ASKER,
        "documents": documents(),
        "packed": shown(packed),
        "bytes": frames.write([[2, bytes.fromhex(CIRCLE[1:]), packed]]).hex(),
        "refused": shown(bad),
    }


def misunderstood() -> dict[str, list[list[Any]]]:
    """Requests that are refused, by why."""
    circle, first = bytes.fromhex(CIRCLE[1:]), [0, 1, b"", 0, 0]
    wrong: dict[str, list[list[Any]]] = {
        "nothing": [],
        "no beginning": [[1, circle, [], 0]],
        "another version": [[0, 2, b"", 0, 0]],
        "a version that is none": [[0, b"", b"", 0, 0]],
        "a beginning that is cut": [[0, 1, b"", 0]],
        "a cursor that is a text": [[0, 1, "", 0, 0]],
        "a budget below zero": [[0, 1, b"", -1, 0]],
        "two beginnings": [first, first],
        "a circle that is too short": [first, [1, circle[1:], [], 0]],
        "a circle as text": [first, [1, CIRCLE, [], 0]],
        "records that are no array": [first, [1, circle, b"", 0]],
        "again is neither 0 nor 1": [first, [1, circle, [], 2]],
        "too few members": [first, [1, circle, []]],
        "too many members": [first, [1, circle, [], 0, 0]],
        "a bundle as bytes": [first, [3, circle, b"{}"]],
        "a digest without a bucket": [first, [4, circle, ["0000"]]],
        "a digest that is too short": [first, [4, circle, ["0000", b"x"]]],
        "a bucket that is too long": [first, [4, circle, ["000000", noise("x", 32)]]],
        "a part beyond 255": [first, [5, circle, "2611", [256, b""]]],
        "marks that are cut": [first, [5, circle, "2611", [0, b"1234567"]]],
    }
    for items in wrong.values():
        try:
            messages.read_request(items)
        except SyncError:
            continue
        raise AssertionError(items)
    return wrong


def message_vectors() -> dict[str, Any]:
    """A request and an answer with one item of each kind; what is not understood."""
    begin = messages.Begin(b"\x01\x02", 900, messages.SENDS_ONLY)
    parts = Inventory.of([("log:000000", "1-a")]).parts("0000")
    asked: list[messages.Asked] = [
        messages.Records(CIRCLE, pack(documents()[:2], ASKER)),
        messages.Records(CIRCLE, [], again=True),
        messages.Bundle(CIRCLE, '{"log":{},"wraps":[]}'),
        messages.Digests(CIRCLE, [("0000", noise("x", 32)), ("2611k", noise("y", 32))]),
        messages.Wanted(CIRCLE, "2611", [(0, b""), (255, noise("z", 16))]),
    ]
    told: list[messages.Told] = [
        messages.Welcome(noise("session", 16), "k3x9a"),
        messages.Welcome(b"", "k3x9a"),
        messages.Receipt(1),
        messages.Receipt(2, ((0, "sig"), (3, "stale"))),
        messages.Notice("", "cursor"),
        messages.Notice(CIRCLE, "suspended"),
        messages.Given(CIRCLE, pack(documents()[2:4], ASKER)),
        messages.Reached(b"\x03"),
        messages.Unequal(CIRCLE, "0000", parts),
        messages.Lacking(CIRCLE, "2611", noise("m", 16)),
        messages.End(more=True),
    ]
    wrong = misunderstood()
    request = messages.request_items(begin, asked)
    answer = [messages.answer_item(one) for one in told]
    return {
        "request": {"items": shown(request), "bytes": frames.write(request).hex()},
        "answer": {"items": shown(answer), "bytes": frames.write(answer).hex()},
        "refused": [{"why": why, "items": shown(items)} for why, items in wrong.items()],
        "skipped": [[7, "of a later version"], [100]],
    }


def digest_vectors() -> dict[str, Any]:
    """Two inventories, what each says, and how they are settled."""
    rows = [(one["_id"], one["_rev"]) for one in documents()]
    more = [sealed("ev", "2611", OTHER, f"c{n:06d}", (1, "a")) for n in range(1, 40)]
    ours = rows + [(one["_id"], one["_rev"]) for one in more]
    theirs = [*ours[:12], *ours[14:], ("ev:2611:" + ASKER + ":c000099", "1-" + "0" * 32)]
    here, there = Inventory.of(ours), Inventory.of(theirs)
    unequal = here.unequal(there.digests())
    settled = []
    for bucket in unequal:
        wanted = there.differing(bucket, here.parts(bucket))
        lacking, beyond = here.compare(bucket, wanted)
        settled.append(
            {
                "bucket": bucket,
                "parts": here.parts(bucket).hex(),
                "wanted": shown(wanted),
                "lacking": lacking,
                "beyond": [mark.hex() for mark in beyond],
                "named": there.named(bucket, b"".join(beyond)),
            }
        )
    assert settled[0]["lacking"]
    assert settled[0]["beyond"]
    return {
        "names": [
            {"id": name, "rev": rev, "bucket": bucket_of(name), "part": part_of(name)}
            | {"mark": mark_of(name, rev).hex()}
            for name, rev in [*rows, ("req:x:y", "1-a"), ("inv:x", "1-a"), ("else", "1-a")]
        ],
        "server": ours,
        "device": theirs,
        "server_digests": [[bucket, digest.hex()] for bucket, digest in here.digests()],
        "device_digests": [[bucket, digest.hex()] for bucket, digest in there.digests()],
        "unequal": unequal,
        "settled": settled,
    }


def vectors() -> dict[str, str]:
    """The text of each file."""
    made = {
        "frames": frame_vectors(),
        "packing": packing_vectors(),
        "messages": message_vectors(),
        "digest": digest_vectors(),
        "relay": relay_vectors(CIRCLE, pack(documents()[:2], ASKER)),
        "moving": moving_vectors(),
    }
    texts = {
        name: json.dumps(value, ensure_ascii=False, indent=1) + "\n" for name, value in made.items()
    }
    # Thousands of numbers, which nobody wants one on a line.
    return texts | {"pace": json.dumps(pace_vectors()).replace("}, {", "},\n{") + "\n"}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in vectors().items():
        (FOLDER / f"{name}.json").write_text(text)
