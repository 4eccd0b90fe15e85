"""X-Wing and the ML-KEM-768 in it, written out from their pages, with given randomness.

Source: FIPS 203; draft-connolly-cfrg-xwing-kem. Slow, and without any care for secrets: for
vectors only.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vectors.circle_writer import key_schedule

Q, N, K = 3329, 256, 3
Poly = list[int]
LABEL = b"\\.//^\\"
SUITE = b"HPKE" + (0x647A).to_bytes(2) + (0x0001).to_bytes(2) + (0x0002).to_bytes(2)


def _reversed(i: int) -> int:
    return int(f"{i:07b}"[::-1], 2)


ZETAS = [pow(17, _reversed(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * _reversed(i) + 1, Q) for i in range(128)]


def ntt(f: Poly) -> Poly:
    f, k, size = list(f), 1, 128
    while size >= 2:
        for start in range(0, N, 2 * size):
            for j in range(start, start + size):
                t = ZETAS[k] * f[j + size]
                f[j], f[j + size] = (f[j] + t) % Q, (f[j] - t) % Q
            k += 1
        size //= 2
    return f


def un_ntt(f: Poly) -> Poly:
    f, k, size = list(f), 127, 2
    while size <= 128:
        for start in range(0, N, 2 * size):
            for j in range(start, start + size):
                t = f[j]
                f[j], f[j + size] = (t + f[j + size]) % Q, ZETAS[k] * (f[j + size] - t) % Q
            k -= 1
        size *= 2
    return [x * 3303 % Q for x in f]


def times(f: Poly, g: Poly) -> Poly:
    out: Poly = []
    for i, gamma in enumerate(GAMMAS):
        a, b, c, d = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        out += [(a * c + b * d * gamma) % Q, (a * d + b * c) % Q]
    return out


def plus(*polys: Poly) -> Poly:
    return [sum(xs) % Q for xs in zip(*polys, strict=True)]


def uniform(rho: bytes, j: int, i: int) -> Poly:
    stream, at = hashlib.shake_128(rho + bytes([j, i])).digest(1500), 0
    out: Poly = []
    while len(out) < N:
        a, b, c = stream[at : at + 3]
        out += [d for d in (a + 256 * (b % 16), b // 16 + 16 * c) if d < Q]
        at += 3
    return out[:N]


def binomial(seed: bytes, n: int) -> Poly:
    number = int.from_bytes(hashlib.shake_256(seed + bytes([n])).digest(128), "little")
    bits = [number >> i & 1 for i in range(4 * N)]
    return [(sum(bits[i : i + 2]) - sum(bits[i + 2 : i + 4])) % Q for i in range(0, 4 * N, 4)]


def encoded(f: Poly, width: int) -> bytes:
    number = sum(x << width * i for i, x in enumerate(f))
    return number.to_bytes(32 * width, "little")


def decoded(data: bytes, width: int) -> Poly:
    number = int.from_bytes(data, "little")
    return [number >> width * i & (1 << width) - 1 for i in range(N)]


def compressed(f: Poly, width: int) -> bytes:
    return encoded([((x << width + 1) + Q) // (2 * Q) % (1 << width) for x in f], width)


def mlkem_public(seed: bytes) -> bytes:
    """The public key of the first 32 of 64 seed bytes; the others are for refusals only."""
    both = hashlib.sha3_512(seed[:32] + bytes([K])).digest()
    rho, sigma = both[:32], both[32:]
    s = [ntt(binomial(sigma, n)) for n in range(K)]
    e = [ntt(binomial(sigma, K + n)) for n in range(K)]
    rows = [plus(*(times(uniform(rho, j, i), s[j]) for j in range(K)), e[i]) for i in range(K)]
    return b"".join(encoded(row, 12) for row in rows) + rho


def mlkem_encapsulate(public: bytes, message: bytes) -> tuple[bytes, bytes]:
    both = hashlib.sha3_512(message + hashlib.sha3_256(public).digest()).digest()
    shared, random = both[:32], both[32:]
    t = [decoded(public[384 * i : 384 * i + 384], 12) for i in range(K)]
    rho = public[-32:]
    y = [ntt(binomial(random, n)) for n in range(K)]
    u = [
        plus(
            un_ntt(plus(*(times(uniform(rho, i, j), y[j]) for j in range(K)))),
            binomial(random, K + i),
        )
        for i in range(K)
    ]
    bits = [bit * 1665 for bit in decoded(message, 1)]
    product = un_ntt(plus(*(times(t[i], y[i]) for i in range(K))))
    v = plus(product, binomial(random, 2 * K), bits)
    return shared, b"".join(compressed(x, 10) for x in u) + compressed(v, 4)


def _halves(seed: bytes) -> tuple[bytes, X25519PrivateKey]:
    expanded = hashlib.shake_256(seed).digest(96)
    return expanded[:64], X25519PrivateKey.from_private_bytes(expanded[64:])


def xwing_public(seed: bytes) -> bytes:
    first, second = _halves(seed)
    return mlkem_public(first) + second.public_key().public_bytes_raw()


def xwing_hpke(recipient: bytes, random: bytes, info: bytes, plain: bytes) -> bytes:
    """Seal to a public key with 64 given random bytes: enc || ciphertext."""
    shared, enc = mlkem_encapsulate(recipient[:1184], random[:32])
    own, peer = X25519PrivateKey.from_private_bytes(random[32:]), recipient[1184:]
    sent = own.public_key().public_bytes_raw()
    other = own.exchange(X25519PublicKey.from_public_bytes(peer))
    secret = hashlib.sha3_256(shared + other + sent + peer + LABEL).digest()
    key, nonce = key_schedule(SUITE, secret, info)
    return enc + sent + AESGCM(key).encrypt(nonce, plain, b"")
