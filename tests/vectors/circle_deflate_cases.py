"""Frames of codec 1: deflate with dictionary 1."""

from collections.abc import Iterator
from pathlib import Path

from vectors.circle_deflate import deflated, fixed_block, pieces_of, stored_block
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


def all_cases() -> Iterator[Case]:
    yield from opened()
    yield from refused()
