r"""A relay file: what waits on a device, carried to the server by somebody else.

    file       head || sealed
    head       "RJRELAY1" || key || length u32be || check
    sealed     HPKE to the server's relay key, info "rj1 relay\0": enc || ciphertext || tag
    plaintext  length u32be || letters of the token u16be || token || body || zeros up to the bucket
    token      JWS rj1+relay of {"aud", "hash"} by the author's device
    body       a request of `POST /sync` that only brings records, each item with `again` 1

`key` is the first 8 bytes of SHA-256 of the server's key, `check` those of SHA-256 of all else in
the file. Who carries it sees to which server it goes and its size bucket, and can tell whether it
is whole. It can only do what its author has signed: bring these records.

Source: docs/protocol.md, "Relay files".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rejoint_sync.circle.encoding import b64u_decode, b64u_encode
from rejoint_sync.circle.envelope import (
    POINT_BYTES,
    TAG_BYTES,
    hpke_open,
    hpke_seal,
    public_point,
    require_point,
    sha256,
)
from rejoint_sync.circle.frame import bucket_bytes
from rejoint_sync.circle.grammar import DEVICE, Pub
from rejoint_sync.circle.jws import Jws, parse_jws
from rejoint_sync.circle.keys import DeviceKeys, device_id
from rejoint_sync.errors import BadRequest, CircleError, TooLarge
from rejoint_sync.exchange.frames import read, write
from rejoint_sync.exchange.messages import (
    SENDS_ONLY,
    Begin,
    Records,
    read_request,
    request_items,
)

FILE_BYTES_MAX: Final = 2 * 1024 * 1024
"""One relay file, in bytes: about 7,000 records of the smallest bucket."""

TEXT_PREFIX: Final = "rj1-relay."
"""Before the base64url of a file that is written as text: what phones can share."""

MEDIA_TYPE: Final = "application/octet-stream"
RELAY_TYP: Final = "rj1+relay"

_MAGIC: Final = b"RJRELAY1"
_MARK_BYTES: Final = 8
_HEAD_BYTES: Final = len(_MAGIC) + _MARK_BYTES + 4 + _MARK_BYTES
_CHECK_AT: Final = _HEAD_BYTES - _MARK_BYTES
_LENGTHS_BYTES: Final = 6
_INFO: Final = b"rj1 relay\0"


@dataclass(frozen=True, slots=True)
class Outside:
    """What everybody sees of a relay file that is whole.

    Attributes:
        key: Which key of a server it is sealed to, 8 bytes.
        sealed: What only that server opens.
    """

    key: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Inside:
    """What the server finds in a relay file.

    Attributes:
        device: Who claims to have made it.
        token: Its signature, which `verify` checks.
        body: What is brought, as it was signed.
    """

    device: str
    token: Jws
    body: bytes

    def verify(self, pub: Pub) -> None:
        """Check that the device of these keys made it.

        Raises:
            CircleError: `kid`: these are another device's keys; `sig`: it did not sign this.
        """
        if device_id(pub) != self.device:
            raise CircleError("kid", "expected the keys of the device that made the file")
        self.token.verify(b64u_decode(pub["spk"]))

    def records(self) -> list[Records]:
        """The records that are brought, circle by circle, none unless all can be read.

        Raises:
            CircleError: `schema`: it is no request that brings records and nothing else.
        """
        try:
            _, asked = read_request(read(self.body))
        except (BadRequest, TooLarge) as error:
            raise CircleError("schema", "expected a request of one-request sync") from error
        records = [one for one in asked if isinstance(one, Records) and one.again and one.packed]
        if not records or len(records) != len(asked):
            raise CircleError("schema", "expected records that are carried, and nothing else")
        return records


def body_of(records: Sequence[Records]) -> bytes:
    """The body of a relay file.

    Args:
        records: At least one item; what is carried is always marked `again`.

    Raises:
        CircleError: `schema`: there is nothing to carry.
    """
    if not any(one.packed for one in records):
        raise CircleError("schema", "nothing waits, so there is nothing to carry")
    carried = [Records(one.circle, one.packed, again=True) for one in records if one.packed]
    return write(request_items(Begin(flags=SENDS_ONLY), carried))


def seal(body: bytes, keys: DeviceKeys, audience: str, point: bytes) -> bytes:
    """Make a relay file; differs each time.

    Args:
        body: As `body_of` made it.
        keys: The device whose records these are.
        audience: The server's origin, as in a login token.
        point: The server's relay key, 65 bytes.

    Raises:
        CircleError: `schema`: that is no key; `limit`: the file would be longer than
            `FILE_BYTES_MAX`.
    """
    require_point(point)
    payload = {"aud": audience, "hash": b64u_encode(sha256(body))}
    token = keys.sign_jws(RELAY_TYP, payload).encode("ascii")
    content = len(token).to_bytes(2) + token + body
    plain = len(content).to_bytes(4) + content
    padded = plain.ljust(bucket_bytes(len(plain)), b"\0")
    if _HEAD_BYTES + POINT_BYTES + len(padded) + TAG_BYTES > FILE_BYTES_MAX:
        raise CircleError("limit", f"a relay file has at most {FILE_BYTES_MAX} bytes")
    sealed = hpke_seal("P256", point, padded, info=_INFO)
    return wrapped(key_mark(point), sealed)


def wrapped(key: bytes, sealed: bytes) -> bytes:
    """Put the head before what is sealed."""
    head = _MAGIC + key + len(sealed).to_bytes(4)
    return head + _check(head, sealed) + sealed


def key_mark(point: bytes) -> bytes:
    """Which key it is, in 8 bytes."""
    return sha256(point)[:_MARK_BYTES]


def spelled(file: bytes) -> str:
    """A relay file as text, for ways that carry nothing else."""
    return TEXT_PREFIX + b64u_encode(file)


def unspelled(data: bytes) -> bytes:
    """A relay file out of what was given on: as it is, or as text with blanks and line breaks.

    Raises:
        CircleError: `frame`: text that was cut or changed. Whether it is a file at all, `look`
            tells.
    """
    text = b"".join(data.removeprefix(b"\xef\xbb\xbf").split())
    if not text.startswith(TEXT_PREFIX.encode()):
        return data
    try:
        return b64u_decode(text.decode("latin-1").removeprefix(TEXT_PREFIX))
    except CircleError as error:
        raise CircleError("frame", "the file is not whole") from error


def look(file: bytes) -> Outside:
    """See whether these bytes are a relay file that is whole; needs no key.

    Raises:
        CircleError: `schema`: no relay file, or one of a later version; `limit`: longer than one
            can be; `frame`: cut, or changed on its way: ask for it again.
    """
    if not file.startswith(_MAGIC):
        raise CircleError("schema", "this is not a relay file")
    if len(file) > FILE_BYTES_MAX:
        raise CircleError("limit", f"a relay file has at most {FILE_BYTES_MAX} bytes")
    head, check, sealed = file[:_CHECK_AT], file[_CHECK_AT:_HEAD_BYTES], file[_HEAD_BYTES:]
    length = int.from_bytes(head[-4:])
    if len(file) < _HEAD_BYTES or length != len(sealed) or check != _check(head, sealed):
        raise CircleError("frame", "the file is not whole")
    return Outside(head[len(_MAGIC) : len(_MAGIC) + _MARK_BYTES], sealed)


def require_for(outside: Outside, point: bytes) -> None:
    """Check that a file goes to the server with this key.

    Raises:
        CircleError: `target`: it goes to another one, or was made before this one began anew.
    """
    if outside.key != key_mark(point):
        raise CircleError("target", "the file is for another server")


def open_file(file: bytes, scalar: bytes, audience: str) -> Inside:
    """Open a relay file at the server; nothing of it is believed before `Inside.verify`.

    Args:
        file: As it came.
        scalar: The private half of the relay key.
        audience: This server's origin.

    Raises:
        CircleError: As `look`; `target`: for another server; `tag`: it does not open with this
            key; `frame`: what was sealed is not laid out as it must be; `schema`, `b64`, `canon`,
            `header`: its token is not one; `sig`: the token does not sign this body.
    """
    outside = look(file)
    require_for(outside, public_point(scalar))
    try:
        plain = hpke_open("P256", scalar, outside.sealed, info=_INFO)
    except (CircleError, ValueError) as error:
        raise CircleError("tag", "the file does not open with this server's key") from error
    letters, body = _unpacked(plain)
    token = parse_jws(letters, RELAY_TYP)
    if type(token.payload) is not dict or set(token.payload) != {"aud", "hash"}:
        raise CircleError("schema", "expected a token of exactly aud and hash")
    if not DEVICE.match(token.kid):
        raise CircleError("schema", "expected a token by a device")
    if token.payload["aud"] != audience:
        raise CircleError("target", "the file was signed for another server")
    if token.payload["hash"] != b64u_encode(sha256(body)):
        raise CircleError("sig", "the token signs other records")
    return Inside(token.kid, token, body)


def _check(head: bytes, sealed: bytes) -> bytes:
    return sha256(head + sealed)[:_MARK_BYTES]


def _unpacked(plain: bytes) -> tuple[str, bytes]:
    """Token and body of a plaintext."""
    end = 4 + int.from_bytes(plain[:4])
    letters = int.from_bytes(plain[4:_LENGTHS_BYTES])
    start = _LENGTHS_BYTES + letters
    if len(plain) < _LENGTHS_BYTES or start > end or len(plain) != bucket_bytes(end):
        raise CircleError("frame", "expected the smallest bucket that holds the content")
    if any(plain[end:]):
        raise CircleError("frame", "expected padding of zeros")
    return plain[_LENGTHS_BYTES:start].decode("latin-1"), plain[start:end]
