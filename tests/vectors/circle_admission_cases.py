"""Invitations, logins, links, and the order of the fold."""

from collections.abc import Iterator

from vectors.circle_log_cases import (
    M_PATIENT,
    PATIENT,
    STRANGER,
    THERAPIST,
    Case,
    founded,
    invited,
)
from vectors.circle_writer import (
    NOW_S,
    Device,
    Invite,
    Json,
    b64u,
    canonical,
    fixed,
    head_of,
    jws,
    point,
    un_b64u,
)

ORIGIN = "https://clinic.example"


def invitation_body(invite: Invite, seq: int, head: str) -> Json:
    es = {"c": b64u(fixed("epoch secret", 32))}
    return {"v": 1, "ssk": b64u(invite.ssk), "head": [seq, head], "es": es}


def opened_invitations() -> Iterator[Case]:
    log, invite = invited()
    body = invitation_body(invite, log.seq, log.heads[-1])
    nonce = fixed("invitation nonce", 12)
    good = invite.sealed(body, nonce)
    base: Json = {"group": "invitation", "what": "open", "circle": log.circle}
    base |= {"secret": b64u(invite.secret), "inv": good}
    yield (
        "invitation-opens",
        base
        | {
            "comment": "opens, and sealed again it has the same bytes",
            "expect": "success",
            "iid": invite.iid,
            "key": b64u(invite.key),
            "nonce": b64u(nonce),
            "body": body,
            "spk": b64u(point(invite.ssk)),
        },
    )
    for name, comment, expect, change in closed_invitations(invite, good, body, nonce):
        yield f"invitation-{name}", base | {"comment": comment, "expect": expect} | change


def closed_invitations(
    invite: Invite, good: Json, body: Json, nonce: bytes
) -> Iterator[tuple[str, str, str, Json]]:
    raw = un_b64u(good["k"])
    other = Invite("other", invite.circle)
    text = canonical(body)
    yield from (
        ("secret", "another link's secret", "tag", {"secret": b64u(other.secret)}),
        ("circle", "another circle", "tag", {"circle": "c" + "0" * 40}),
        ("name", "another invitation's name", "tag", {"inv": good | {"_id": f"inv:{other.iid}"}}),
        (
            "flipped",
            "one bit changed",
            "tag",
            {"inv": good | {"k": b64u(bytes([raw[0] ^ 1]) + raw[1:])}},
        ),
        ("short", "cut off", "tag", {"inv": good | {"k": b64u(raw[:20])}}),
        ("padding", "padding", "b64", {"inv": good | {"k": good["k"] + "="}}),
        ("extra", "a clear member", "schema", {"inv": good | {"exp": 1}}),
        ("prefix", "no invitation's name", "schema", {"inv": good | {"_id": invite.iid}}),
        ("canon", "inside a space", "canon", {"inv": invite.sealed(text + b" ", nonce)}),
        (
            "version",
            "inside a later version",
            "schema",
            {"inv": invite.sealed(body | {"v": 2}, nonce)},
        ),
        (
            "ssk",
            "inside a key of 0",
            "schema",
            {"inv": invite.sealed(body | {"ssk": b64u(bytes(32))}, nonce)},
        ),
        (
            "es",
            "inside a secret of 31 bytes",
            "schema",
            {"inv": invite.sealed(body | {"es": {"c": b64u(bytes(31))}}, nonce)},
        ),
        (
            "head",
            "inside a head without a hash",
            "schema",
            {"inv": invite.sealed(body | {"head": [1]}, nonce)},
        ),
    )


def accepted_invitations() -> Iterator[Case]:
    log, invite = invited()
    good = invitation_body(invite, log.seq, log.heads[-1])
    other = Invite("other", log.circle)
    uninvited = log.push(THERAPIST, "uninvite", {"iid": invite.iid})
    other_es = b64u(fixed("other secret", 32))
    changed: tuple[tuple[str, str, str, Json], ...] = (
        ("other-log", "the log's entry is another", "fork", {"head": [1, "A" * 43]}),
        ("other-key", "another key than the log's", "invite", {"ssk": b64u(other.ssk)}),
        ("other-secret", "another secret than the log's", "commit", {"es": {"c": other_es}}),
        ("no-stream", "a secret of a stream not open", "epoch", {"es": {"k": other_es}}),
    )
    last = NOW_S + 1 + 1800
    rows: list[tuple[str, str, str, list[Json], Json, int]] = [
        ("accepted", "the joiner may join", "success", log.docs, good, NOW_S + 60),
        ("last-second", "at the last second", "success", log.docs, good, last),
        ("over", "one second too late", "invite", log.docs, good, last + 1),
        ("taken-back", "taken back since", "invite", uninvited.docs, good, NOW_S + 60),
        ("cut-log", "the log lacks the invitation", "newer-log", log.docs[:1], good, NOW_S),
    ]
    rows += [(*row[:3], log.docs, good | row[3], NOW_S) for row in changed]
    for name, comment, expect, docs, body, now_s in rows:
        yield (
            f"accept-{name}",
            {
                "comment": comment,
                "group": "invitation",
                "what": "accept",
                "expect": expect,
                "circle": log.circle,
                "secret": b64u(invite.secret),
                "inv": invite.sealed(body, fixed("invitation nonce", 12)),
                "log": docs,
                "now_s": now_s,
                **({"role": "patient", "member": M_PATIENT} if expect == "success" else {}),
            },
        )


def logins() -> Iterator[Case]:
    good = {"aud": ORIGIN, "iat": NOW_S, "exp": NOW_S + 300}
    head = head_of(THERAPIST.id, "rj1+auth")
    base = {
        "group": "login",
        "pubs": {device.id: device.pub for device in (THERAPIST, PATIENT)},
        "audience": ORIGIN,
        "now_s": NOW_S + 10,
    }
    token = jws(THERAPIST.ssk, head, good)
    made = {"secret": THERAPIST.secret, "made_at_s": NOW_S, "device": THERAPIST.id}
    taken = {"comment": "taken", "expect": "success", "token": token} | made
    yield "login-taken", base | taken
    for name, comment, payload in (
        ("audience", "for another server", good | {"aud": ORIGIN + "/"}),
        ("long", "valid for 301 seconds", good | {"exp": NOW_S + 301}),
        ("backwards", "over before it starts", good | {"exp": NOW_S - 1}),
        ("extra", "one member too many", good | {"sub": "x"}),
        ("no-exp", "no end", {"aud": ORIGIN, "iat": NOW_S}),
        (
            "float",
            "a time that is no integer",
            b'{"aud":"%s","exp":1795000300.5,"iat":1795000000}' % ORIGIN.encode(),
        ),
    ):
        yield f"login-{name}", refused_login(base, comment, jws(THERAPIST.ssk, head, payload))
    for name, comment, sent in forged_logins(head, good):
        yield f"login-{name}", refused_login(base, comment, sent)
    for name, comment, times in (
        ("expired", "over", {"iat": NOW_S - 290, "exp": NOW_S + 10}),
        ("future", "from a clock that is ahead", {"iat": NOW_S + 41}),
    ):
        sent = jws(THERAPIST.ssk, head, good | times)
        yield f"login-{name}", refused_login(base, comment, sent) | {"expect": "clock"}
    ahead = jws(THERAPIST.ssk, head, good | {"iat": NOW_S + 40})
    close = {"comment": "30 seconds ahead", "expect": "success", "token": ahead}
    yield "login-leeway", base | close | {"device": THERAPIST.id}


def jws_login(payload: object) -> str:
    """A token of the therapist's that holds anything."""
    return jws(THERAPIST.ssk, head_of(THERAPIST.id, "rj1+auth"), canonical(payload))


def refused_login(base: Json, comment: str, token: str) -> Json:
    return base | {"comment": comment, "expect": "unauthorized", "token": token}


def forged_logins(head: Json, good: Json) -> Iterator[tuple[str, str, str]]:
    first, second, third = jws(THERAPIST.ssk, head, good).split(".")
    unsigned = b64u(canonical(head | {"alg": "none"})) + "." + second + "."
    edited = b64u(canonical(good | {"aud": "https://other.example"}))
    stranger = head_of(STRANGER.id, "rj1+auth")
    other_use = jws(THERAPIST.ssk, head | {"typ": "rj1+log"}, good)
    yield "key", "signed by another device", jws(PATIENT.ssk, head, good)
    yield "stranger", "of an unknown device", jws(STRANGER.ssk, stranger, good)
    yield "alg-none", "not signed", unsigned
    yield "typ", "a token of another use", other_use
    yield "edited", "edited after signing", f"{first}.{edited}.{third}"
    yield "text", "no token", "token"
    yield "empty", "nothing", ""


def links() -> Iterator[Case]:
    circle = founded().circle
    secret = b64u(fixed("link", 16))
    join = f"{ORIGIN}/#j1.{circle}.{secret}"
    for name, comment, text, kind in (
        ("join", "to join a circle", join, "j1"),
        ("setup", "to found the first clinic", f"{ORIGIN}/#s1.{secret}", "s1"),
        ("spaces", "copied with white space", f" {join}\n", "j1"),
        ("fragment", "what follows the #", f"#j1.{circle}.{secret}", "j1"),
    ):
        origin = "" if name == "fragment" else ORIGIN
        yield (
            f"link-{name}",
            {
                "comment": comment,
                "group": "link",
                "expect": "success",
                "text": text,
                "kind": kind,
                "origin": origin,
                "circle": circle if kind == "j1" else "",
                "secret": secret,
                "formatted": "" if name == "fragment" else text.strip(),
            },
        )
    loose = secret[:-1] + chr(ord(secret[-1]) + 1)
    for name, comment, expect, text in (
        ("cut", "the last character is missing", "schema", join[:-1]),
        ("cut-more", "the secret is missing", "schema", join[: -len(secret) - 1]),
        ("cut-circle", "the circle is cut", "schema", f"{ORIGIN}/#j1.{circle[:-1]}.{secret}"),
        ("long", "one character too many", "schema", join + "A"),
        ("setup-cut", "the last character is missing", "schema", f"{ORIGIN}/#s1.{secret[:-1]}"),
        ("prefix", "a later kind of link", "schema", f"{ORIGIN}/#j2.{circle}.{secret}"),
        ("no-fragment", "no fragment", "schema", ORIGIN + "/"),
        ("empty", "nothing", "schema", ""),
        ("bits", "left-over bits", "b64", join[: -len(secret)] + loose),
    ):
        bad = {"comment": comment, "group": "link", "expect": expect, "text": text}
        yield f"link-{name}", bad


def operation(  # noqa: PLR0917  # one line per operation reads best
    lam: int, role: str, device: Device, n: int, digest: str, at: int = NOW_S
) -> Json:
    return {
        "lam": lam,
        "at": at,
        "role": role,
        "device": device.id,
        "stream": "c",
        "n": n,
        "digest": digest * 32,
    }


def folds() -> Iterator[Case]:
    def row(name: str, comment: str, given: list[Json], order: str, aside: str = "") -> Case:
        expected = {"order": [d * 32 for d in order], "aside": [d * 32 for d in aside]}
        base = {"comment": comment, "group": "fold", "expect": "success", "operations": given}
        return f"fold-{name}", base | expected

    ids = sorted((PATIENT, THERAPIST), key=lambda device: device.id)
    low, high = ids
    yield row(
        "lam",
        "by lam before all else",
        [operation(2, "patient", low, 1, "a"), operation(1, "therapist", high, 1, "b", NOW_S + 9)],
        "ba",
    )
    yield row(
        "rank",
        "the clinician's is later at the same lam, though written earlier",
        [operation(1, "admin", low, 1, "a", NOW_S - 9), operation(1, "caregiver", high, 1, "b")],
        "ba",
    )
    yield row(
        "at",
        "then by time",
        [operation(1, "patient", low, 1, "a", NOW_S + 1), operation(1, "caregiver", high, 1, "b")],
        "ba",
    )
    yield row(
        "device",
        "then by device",
        [operation(1, "patient", high, 1, "a"), operation(1, "patient", low, 2, "b")],
        "ba",
    )
    yield row(
        "counter",
        "then by counter",
        [operation(1, "patient", low, 10, "a"), operation(1, "patient", low, 9, "b")],
        "ba",
    )
    yield row(
        "twice",
        "one counter twice: the smaller digest",
        [operation(1, "patient", low, 1, "b"), operation(5, "patient", low, 1, "a")],
        "a",
    )
    far = 1_000_000
    yield row(
        "far",
        "a lam that would win for ever is set aside",
        [
            operation(1, "patient", low, 1, "a"),
            operation(far + 1, "patient", low, 2, "b"),
            operation(far + 3, "therapist", high, 1, "c"),
        ],
        "ab",
        "c",
    )


def all_cases() -> Iterator[Case]:
    yield from opened_invitations()
    yield from accepted_invitations()
    yield from logins()
    yield from links()
    yield from folds()
