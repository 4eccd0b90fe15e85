"""Relay files and moving pictures: the cases of relay.json and moving.json."""

import zlib
from hashlib import sha256
from typing import Any, Final

from rejoint_sync.circle.encoding import b64u_encode
from rejoint_sync.circle.frame import bucket_bytes
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.errors import CircleError
from rejoint_sync.exchange import messages, moving, relay
from rejoint_sync.exchange.frames import write
from rejoint_sync.exchange.packing import Packed
from vectors.circle_writer import fixed, hpke, point

AUDIENCE: Final = "https://clinic.example"
INFO: Final = b"rj1 relay\0"
SERVER: Final = fixed("relay server", 32)
AUTHOR: Final = DeviceKeys.of(fixed("relay author kem", 32), fixed("relay author sign", 32))
OTHER: Final = DeviceKeys.of(fixed("relay other kem", 32), fixed("relay other sign", 32))


def token(body: bytes, keys: DeviceKeys = AUTHOR, **changes: Any) -> str:
    """What the author signs."""
    payload = {"aud": AUDIENCE, "hash": b64u_encode(sha256(body).digest()), **changes}
    return keys.sign_jws(relay.RELAY_TYP, payload)


def plain(letters: str, body: bytes) -> bytes:
    """What is sealed."""
    content = len(letters).to_bytes(2) + letters.encode() + body
    whole = len(content).to_bytes(4) + content
    return whole.ljust(bucket_bytes(len(whole)), b"\0")


def file_of(content: bytes, scalar: bytes = SERVER, info: bytes = INFO) -> bytes:
    """A relay file, with an ephemeral key that belongs to its content."""
    sealed = hpke(point(scalar), fixed(sha256(content).hexdigest(), 32), info, content)
    return relay.wrapped(relay.key_mark(point(scalar)), sealed)


def relay_vectors(circle: str, packed: list[Packed]) -> dict[str, Any]:
    """A file, its parts, and files that are refused where they are."""
    body = relay.body_of([messages.Records(circle, packed)])
    file = file_of(plain(token(body), body))
    assert relay.open_file(file, SERVER, AUDIENCE).body == body
    return {
        "audience": AUDIENCE,
        "server": {"scalar": SERVER.hex(), "point": point(SERVER).hex()},
        "author": {"id": AUTHOR.id, "secret": AUTHOR.to_secret(), "pub": dict(AUTHOR.pub)},
        "body": body.hex(),
        "token": token(body),
        "plain": plain(token(body), body).hex(),
        "file": file.hex(),
        "text": relay.spelled(file),
        "not_whole": not_whole(file),
        "not_opened": not_opened(body),
        "not_carried": not_carried(circle, packed),
    }


def not_whole(file: bytes) -> list[dict[str, str]]:
    """What anybody sees to be wrong."""
    flipped = bytearray(file)
    flipped[-1] ^= 1
    cases = [
        ("nothing", "schema", b""),
        ("a picture", "schema", b"\x89PNG\r\n\x1a\n"),
        ("of a later version", "schema", file.replace(b"RJRELAY1", b"RJRELAY2")),
        ("only its first letters", "frame", file[:8]),
        ("only its head", "frame", file[:28]),
        ("without its last byte", "frame", file[:-1]),
        ("with a byte more", "frame", file + b"\0"),
        ("with one bit changed at its end", "frame", bytes(flipped)),
        ("sealed to a key with another name", "frame", file[:8] + b"\0" * 8 + file[16:]),
        ("with a false check", "frame", file[:20] + b"\0" * 8 + file[28:]),
    ]
    for why, code, content in cases:
        assert refusal(lambda content=content: relay.look(content)) == code, why
    return [{"why": why, "code": code, "file": content.hex()} for why, code, content in cases]


def not_opened(body: bytes) -> list[dict[str, str]]:
    """What the server finds to be wrong."""
    good, other = token(body), token(body, OTHER)
    foreign = AUTHOR.sign_jws("rj1+auth", {"aud": AUDIENCE, "hash": "x"})
    cut = plain(good, body)[:-1]
    dirty = plain(good, body)[:-1] + b"\1"
    wide = plain(good, body) + b"\0" * 512
    swapped = relay.wrapped(relay.key_mark(point(SERVER)), file_of(plain(good, body))[28:-1] + b"x")
    cases = [
        ("for another server", "target", file_of(plain(good, body), fixed("another", 32))),
        ("sealed for another use", "tag", file_of(plain(good, body), info=b"rj1 wrap\0")),
        ("changed inside", "tag", swapped),
        ("of nothing sealed", "tag", relay.wrapped(relay.key_mark(point(SERVER)), b"")),
        ("cut before it was sealed", "frame", file_of(cut)),
        ("with padding that is not zero", "frame", file_of(dirty)),
        ("in too large a bucket", "frame", file_of(wide)),
        ("of zeros", "frame", file_of(bytes(128))),
        ("with a token of another use", "header", file_of(plain(foreign, body))),
        ("with a token that is cut", "schema", file_of(plain(good.rpartition(".")[0], body))),
        ("with more in its token", "schema", file_of(plain(token(body, iat=1), body))),
        ("signed for another server", "target", file_of(plain(token(body, aud="x"), body))),
        ("with records that were not signed", "sig", file_of(plain(good, body + b"\x81\x09"))),
        ("signed by another device than it says", "sig", file_of(plain(forged(good, other), body))),
    ]
    for why, code, content in cases:
        assert refusal(lambda content=content: opened(content)) == code, why
    return [{"why": why, "code": code, "file": content.hex()} for why, code, content in cases]


def not_carried(circle: str, packed: list[Packed]) -> list[dict[str, str]]:
    """Bodies that are no records to be carried."""
    begin = messages.Begin(flags=messages.SENDS_ONLY)
    bundle = messages.Bundle(circle, "{}")
    carried = messages.Records(circle, packed, again=True)
    bodies = {
        "nothing": b"",
        "no sequence": b"\xff",
        "no records": write(messages.request_items(begin)),
        "an empty item": write(
            messages.request_items(begin, [messages.Records(circle, [], again=True)])
        ),
        "not marked": write(messages.request_items(begin, [messages.Records(circle, packed)])),
        "an entry beside": write(messages.request_items(begin, [carried, bundle])),
    }
    for why, body in bodies.items():
        inside = relay.open_file(file_of(plain(token(body), body)), SERVER, AUDIENCE)
        assert refusal(inside.records) == "schema", why
    return [{"why": why, "body": body.hex()} for why, body in bodies.items()]


def forged(good: str, other: str) -> str:
    """A token with the signature of another device."""
    return good.rpartition(".")[0] + "." + other.rpartition(".")[2]


def opened(content: bytes) -> None:
    """All that the server checks before it looks at records."""
    relay.open_file(content, SERVER, AUDIENCE).verify(AUTHOR.pub)


def refusal(act: Any) -> str:
    """The code with which something is refused."""
    try:
        act()
    except CircleError as error:
        return error.code
    raise AssertionError("it was taken")


def moving_vectors() -> dict[str, Any]:
    """Pictures of files of several sizes, and what is no picture."""
    files = [fixed(f"file of {size}", size) for size in (1, 294, 295, 3000, 20_000)]
    text = moving.Pictures(files[2]).text(0)
    bad = moving.base45_encode(moving.base45_decode(text[4:])[:-1] + b"\0")
    large = (
        (0).to_bytes(4)
        + (moving.PICTURES_MAX * moving.PICTURE_BYTES_MAX + 1).to_bytes(4)
        + b"\0\0x"
    )
    narrow = (0).to_bytes(4) + (3000).to_bytes(4) + b"\0\0x"
    refused = [
        ("nothing", "schema", ""),
        ("a link", "schema", "https://clinic.example/#j1.x"),
        ("small letters", "schema", text.lower()),
        ("of a later version", "schema", text.replace("RJ1:", "RJ2:")),
        ("no letters", "schema", "RJ1:"),
        ("one letter too few", "frame", text[:-1]),
        ("a group beyond its bytes", "frame", "RJ1::::"),
        ("a check that does not fit", "frame", f"RJ1:{bad}"),
        ("of a file that is too large", "limit", checked(large)),
        ("of a part that is too short", "frame", checked(narrow)),
    ]
    for why, code, case in refused:
        assert refusal(lambda case=case: moving.Collector().take(case)) == code, why
    return {
        "base45": [[part.hex(), moving.base45_encode(part)] for part in (b"", b"AB", b"Hello!!")],
        "mixed": [[number, moving.mixed(number)] for number in (0, 1, 65536, 2**32 - 1)],
        "files": [shown_file(file) for file in files],
        "refused": [{"why": why, "code": code, "text": case} for why, code, case in refused],
    }


def checked(content: bytes) -> str:
    """A picture with this content and a check that fits."""
    check = zlib.crc32(content).to_bytes(4)
    return "RJ1:" + moving.base45_encode(content + check)


def shown_file(file: bytes) -> dict[str, Any]:
    """A file with the texts of some of its pictures."""
    pictures = moving.Pictures(file)
    count = pictures.count
    turns = sorted({0, count - 1, *range(count, count + 9), 65_535, 65_536, 200_000})
    return {
        "file": file.hex(),
        "count": count,
        "texts": [[turn, pictures.text(turn)] for turn in turns],
    }
