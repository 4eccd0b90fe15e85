"""Frames of codec 1: deflate with dictionary 1."""

from collections.abc import Iterator
from pathlib import Path

from vectors.circle_deflate import (
    PLAIN_CODES,
    Run,
    after_kind_3,
    deflated,
    described_block,
    fixed_block,
    fixed_symbols,
    pieces_of,
    stored_block,
)
from vectors.circle_document_cases import LONG, NOTE, PAIN
from vectors.circle_log_cases import Case
from vectors.circle_writer import Json, b64u, compact, packed

ROOT = Path(__file__).parents[2]
DICTIONARY = (ROOT / "sync" / "rejoint_sync" / "circle" / "dictionary1.bin").read_bytes()
INFLATED_MAX = 1024 * 1024


def case(comment: str, expect: str, framed: bytes, **other: object) -> Json:
    return {"comment": comment, "group": "deflate", "expect": expect, "frame": b64u(framed)} | other


def opened() -> Iterator[Case]:
    for name, comment, obj in (
        ("pain", "a patient's pain of 0", PAIN),
        ("note", "a note in Devanagari", NOTE),
        ("long", "a long note, mostly matches within itself", LONG),
        ("empty", "no members", {}),
    ):
        framed = packed(deflated(compact(obj), DICTIONARY), codec=1)
        yield name, case(comment, "success", framed, obj=obj)
    body = compact(PAIN)
    yield (
        "stored",
        case("one plain block", "success", packed(stored_block(body), codec=1), obj=PAIN),
    )
    text = b'{"a":"' + DICTIONARY[:100].replace(b'"', b"'") + b'"}'
    far = packed(fixed_block(pieces_of(text, DICTIONARY)), codec=1)
    obj = {"a": text[6:-2].decode()}
    yield "far", case("a match near the dictionary's beginning", "success", far, obj=obj)


def refused() -> Iterator[Case]:
    body = compact(PAIN)
    good = deflated(body, DICTIONARY)
    pieces = pieces_of(body, DICTIONARY)
    zlib_head = b"\x78\xda"
    # One byte more than is taken: the brackets, 4,063 matches and the rest of them.
    rest = INFLATED_MAX + 1 - len(b'{"a":"a"}')
    flood: list[int | tuple[int, int]] = [*b'{"a":"a', *[(258, 1)] * (rest // 258)]
    flood += [*b"a" * (rest % 258), *b'"}']
    # A short stream: two bits for each 258 spaces, after a table that says so.
    spaces = bytes.fromhex("edc1411100000c02a02aebe9adbb21fc02f903") + b"\x00" * 1015
    spaces += bytes.fromhex("d814")
    for name, comment, content in (
        ("spaces", "an object, and spaces up to a byte more than 1 MiB", spaces),
        ("cut", "the end is missing", good[:-3]),
        ("no-end", "no end of the block", fixed_block(pieces, ended=False)),
        ("more-to-come", "a block that is not the last", fixed_block(pieces, last=False)),
        ("after", "a byte after the end", good + b"\0"),
        ("twice", "the same again", good + good),
        ("nothing", "no stream at all", b""),
        ("zlib", "with the head of another format", zlib_head + good),
        ("plain", "JSON that is not packed", body),
        ("other-dictionary", "packed with other bytes before", deflated(body, DICTIONARY[::-1])),
        ("before", "a match before the dictionary", fixed_block([*b'{"', (5, 2040), *b'":1}'])),
        ("block-3", "a kind of block that there is not", b"\7"),
        ("flood", "more than 1 MiB inside", fixed_block(flood)),
        ("array", "JSON that is no object", deflated(b"[1]", DICTIONARY)),
        ("utf8", "bytes that are no text", deflated(b'{"a":"\xff"}', DICTIONARY)),
    ):
        yield name, case(comment, "frame", packed(content, codec=1))
    framed = packed(good, codec=1)
    yield "padding", case("padding that is not zero", "frame", framed[:-1] + b"\1")
    yield "bucket", case("a bucket twice as large", "frame", framed.ljust(2 * len(framed), b"\0"))
    yield "codec-2", case("a dictionary to come", "codec", packed(good, codec=2))


TEXT = b'{"a":1}'
OBJ = {"a": 1}


def lengths_of(*, end: int = 3, first: int = 2, others: int = 3, match: int = 0) -> list[int]:
    """Lengths of codes for the six bytes of `TEXT` and its end, and for a match of length 3."""
    lengths = [0] * 257 + ([match] if match else [])
    for byte in TEXT:
        lengths[byte] = others
    lengths[TEXT[0]] = first
    lengths[256] = end
    return lengths


MATCH = lengths_of(first=3, match=3)


def matched(distances: list[int], tail: tuple[tuple[int, int], ...]) -> bytes:
    return described_block(TEXT, MATCH, distances, tail=tail)


def runs_of(lengths: list[int], distances: list[int]) -> list[Run]:
    """Lengths as they are, but zeros told together."""
    runs: list[Run] = []
    whole, at = [*lengths, *distances], 0
    while at < len(whole):
        zeros = next((n for n, each in enumerate(whole[at:]) if each), len(whole) - at)
        if zeros >= 3:
            zeros = min(zeros, 138)
            runs.append((18, zeros - 11) if zeros > 10 else (17, zeros - 3))
            at += zeros
        else:
            runs.append(whole[at])
            at += 1
    return runs


def own_codes() -> Iterator[Case]:
    """Blocks that say which codes they use."""
    good = lengths_of()
    told = described_block(TEXT, good, [0], runs=runs_of(good, [0]))
    again = matched([1], ((7, 3), (0, 1)))
    for name, comment, content, obj in (
        ("own", "codes of its own", described_block(TEXT, good, [0]), OBJ),
        ("own-zeros", "zeros of lengths told together", told, OBJ),
        ("own-match", "a single distance of one bit", again, {"a": 1111}),
    ):
        yield name, case(comment, "success", packed(content, codec=1), obj=obj)


def odd_codes() -> Iterator[Case]:
    """What zlib refuses in such blocks, and symbols that there are not."""
    good, length = lengths_of(), (7, 3)
    lied = bytearray(stored_block(TEXT))
    lied[3] ^= 1
    fewer, more = [*PLAIN_CODES], [*PLAIN_CODES]
    fewer[15], more[15] = 0, 4
    beyond: list[Run] = [*good, (17, 0)]
    nothing: list[Run] = [(16, 0), *good[3:], 0]
    for name, comment, content in (
        ("unused", "a distance without a code", matched([1], (length, (1, 1)))),
        ("no-distance", "a match without distances", matched([0], (length, (0, 1)))),
        ("long-one", "a single distance of two bits", matched([2], (length, (0, 2)))),
        ("over", "more distances than there can be", described_block(TEXT, good, [1, 1, 1])),
        ("under", "fewer distances than there must be", described_block(TEXT, good, [2, 2])),
        ("thin", "fewer codes than there must be", described_block(TEXT, lengths_of(first=3), [0])),
        ("literals", "287 literals", described_block(TEXT, [*good, *[0] * 30], [0])),
        ("distances", "31 distances", described_block(TEXT, good, [0] * 31)),
        ("again", "the length before the first", described_block(TEXT, good, [0], runs=nothing)),
        ("beyond", "lengths beyond the last", described_block(TEXT, good, [0], runs=beyond)),
        ("fewer", "a length has no code", described_block(TEXT, good, [0], codes=fewer)),
        ("more", "lengths have too many codes", described_block(TEXT, good, [0], codes=more)),
        ("length-286", "a length that there is not", fixed_symbols(TEXT, 286)),
        ("distance-30", "a distance that there is not", fixed_symbols(TEXT, 257, 30)),
        ("kind-3", "a kind of block that there is not, then a good one", after_kind_3(TEXT)),
        ("stored-lies", "a length that is not told twice", bytes(lied)),
        ("stored-cut", "fewer bytes than were told", stored_block(TEXT)[:-1]),
    ):
        yield f"odd-{name}", case(comment, "frame", packed(content, codec=1))


def all_cases() -> Iterator[Case]:
    yield from opened()
    yield from refused()
    yield from own_codes()
    yield from odd_codes()
