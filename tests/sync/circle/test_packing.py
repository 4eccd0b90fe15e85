"""The web app packs by itself: zlib reads what it packs; both take and refuse the same streams."""

import json
import os
import random
import subprocess
import sys
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rejoint_sync.circle.dictionary import DICTIONARIES, deflate, inflate
from rejoint_sync.circle.frame import bucket_bytes
from rejoint_sync.errors import CircleError
from sync.circle.test_vectors import ROOT
from vectors.dictionary_corpus import body, records

ROUNDS = 120 if os.environ.get("REJOINT_LONG") == "1" else 40
HEAD_BYTES = 5


def web(**given: list[bytes]) -> dict[str, list[bytes | None]]:
    """What the web app's modules make of it."""
    node = Path(sys.executable).parent / "node"
    script = ROOT / "pwa" / "test" / "circle" / "packing.ts"
    told = json.dumps(
        {name: [b64encode(one).decode() for one in all_] for name, all_ in given.items()}
    )
    done = subprocess.run(
        [str(node), str(script)],
        input=told,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[Any]] = json.loads(done.stdout)
    return {
        name: [None if one is None else b64decode(one) for one in all_]
        for name, all_ in found.items()
    }


def texts() -> list[bytes]:
    """Records, long ones, repetitions, noise."""
    dice = random.Random(11)
    found = [body(record) for record in records(seed=5, rounds=ROUNDS)]
    found += [b"", b"a", b"ab" * 3000, bytes(70_000), b" ".join(found[:300])]
    found += [dice.randbytes(dice.randrange(400)) for _ in range(200)]
    # Letters of very different frequency, so that codes become as long as they may.
    found += [b"".join(bytes([32 + n]) * (2**n) for n in range(17))]
    return found + ["".join(dice.choices("абвгдежзиклмн ", k=900)).encode() for _ in range(20)]


def streams() -> Iterator[bytes]:
    """By zlib in all its ways; and with a few bits changed, or cut, or followed by something."""
    dice = random.Random(12)
    strategies = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED)
    for text in texts()[::7]:
        for strategy in strategies:
            level = dice.choice((0, 1, 6, 9))
            packer = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy, DICTIONARIES[1])
            stream = packer.compress(text) + packer.flush()
            yield stream
            yield stream[: dice.randrange(len(stream))]
            yield stream + dice.randbytes(1)
            for _ in range(4 if len(stream) < 2000 else 0):
                changed = bytearray(stream)
                # The first bytes say most.
                changed[dice.randrange(min(dice.choice((12, 2000)), len(stream)))] ^= (
                    1 << dice.randrange(8)
                )
                yield bytes(changed)


def unpacked(stream: bytes) -> bytes | None:
    try:
        return inflate(stream, 1)
    except CircleError:
        return None


@pytest.fixture(scope="module")
def answer() -> dict[str, list[bytes | None]]:
    return web(texts=texts(), streams=list(streams()))


def test_zlib_reads_what_the_web_app_packs(answer: dict[str, list[bytes | None]]) -> None:
    for name in ("packed", "shortest"):
        for text, packed in zip(texts(), answer[name], strict=True):
            assert packed is not None
            assert inflate(packed, 1) == text


def test_the_web_app_takes_and_refuses_what_zlib_does(
    answer: dict[str, list[bytes | None]],
) -> None:
    wanted = [unpacked(stream) for stream in streams()]
    assert answer["opened"] == wanted
    assert min(wanted.count(None), len(wanted) - wanted.count(None)) > 500


def test_records_are_as_short_as_by_zlib(answer: dict[str, list[bytes | None]]) -> None:
    """Within 5 %, and in their buckets; what saves no bucket may be longer."""
    count = len(records(seed=5, rounds=ROUNDS))
    theirs = [len(deflate(text, 1)) for text in texts()[:count]]
    for name in ("packed", "shortest"):
        ours = [len(packed or b"") for packed in answer[name][:count]]
        assert sum(ours) < 1.05 * sum(theirs)
        assert sum(map(bucket, ours)) < 1.01 * sum(map(bucket, theirs))


def bucket(size: int) -> int:
    return bucket_bytes(HEAD_BYTES + size)
