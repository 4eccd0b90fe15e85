"""A second, independent writer of everything that docs/circle.md defines, for vectors only.

It knows no rules and checks nothing, so it writes wrong things as readily as right ones. It shares
no code with `rejoint_sync`: hashlib, hmac, json and the block ciphers, nothing else. All keys,
nonces and ephemeral keys follow from names, so a second run writes the same bytes.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Json = dict[str, Any]
NOW_S = 1_795_000_000


def b64u(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def un_b64u(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def fixed(name: str, size: int) -> bytes:
    """Bytes that look random and follow from a name."""
    return hashlib.shake_256(b"rejoint vector " + name.encode()).digest(size)


def extract(salt: bytes, secret: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), secret, "sha256")


def expand(prk: bytes, info: bytes, size: int) -> bytes:
    out, block, counter = b"", b"", 1
    while len(out) < size:
        block = hmac.digest(prk, block + info + bytes([counter]), "sha256")
        out, counter = out + block, counter + 1
    return out[:size]


def hkdf(secret: bytes, salt: bytes, info: bytes, size: int = 32) -> bytes:
    return expand(extract(salt, secret), info, size)


def gcm(key: bytes, nonce: bytes, plain: bytes, aad: bytes) -> bytes:
    return nonce + AESGCM(key).encrypt(nonce, plain, aad)


def private(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(scalar), ec.SECP256R1())


def point(scalar: bytes, form: PublicFormat = PublicFormat.UncompressedPoint) -> bytes:
    return private(scalar).public_key().public_bytes(Encoding.X962, form)


def es256(scalar: bytes, message: bytes) -> bytes:
    deterministic = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    r, s = decode_dss_signature(private(scalar).sign(message, deterministic))
    return r.to_bytes(32) + s.to_bytes(32)


# RFC 9180, mode_base, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, with a given
# ephemeral key.
KEM_SUITE = b"KEM" + (0x0010).to_bytes(2)
HPKE_SUITE = b"HPKE" + (0x0010).to_bytes(2) + (0x0001).to_bytes(2) + (0x0002).to_bytes(2)


def _labeled_extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    return extract(salt, b"HPKE-v1" + suite + label + secret)


def _labeled_expand(suite: bytes, prk: bytes, label: bytes, info: bytes, size: int) -> bytes:
    return expand(prk, size.to_bytes(2) + b"HPKE-v1" + suite + label + info, size)


def key_schedule(suite: bytes, secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Key and nonce of a KEM's shared secret."""
    context = (
        b"\0"
        + _labeled_extract(suite, b"", b"psk_id_hash", b"")
        + _labeled_extract(suite, b"", b"info_hash", info)
    )
    prk = _labeled_extract(suite, secret, b"secret", b"")
    key = _labeled_expand(suite, prk, b"key", context, 32)
    return key, _labeled_expand(suite, prk, b"base_nonce", context, 12)


def hpke(recipient: bytes, ephemeral: bytes, info: bytes, plain: bytes) -> bytes:
    """Seal to a public point with an ephemeral private key: enc || ciphertext."""
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), recipient)
    shared, enc = private(ephemeral).exchange(ec.ECDH(), peer), point(ephemeral)
    eae = _labeled_extract(KEM_SUITE, b"", b"eae_prk", shared)
    secret = _labeled_expand(KEM_SUITE, eae, b"shared_secret", enc + recipient, 32)
    key, nonce = key_schedule(HPKE_SUITE, secret, info)
    return enc + AESGCM(key).encrypt(nonce, plain, b"")


@dataclass(frozen=True)
class Device:
    """The keys of one device, from its name."""

    name: str

    @property
    def ksk(self) -> bytes:
        return fixed(f"{self.name} kem", 32)

    @property
    def ssk(self) -> bytes:
        return fixed(f"{self.name} sign", 32)

    @property
    def pub(self) -> Json:
        return {"kem": "P256", "kpk": b64u(point(self.ksk)), "spk": b64u(point(self.ssk))}

    @property
    def secret(self) -> Json:
        return {"kem": "P256", "ksk": b64u(self.ksk), "ssk": b64u(self.ssk)}

    @property
    def id(self) -> str:
        return name_of(self.pub)


def name_of(pub: Json) -> str:
    return "d" + b64u(sha(b"rj1 device\0" + canonical(pub))[:15])


def member(name: str) -> str:
    return "m" + b64u(fixed(f"member {name}", 16))


def jws(scalar: bytes, head: bytes | Json, payload: bytes | Json) -> str:
    """Sign; bytes are taken as they are, so that they may be anything but canonical."""
    parts = [part if isinstance(part, bytes) else canonical(part) for part in (head, payload)]
    text = ".".join(b64u(part) for part in parts)
    return text + "." + b64u(es256(scalar, text.encode()))


def head_of(kid: str, typ: str) -> Json:
    return {"alg": "ES256", "kid": kid, "typ": typ}


def es_of(stream: str = "c", e: int = 1) -> bytes:
    """The secret of an epoch; that of the first has the name that it always had."""
    return fixed("epoch secret" if (stream, e) == ("c", 1) else f"epoch secret {stream}{e}", 32)


def back(circle: str, stream: str, e: int, **other: Any) -> str:
    """Seal the secret before under the one of an epoch; `es`, `before`, `aad` replace theirs."""
    label = b"rj1 back\0"
    key = hkdf(other.get("es", es_of(stream, e)), circle.encode(), label + stream.encode())
    aad = other.get("aad", label + canonical([circle, stream, e]))
    plain = other.get("before", es_of(stream, e - 1))
    return b64u(gcm(key, fixed(f"back {stream}{e}", 12), plain, aad))


def commit(es: bytes, stream: str = "c", e: int = 1) -> str:
    return b64u(hkdf(es, b"", b"rj1 commit\0" + stream.encode() + e.to_bytes(4)))


@dataclass
class Invite:
    """An invitation, from its name."""

    name: str
    circle: str

    @property
    def secret(self) -> bytes:
        return fixed(f"{self.name} link", 16)

    @property
    def ssk(self) -> bytes:
        return fixed(f"{self.name} invitation", 32)

    @property
    def iid(self) -> str:
        return "i" + b64u(hkdf(self.secret, self.circle.encode(), b"rj1 inv id", 16))

    @property
    def key(self) -> bytes:
        return hkdf(self.secret, self.circle.encode(), b"rj1 invite")

    def members(self, role: str, whose: str, ts: int, **other: object) -> Json:
        return {
            "iid": self.iid,
            "spk": b64u(point(self.ssk)),
            "role": role,
            "member": whose,
            "s": "c",
            "mode": "direct",
            "exp": ts + 1800,
        } | other

    def proof(self, device: str, **other: object) -> str:
        body = {"cir": self.circle, "dev": device} | other
        return jws(self.ssk, head_of(self.iid, "rj1+join"), body)

    def sealed(self, body: bytes | Json, nonce: bytes) -> Json:
        plain = body if isinstance(body, bytes) else canonical(body)
        aad = b"rj1 invite\0" + canonical([self.circle, self.iid])
        return {"_id": f"inv:{self.iid}", "k": b64u(gcm(self.key, nonce, plain, aad))}


@dataclass
class Log:
    """A log that grows; `entry` writes the next entry, or anything else, without adding it."""

    docs: list[Json] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    circle: str = ""
    ts: int = NOW_S

    @property
    def seq(self) -> int:
        return len(self.docs) - 1

    @property
    def h(self) -> str:
        return f"{self.seq}.{self.heads[-1][:16]}"

    @property
    def es(self) -> bytes:
        return es_of()

    def ep(self, stream: str = "c", e: int = 2, fence: Json | None = None, **other: Any) -> Json:
        """An epoch as `ep` has it; with `back=None` history ends here."""
        linked = other.get("back", back(self.circle, stream, e) if e > 1 else None)
        epoch = {"e": e, "commit": commit(es_of(stream, e), stream, e), "fence": fence or {}}
        return epoch if linked is None else epoch | {"back": linked}

    def copy(self) -> "Log":
        return Log(list(self.docs), list(self.heads), self.circle, self.ts)

    def payload(self, op: str, members: Json) -> Json:
        common: Json = {"v": 1, "seq": self.seq + 1, "op": op, "ts": self.ts + self.seq + 1}
        common["prev"] = self.heads[-1] if self.heads else ""
        if self.circle:
            common["cir"] = self.circle
        return common | members

    def entry(self, signer: Device, payload: bytes | Json, **other: Any) -> Json:
        """Sign a payload as the next entry.

        `head` replaces the header, `scalar` the signing key, `name` the document's name.
        """
        token = jws(
            other.get("scalar", signer.ssk),
            other.get("head", head_of(signer.id, "rj1+log")),
            payload,
        )
        return {"_id": other.get("name", f"log:{self.seq + 1:06d}"), "j": token}

    def push(self, signer: Device, op: str, members: Json) -> "Log":
        """A longer log; this one stays as it is."""
        longer = self.copy()
        document = longer.entry(signer, longer.payload(op, members))
        signed = document["j"].rpartition(".")[0].encode()
        if not longer.circle:
            longer.circle = "c" + sha(signed).hex()[:40]
        longer.docs.append(document)
        longer.heads.append(b64u(sha(signed)))
        return longer


def genesis_members(device: Device, role: str, **other: object) -> Json:
    epoch = {"e": 1, "commit": commit(fixed("epoch secret", 32)), "fence": {}}
    return {
        "purpose": "patient",
        "adds": "members",
        "clinic": "c" + fixed("clinic", 20).hex(),
        "member": member(device.name),
        "role": role,
        "dev": device.pub,
        "rnd": b64u(fixed("rnd", 16)),
        "ep": {"c": epoch},
    } | other


def add_members(device: Device, role: str, whose: str, **other: object) -> Json:
    base = {"member": whose, "role": role, "s": "c", "dev": device.pub, "iid": ""}
    return base | other


def join_members(invite: Invite, device: Device, **other: object) -> Json:
    return {"iid": invite.iid, "dev": device.pub, "proof": invite.proof(device.id)} | other


def doc_header(circle: str, name: str, h: str) -> str:
    kid = name.split(":")[2]
    return b64u(canonical(head_of(kid, "rj1+doc") | {"cir": circle, "h": h, "id": name}))


def doc_key(es: bytes, circle: str, stream: str, device: str) -> bytes:
    return hkdf(es, circle.encode(), b"rj1 doc\0" + stream.encode() + device.encode())


def bucket(size: int) -> int:
    """The size of a frame, by trial: the least allowed size that is large enough."""
    if size <= 2048:
        return next(b for b in (128, 256, 512, 1024, 2048) if size <= b)
    free = size.bit_length() - 1 - (size.bit_length() - 1).bit_length()
    return -(-size // (1 << free)) * (1 << free)


def packed(body: bytes, codec: int = 0) -> bytes:
    content = bytes([codec]) + len(body).to_bytes(4) + body
    return content.ljust(bucket(len(content)), b"\0")


def compact(obj: object) -> bytes:
    return json.dumps(obj, separators=(",", ":"), ensure_ascii=False).encode()


def sealed_document(log: Log, author: Device, name: str, framed: bytes, **other: Any) -> Json:
    """Seal a frame.

    `h`, `circle`, `es`, `aad` (a header), `scalar` replace what belongs there; `nonce` too.
    """
    h, circle = other.get("h", log.h), other.get("circle", log.circle)
    head = doc_header(circle, name, h)
    stream = name.split(":")[3][0]
    key = doc_key(other.get("es", log.es), circle, stream, author.id)
    nonce = other.get("nonce", fixed(f"nonce {name}", 12))
    c = b64u(gcm(key, nonce, framed, other.get("aad", head).encode()))
    signed = f"{head}.{c}".encode()
    return {
        "_id": name,
        "_rev": "1-" + sha(signed).hex()[:32],
        "h": h,
        "c": c,
        "s": b64u(es256(other.get("scalar", author.ssk), signed)),
    }
