"""Recovery: a device on paper, and a clinic's key that only reads.

The printed code is 20 letters of Crockford's alphabet, 100 random bits. It finds and opens one
document, which holds the private keys of an ordinary device of its owner: the paper. Who types the
code logs in as the paper, brings a new phone in, prints a new paper and removes the old one.

    {"_id":"rec:<rid>","kdf":{"alg":"argon2id","m":32768,"p":1,"salt":…,"t":3},"k":…}

Four things can go wrong, and a person is told which: `target` (no card has this code), `removed`
(found, but an old card or another circle's), `limit` (made with parameters that are not taken),
`tag` (damaged). A text that is no code at all is `schema`.

Source: docs/circle.md, "Recovery".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from rejoint_sync.circle.encoding import b64u_decode, b64u_encode, jcs, parse_jcs
from rejoint_sync.circle.envelope import aes_gcm_open, aes_gcm_seal, argon2id, hkdf, sha256
from rejoint_sync.circle.grammar import (
    CIRCLE,
    HASH_BYTES,
    Pub,
    require_bytes,
    require_choice,
    require_integer,
    require_members,
    require_parts,
    require_pub,
    require_text,
)
from rejoint_sync.circle.keys import DeviceKeys
from rejoint_sync.circle.limits import (
    KDF_MEMORY_KIB,
    KDF_MEMORY_KIB_MAX,
    KDF_MEMORY_KIB_MIN,
    KDF_PASSES,
    KDF_PASSES_MAX,
    KDF_PASSES_MIN,
    SEQ_MAX,
)
from rejoint_sync.circle.log import Membership
from rejoint_sync.errors import CircleError

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LETTERS: Final = 20
CODE_RANDOM_BYTES: Final = 13
"""Random bytes that a code is drawn from; four bits of them are not used."""
RECOVERY_PREFIX: Final = "rec:"
SALT_BYTES: Final = 16

_IGNORED: Final = re.compile("[ \t\r\n\u00a0\u2010-\u2015-]")
_CODE: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{20}\Z")
_ALIKE: Final = str.maketrans("OIL", "011")
_DOCUMENT: Final = frozenset({"_id", "kdf", "k"})
_PAYLOAD: Final = frozenset({"v", "kem", "ksk", "ssk", "cir", "head"})
_KEY_FILE: Final = re.compile(r"rj1-recovery-(key|pub)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{8})\Z")


def draw_code(random: bytes) -> str:
    """Make a code of `CODE_RANDOM_BYTES` random bytes.

    >>> draw_code(bytes(13))
    '00000000000000000000'
    """
    assert len(random) == CODE_RANDOM_BYTES
    bits = int.from_bytes(random) >> 4
    return "".join(ALPHABET[bits >> 5 * place & 31] for place in reversed(range(CODE_LETTERS)))


def print_code(code: str) -> str:
    """Write a code as it is printed.

    >>> print_code("0123456789ABCDEFGHJK")
    '0123-4567-89AB-CDEF-GHJK'
    """
    return "-".join(code[at : at + 4] for at in range(0, CODE_LETTERS, 4))


def read_code(text: str) -> str:
    """Read a code as people type it: any case, O for 0, I and L for 1, spaces and hyphens.

    Raises:
        CircleError: `schema`: not 20 such letters; U is none.
    """
    letters = _IGNORED.sub("", text)
    code = letters.upper().translate(_ALIKE) if letters.isascii() else ""
    if not _CODE.match(code):
        raise CircleError("schema", "expected the 20 letters and digits of the card")
    return code


def recovery_id(code: str) -> str:
    """Name what a code finds, without saying the code."""
    return b64u_encode(hkdf(code.encode("ascii"), salt=b"", info=b"rj1 rec id", length=16))


@dataclass(frozen=True, slots=True)
class Paper:
    """What a code opens.

    Attributes:
        keys: The device that the paper is.
        circle: The circle in which it was stored: a patient's own, or the clinic.
        seq: Number of the last entry of that circle's log when it was printed.
        head: That entry's hash.
    """

    keys: DeviceKeys
    circle: str
    seq: int
    head: str

    @classmethod
    def open(cls, code: str, document: object) -> Self:
        """Open what the server has under the code's name.

        Args:
            code: From `read_code`.
            document: None where the server has nothing.

        Raises:
            CircleError: `target`, `limit`, `tag`; see the module.
        """
        rid = recovery_id(code)
        if type(document) is not dict or document.get("_id") != RECOVERY_PREFIX + rid:
            raise CircleError("target", "no card has this code; check each letter")
        kdf = _require_kdf(document.get("kdf"))
        try:
            sealed = _require_sealed(document)
            plain = aes_gcm_open(_key(code, kdf), sealed, aad=_aad(rid, kdf))
            return cls._parse(parse_jcs(plain))
        except CircleError as error:
            raise CircleError("tag", "what belongs to this card is damaged") from error

    @classmethod
    def _parse(cls, payload: object) -> Self:
        members = require_members(payload, _PAYLOAD, "the keys of a card")
        require_integer(members["v"], 1, 1)
        head = members["head"]
        if type(head) is not list or len(head) != 2:
            raise CircleError("schema", "expected a head of number and hash")
        require_bytes(head[1], HASH_BYTES, "a hash")
        keys = DeviceKeys.from_secret({name: members[name] for name in ("kem", "ksk", "ssk")})
        circle = require_text(members["cir"], CIRCLE, "a circle")
        return cls(keys, circle, require_integer(head[0], 0, SEQ_MAX), head[1])

    def seal(
        self,
        code: str,
        *,
        salt: bytes,
        nonce: bytes,
        memory_kib: int = KDF_MEMORY_KIB,
        passes: int = KDF_PASSES,
    ) -> dict[str, Any]:
        """Write the document that the code will find and open.

        Args:
            code: From `draw_code`, printed and shown once.
            salt: 16 random bytes.
            nonce: 12 random bytes.
            memory_kib: Memory of the derivation.
            passes: Passes over it.

        Returns:
            `{"_id", "kdf", "k"}`, stored in `circle`.
        """
        kdf = {"alg": "argon2id", "m": memory_kib, "p": 1, "salt": b64u_encode(salt), "t": passes}
        rid = recovery_id(code)
        payload = {"v": 1, **self.keys.to_secret(), "cir": self.circle}
        sealed = aes_gcm_seal(
            _key(code, _require_kdf(kdf)),
            jcs(payload | {"head": [self.seq, self.head]}),
            nonce=nonce,
            aad=_aad(rid, kdf),
        )
        return {"_id": RECOVERY_PREFIX + rid, "kdf": kdf, "k": b64u_encode(sealed)}

    def require_live(self, membership: Membership) -> None:
        """Check that the paper still is in a circle.

        Args:
            membership: A circle's log as the server has it; of `circle` it must be at least as
                long as when the paper was printed.

        Raises:
            CircleError: `newer-log`, `fork`: the log is shorter or another one than at printing;
                `removed`: the paper is not, or not any more, in this circle.
        """
        if membership.circle == self.circle:
            if self.seq > membership.seq:
                raise CircleError("newer-log", "the server's log is shorter than the card's")
            if membership.heads[self.seq] != self.head:
                raise CircleError("fork", "the server's log is another one than the card's")
        if not membership.live(self.keys.id):
            raise CircleError("removed", "this card is an old one, or belongs elsewhere")


def write_clinic_key(keys: DeviceKeys) -> str:
    """Write the private half of a clinic's recovery key as one line: kept offline."""
    return _key_line("key", {"v": 1, **keys.to_secret()})


def write_clinic_pub(pub: Pub) -> str:
    """Write its public half as one line: a therapist adds it with role recovery."""
    return _key_line("pub", dict(pub))


def read_clinic_key(text: str) -> DeviceKeys:
    """Read what `write_clinic_key` wrote. Raises `CircleError` with `schema`, `b64` or `canon`."""
    read, names = _read_key_line("key", text), frozenset({"v", "kem", "ksk", "ssk"})
    members = require_members(read, names, "a recovery key")
    require_integer(members["v"], 1, 1)
    return DeviceKeys.from_secret({name: members[name] for name in ("kem", "ksk", "ssk")})


def read_clinic_pub(text: str) -> Pub:
    """Read what `write_clinic_pub` wrote. Raises as `read_clinic_key`."""
    return require_pub(_read_key_line("pub", text))


def _key_line(half: str, members: Mapping[str, object]) -> str:
    body = b64u_encode(jcs(dict(members)))
    return f"rj1-recovery-{half}.{body}.{_check(half, body)}"


def _read_key_line(half: str, text: str) -> object:
    matched = _KEY_FILE.match(text.strip())
    if matched is None or matched[1] != half or matched[3] != _check(half, matched[2]):
        raise CircleError("schema", f"expected one whole line that begins rj1-recovery-{half}")
    return parse_jcs(b64u_decode(matched[2]))


def _check(half: str, body: str) -> str:
    return b64u_encode(sha256(f"{half}.{body}".encode("ascii")))[:8]


def require_document(document: Mapping[str, object]) -> None:
    """Check what can be checked without the code: members and parameters.

    Raises:
        CircleError: `limit` (the parameters are missing or out of bounds), `schema`, `b64`.
    """
    _require_kdf(document.get("kdf"))
    _require_sealed(document)


def _require_kdf(kdf: object) -> dict[str, Any]:
    """Check the parameters; weaker ones than ours, or ones that no phone can bear, are refused."""
    try:
        members = require_members(kdf, frozenset({"alg", "m", "p", "salt", "t"}), "parameters")
        require_choice(members["alg"], frozenset({"argon2id"}), "argon2id")
        require_integer(members["m"], KDF_MEMORY_KIB_MIN, KDF_MEMORY_KIB_MAX)
        require_integer(members["t"], KDF_PASSES_MIN, KDF_PASSES_MAX)
        require_integer(members["p"], 1, 1)
        require_bytes(members["salt"], SALT_BYTES, "a salt")
    except CircleError as error:
        raise CircleError(
            "limit", "this card was made with parameters that are not taken"
        ) from error
    return members


def _require_sealed(document: Mapping[str, object]) -> bytes:
    sealed = require_parts(document, _DOCUMENT, "a card")["k"]
    if type(sealed) is not str:
        raise CircleError("schema", "expected a sealed part as text")
    return b64u_decode(sealed)


def _key(code: str, kdf: Mapping[str, Any]) -> bytes:
    return argon2id(
        code.encode("ascii"), salt=b64u_decode(kdf["salt"]), memory_kib=kdf["m"], passes=kdf["t"]
    )


def _aad(rid: str, kdf: Mapping[str, Any]) -> bytes:
    return b"rj1 paper\0" + jcs([rid, dict(kdf)])
