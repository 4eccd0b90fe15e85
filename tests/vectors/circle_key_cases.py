"""Encodings, device keys, epoch secrets, wraps and frames."""

from collections.abc import Iterator

from vectors.circle_log_cases import (
    PATIENT,
    PHONE,
    THERAPIST,
    Case,
)
from vectors.circle_writer import (
    Device,
    Json,
    b64u,
    bucket,
    canonical,
    commit,
    doc_key,
    fixed,
    hpke,
    packed,
    point,
    un_b64u,
)

ORDER_OF_CURVE = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def encodings() -> Iterator[Case]:
    base: Json = {"group": "encoding", "what": "b64u"}
    for name, comment, text, raw in (
        ("empty", "no bytes", "", b""),
        ("url-alphabet", "- and _", "-_8", b"\xfb\xff"),
        ("one-byte", "one byte", "_w", b"\xff"),
    ):
        good = {"comment": comment, "expect": "success", "text": text, "bytes": raw.hex()}
        yield f"b64u-{name}", base | good
    for name, comment, text in (
        ("padding", "with padding", "-_8="),
        ("alphabet", "the other alphabet", "+/8"),
        ("left-over", "left-over bits", "-_9"),
        ("length", "an impossible length", "A"),
        ("space", "a space", "-_8 "),
        ("line", "a line break at the end", "-_8\n"),
        ("non-ascii", "a letter beyond ASCII", "é"),
    ):
        yield f"b64u-{name}", base | {"comment": comment, "expect": "b64", "text": text}
    base = {"group": "encoding", "what": "jcs"}
    for name, comment, value in (
        ("order", "members sort by code point", {"b": 1, "a": 2, "B": 3, "_": 4, "1": 5, "10": 6}),
        ("escapes", "only quote and backslash are escaped", {"a": '"\\/~ '}),
        ("bounds", "the least and the greatest integer", [0, 2**53 - 1]),
        ("empty", "empty containers", [{}, [], ""]),
        ("depth-16", "nested as deep as is taken", nested(16)),
    ):
        whole: Json = {"comment": comment, "expect": "success", "value": value}
        yield f"jcs-{name}", base | whole | {"text": canonical(value).decode()}
    for name, comment, text in (
        ("duplicate", "a member twice", '{"a":1,"a":1}'),
        ("float", "1.0", '{"a":1.0}'),
        ("fraction", "1.5", '{"a":1.5}'),
        ("exponent", "1e2", '{"a":1e2}'),
        ("true", "true", '{"a":true}'),
        ("false", "false", '{"a":false}'),
        ("null", "null", '{"a":null}'),
        ("negative", "-1", '{"a":-1}'),
        ("minus-zero", "-0", '{"a":-0}'),
        ("too-great", "2^53", '{"a":9007199254740992}'),
        ("huge", "a number beyond all types", '{"a":1' + "0" * 400 + "}"),
        ("unsorted", "members out of order", '{"b":1,"a":1}'),
        ("space", "a space", '{"a": 1}'),
        ("line", "a line break at the end", '{"a":1}\n'),
        ("escape", "a needless escape", '{"a":"\\u0041"}'),
        ("slash", "an escaped slash", '{"a":"\\/"}'),
        ("non-ascii", "a letter beyond ASCII", '{"a":"é"}'),
        ("non-ascii-key", "a key beyond ASCII", '{"é":1}'),
        ("control", "a control character", '{"a":"\\n"}'),
        ("delete", "the character 127", '{"a":"\x7f"}'),
        ("two", "two values", "{}{}"),
        ("nothing", "nothing", ""),
        ("nan", "NaN", '{"a":NaN}'),
        ("depth-17", "nested too deep", canonical(nested(17)).decode()),
        ("depth-5000", "nested far too deep", "[" * 5000 + "]" * 5000),
        ("proto-twice", "a member that some languages hide", '{"__proto__":1,"__proto__":2}'),
    ):
        yield f"jcs-{name}", base | {"comment": comment, "expect": "canon", "text": text}
    proto = {"comment": "a member that some languages hide", "expect": "success"}
    yield "jcs-proto", base | proto | {"text": '{"__proto__":1,"a":2}'}


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def devices() -> Iterator[Case]:
    for device in (THERAPIST, PATIENT):
        yield (
            f"device-{device.name}",
            {
                "comment": "public keys and name follow from the private keys",
                "group": "device",
                "expect": "success",
                "secret": device.secret,
                "pub": device.pub,
                "id": device.id,
            },
        )
    good = THERAPIST.secret
    for name, comment, expect, change in (
        ("zero", "a private key of 0", "schema", {"ssk": b64u(bytes(32))}),
        ("order", "the order of the curve", "schema", {"ksk": b64u(ORDER_OF_CURVE.to_bytes(32))}),
        ("short", "31 bytes", "schema", {"ssk": b64u(bytes(30) + b"\1")}),
        ("padding", "padding", "b64", {"ssk": good["ssk"] + "="}),
        ("kem", "a kind that does not exist", "schema", {"kem": "P384"}),
        ("extra", "one member too many", "schema", {"x": "1"}),
    ):
        yield (
            f"device-secret-{name}",
            {
                "comment": comment,
                "group": "device",
                "expect": expect,
                "secret": good | change,
            },
        )


def epochs() -> Iterator[Case]:
    es, circle = fixed("epoch secret", 32), "c" + fixed("circle", 20).hex()
    for stream, e in (("c", 1), ("c", 2), ("k", 1)):
        yield (
            f"epoch-{stream}{e}",
            {
                "comment": "what follows from an epoch's secret",
                "group": "epoch",
                "expect": "success",
                "es": b64u(es),
                "circle": circle,
                "stream": stream,
                "e": e,
                "device": PATIENT.id,
                "commit": commit(es, stream, e),
                "key": b64u(doc_key(es, circle, stream, PATIENT.id)),
                "wrap_id": f"wrap:{stream}{e:06d}:{commit(es, stream, e)[:16]}:{PATIENT.id}",
            },
        )


def sealed_wrap(circle: str, es: bytes, to: Device, **info: object) -> Json:
    parts: Json = {"cir": circle, "x": "c", "e": 1, "device": to.id, "commit": commit(es)} | info
    bound = b"rj1 wrap\0" + canonical(list(parts.values()))
    ephemeral = fixed("ephemeral", 32)
    k = hpke(point(to.ksk), ephemeral, bound, es)
    return {"_id": f"wrap:c000001:{commit(es)[:16]}:{to.id}", "k": b64u(k)}


def wraps() -> Iterator[Case]:
    es, circle = fixed("epoch secret", 32), "c" + fixed("circle", 20).hex()
    good = sealed_wrap(circle, es, PATIENT)
    base = {
        "group": "wrap",
        "secret": PATIENT.secret,
        "circle": circle,
        "stream": "c",
        "epoch": {"e": 1, "commit": commit(es)},
    }
    yield (
        "wrap-opens",
        base | {"comment": "opens", "expect": "success", "doc": good, "es": b64u(es)},
    )
    raw = un_b64u(good["k"])
    flipped = raw[:-1] + bytes([raw[-1] ^ 1])
    beside = raw[:64] + bytes([raw[64] ^ 1]) + raw[65:]
    other_es = fixed("other secret", 32)
    lying = sealed_wrap(circle, other_es, PATIENT, commit=commit(es)) | {"_id": good["_id"]}
    for name, comment, expect, doc in (
        (
            "device",
            "sealed for another device's name",
            "wrap",
            sealed_wrap(circle, es, PATIENT, device=PHONE.id),
        ),
        (
            "key",
            "sealed to another device's key",
            "wrap",
            sealed_wrap(circle, es, PHONE) | {"_id": good["_id"]},
        ),
        ("circle", "sealed for another circle", "wrap", sealed_wrap("c" + "0" * 40, es, PATIENT)),
        ("stream", "sealed for another stream", "wrap", sealed_wrap(circle, es, PATIENT, x="k")),
        ("epoch", "sealed for another epoch", "wrap", sealed_wrap(circle, es, PATIENT, e=2)),
        (
            "commit",
            "sealed for another commitment",
            "wrap",
            sealed_wrap(circle, es, PATIENT, commit=commit(other_es)),
        ),
        ("flipped", "one bit changed", "wrap", good | {"k": b64u(flipped)}),
        ("off-curve", "an encapsulated key beside the curve", "wrap", good | {"k": b64u(beside)}),
        ("short", "cut off", "wrap", good | {"k": b64u(raw[:40])}),
        ("secret", "another secret than the log's", "commit", lying),
        ("name", "the wrap of another device", "schema", good | {"_id": good["_id"][:-1] + "x"}),
        ("padding", "padding", "b64", good | {"k": good["k"] + "="}),
    ):
        yield f"wrap-{name}", base | {"comment": comment, "expect": expect, "doc": doc}


def frames() -> Iterator[Case]:
    edges = (5, 127, 128, 129, 256, 257, 512, 513, 1024, 1025, 2047, 2048, 2049, 2176, 2177, 4096)
    sizes = [[n, bucket(n)] for n in (*edges, 4097, 65_535, 65_536, 65_537, 262_144)]
    yield (
        "frame-buckets",
        {
            "comment": "the size of a frame for each size of its content",
            "group": "frame",
            "what": "bucket",
            "expect": "success",
            "sizes": sizes,
        },
    )
    base = {"group": "frame", "what": "frame"}
    for fill in (0, 1, 114, 115, 2034, 2035, 3000):
        obj = {"t": "a" * fill}
        framed = packed(canonical(obj))
        good = {"comment": f"a text of {fill}", "expect": "success", "obj": obj}
        yield f"frame-text-{fill}", base | good | {"frame": b64u(framed)}
    body = b'{"a":"' + b"x" * 3000 + b'"}'
    large = packed(body)
    for name, comment, wrong in (
        ("large-unpadded", "above 2048, without Padmé", large[: 5 + len(body)]),
        ("large-bucket", "above 2048, padded to a power of two", large.ljust(4096, b"\0")),
        ("large-padding", "above 2048, padding that is not zero", large[:-1] + b"\1"),
        ("short", "4 bytes", b"\0\0\0\0"),
        ("zero", "zeros: a body of no bytes", bytes(128)),
    ):
        yield f"frame-{name}", base | {"comment": comment, "expect": "frame", "frame": b64u(wrong)}


def all_cases() -> Iterator[Case]:
    yield from encodings()
    yield from devices()
    yield from epochs()
    yield from wraps()
    yield from frames()
