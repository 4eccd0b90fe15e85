"""What TLS 1.3 carried, read with the key log of one of its ends; and the HTTP/2 frames in it.

For counting only: where a byte went, of those that passed. Nothing is checked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

FRAMES: Final = {
    0: "DATA",
    1: "HEADERS",
    3: "RST_STREAM",
    4: "SETTINGS",
    6: "PING",
    7: "GOAWAY",
    8: "WINDOW_UPDATE",
}
PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
RECORD_HEAD: Final = 5
TAG: Final = 16
_SUITES: Final = {
    0x1301: (16, hashes.SHA256),
    0x1302: (32, hashes.SHA384),
    0x1303: (32, hashes.SHA256),
}
_HELLO_FIXED: Final = 6 + 32
_APPLICATION, _HANDSHAKE = 23, 22


@dataclass(frozen=True, slots=True)
class Frame:
    """One HTTP/2 frame.

    Attributes:
        kind: Its name.
        stream: Its stream.
        size: Its bytes, the nine of its head included.
    """

    kind: str
    stream: int
    size: int


def records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The whole TLS records of one direction, type and content."""
    at = 0
    while at + RECORD_HEAD <= len(data):
        end = at + RECORD_HEAD + int.from_bytes(data[at + 3 : at + 5], "big")
        if end > len(data):
            return
        yield data[at], data[at + RECORD_HEAD : end]
        at = end


def application_data(up: bytes, down: bytes, key_log: Path) -> tuple[list[bytes], list[bytes]]:
    """What was said after the handshake, record by record, to the server and from it."""
    random = next(body for kind, body in records(up) if kind == _HANDSHAKE)[6:_HELLO_FIXED]
    hello = next(body for kind, body in records(down) if kind == _HANDSHAKE)
    session = hello[_HELLO_FIXED]
    suite = int.from_bytes(hello[_HELLO_FIXED + 1 + session : _HELLO_FIXED + 3 + session], "big")
    log = key_log.read_text()

    def secret(name: str) -> bytes:
        found = re.search(rf"^{name} {random.hex()} ([0-9a-f]+)$", log, re.MULTILINE)
        assert found, "the key log knows this connection"
        return bytes.fromhex(found[1])

    return (
        list(_opened(up, secret("CLIENT_TRAFFIC_SECRET_0"), suite)),
        list(_opened(down, secret("SERVER_TRAFFIC_SECRET_0"), suite)),
    )


def frames(plain: list[bytes]) -> Iterator[Frame]:
    """The HTTP/2 frames of one direction."""
    text = b"".join(plain).removeprefix(PREFACE)
    at = 0
    while at + 9 <= len(text):
        size = 9 + int.from_bytes(text[at : at + 3], "big")
        kind = FRAMES.get(text[at + 3], str(text[at + 3]))
        yield Frame(kind, int.from_bytes(text[at + 5 : at + 9], "big"), size)
        at += size


def _opened(data: bytes, secret: bytes, suite: int) -> Iterator[bytes]:
    length, algorithm = _SUITES[suite]
    key, iv = (
        _expand(secret, label, size, algorithm()) for label, size in (("key", length), ("iv", 12))
    )
    cipher = ChaCha20Poly1305(key) if suite == 0x1303 else AESGCM(key)
    number = 0
    for kind, body in records(data):
        if kind != _APPLICATION:
            continue
        nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
        head = bytes((kind, 3, 3)) + len(body).to_bytes(2, "big")
        try:
            inner = cipher.decrypt(nonce, body, head).rstrip(b"\0")
        except InvalidTag:
            # Of the handshake, which has other keys.
            if number:
                raise
            continue
        number += 1
        if inner[-1] == _APPLICATION:
            yield inner[:-1]


def _expand(secret: bytes, label: str, length: int, algorithm: hashes.HashAlgorithm) -> bytes:
    name = b"tls13 " + label.encode()
    info = length.to_bytes(2, "big") + bytes((len(name),)) + name + b"\0"
    return HKDFExpand(algorithm=algorithm, length=length, info=info).derive(secret)
