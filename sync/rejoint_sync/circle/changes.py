"""What each operation of the log asks for and changes, once its entry is signed and in its place.

Each rule takes the standing before the entry and gives what is different after it, or raises the
code of the first rule broken:

- *invite*: `ts` (its life), `authz`, `dup`
- *uninvite*: `invite` (not open), `authz`
- *join*: `invite` (not open, or to be approved), `proof`, `dup`
- *add*: `invite` (not open, or not this one), `authz`, `dup`
- *grant*: `target`, `authz`
- *remove*: `target`, `authz`, `last`, `epoch`, `authz` (history ends), `fence`
- *leave*: `authz`, `fence`, `last`
- *rekey*: `authz`, `epoch`, `authz` (history ends), `fence`
- *accept*: `target`, `authz`, `fence`
- *close*, *reopen*: `authz`

Source: docs/circle.md, "Replay".
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rejoint_sync.circle.encoding import b64u_decode
from rejoint_sync.circle.jws import parse_jws
from rejoint_sync.circle.keys import device_id
from rejoint_sync.circle.limits import INVITED_SECONDS_MAX
from rejoint_sync.circle.roles import REKEYS, SEES_K
from rejoint_sync.circle.schema import Entry
from rejoint_sync.circle.standing import Epoch, Invitation, Mark, Member, Standing
from rejoint_sync.errors import CircleError

PROOF_TYP: Final = "rj1+join"

Changes = dict[str, Any]
"""Members of a `Standing` with their new values."""


def opened(standing: Standing, entry: Entry, signer: Member) -> Changes:
    """Open the epochs of an entry's `ep`.

    Args:
        standing: Who is in the circle after the entry, whom it takes out already gone.
        entry: A genesis, `remove` or `rekey` whose signer may open these streams.
        signer: As it was before; who opens the clinicians' stream without it gets it.

    Raises:
        CircleError: `epoch` (not the next number; a link to a secret that the signer cannot have),
            `authz` (history would end by somebody who may not decide that), `fence` (not exactly
            who was removed and not fenced yet).
    """
    epochs, devices = dict(standing.epochs), dict(standing.devices)
    for stream, ep in sorted(entry.payload["ep"].items()):
        chain = epochs.get(stream, ())
        linked, has_secret = "back" in ep, bool(chain) and stream in signer.streams
        if ep["e"] != len(chain) + 1 or (linked and not has_secret):
            raise CircleError("epoch", f"expected epoch {len(chain) + 1}, linked to one before")
        if has_secret and not linked and signer.role not in REKEYS:
            raise CircleError("authz", "the signer may not let history end here")
        if ep["fence"].keys() != standing.unfenced(stream):
            raise CircleError("fence", "expected a fence for exactly who was removed")
        for device, (n, d) in ep["fence"].items():
            devices[device] = _marked(devices[device], stream, Mark(n, d))
        epochs[stream] = (*chain, Epoch(ep["e"], ep["commit"], ep.get("back"), entry.seq))
        if stream not in signer.streams:
            devices[signer.device] = replace(devices[signer.device], s="ck", k_since=entry.seq)
    return {"devices": devices, "epochs": epochs}


def _invite(before: Standing, entry: Entry) -> Changes:
    p = entry.payload
    longest_s = INVITED_SECONDS_MAX[p["mode"]]
    if not entry.ts <= p["exp"] <= entry.ts + longest_s:
        raise CircleError("ts", f"expected an invitation of at most {longest_s} s")
    before.require_may_bring_in(
        before.author(entry.jws.kid), entry.ts, member=p["member"], role=p["role"], s=p["s"]
    )
    before.require_new(spk=p["spk"], iid=p["iid"])
    invitation = Invitation(
        iid=p["iid"],
        spk=p["spk"],
        role=p["role"],
        member=p["member"],
        s=p["s"],
        mode=p["mode"],
        exp=p["exp"],
        by=entry.jws.kid,
        seq=entry.seq,
    )
    return {"invitations": {**before.invitations, p["iid"]: invitation}}


def _uninvite(before: Standing, entry: Entry) -> Changes:
    invitation = before.open_invitation(entry.payload["iid"], entry.ts)
    before.require_reach(before.author(entry.jws.kid), [invitation])
    return {"invitations": _closing(before, invitation)}


def _join(before: Standing, entry: Entry) -> Changes:
    invitation = before.open_invitation(entry.payload["iid"], entry.ts)
    if invitation.mode != "direct":
        raise CircleError("invite", "this invitation only lets one ask; somebody must approve")
    require_proof(before.circle, invitation, entry.jws.kid, entry.payload["proof"])
    member = Member(
        device=entry.jws.kid,
        pub=entry.payload["dev"],
        member=invitation.member,
        role=invitation.role,
        s=invitation.s,
        since=entry.seq,
        by=invitation.by,
    )
    return {
        "invitations": _closing(before, invitation),
        "devices": _brought_in(before, member),
    }


def _add(before: Standing, entry: Entry) -> Changes:
    p, invitations = entry.payload, before.invitations
    if p["iid"] != "":
        invitation = before.open_invitation(p["iid"], entry.ts)
        asked = (invitation.mode, invitation.member, invitation.role, invitation.s)
        if asked != ("approve", p["member"], p["role"], p["s"]):
            raise CircleError("invite", "expected what the approved invitation says")
        invitations = _closing(before, invitation)
    before.require_may_bring_in(
        before.author(entry.jws.kid),
        entry.ts,
        member=p["member"],
        role=p["role"],
        s=p["s"],
        approved=p["iid"],
    )
    member = Member(
        device=device_id(p["dev"]),
        pub=p["dev"],
        member=p["member"],
        role=p["role"],
        s=p["s"],
        since=entry.seq,
        by=entry.jws.kid,
    )
    return {"invitations": invitations, "devices": _brought_in(before, member)}


def _grant(before: Standing, entry: Entry) -> Changes:
    target = before.devices.get(entry.payload["target"])
    if target is None or not target.live or target.s != "c":
        raise CircleError("target", "expected a live device without the clinicians' stream")
    if before.author(entry.jws.kid).s != "ck" or target.role not in SEES_K:
        raise CircleError("authz", "this device cannot be given the clinicians' stream")
    if not before.rules.reach[before.author(entry.jws.kid).role].own:
        raise CircleError("authz", "the signer only reads")
    given = replace(target, s="ck", k_since=entry.seq)
    return {"devices": {**before.devices, target.device: given}}


def _remove(before: Standing, entry: Entry) -> Changes:
    names, signer = entry.payload["target"], before.author(entry.jws.kid)
    if not names or names != sorted(set(names)) or signer.device in names:
        raise CircleError("target", "expected others' names, sorted, each once")
    if not all(before.live(name) for name in names):
        raise CircleError("target", "expected live devices")
    targets = [before.devices[name] for name in names]
    before.require_reach(signer, targets)
    gone = {target.device: replace(target, until=entry.seq) for target in targets}
    after = replace(before, devices={**before.devices, **gone})
    after.require_remaining()
    lost_k = signer.s == "ck" and any(target.s == "ck" for target in targets)
    if entry.payload["ep"].keys() != ({"c", "k"} if lost_k else {"c"}):
        raise CircleError("epoch", "expected an epoch of each stream that signer and targets share")
    return opened(after, entry, signer)


def _leave(before: Standing, entry: Entry) -> Changes:
    signer, marks = before.author(entry.jws.kid), entry.payload["mark"]
    if not before.rules.reach[signer.role].own:
        raise CircleError("authz", "the signer only reads")
    if marks.keys() != set(signer.streams):
        raise CircleError("fence", "expected a mark for each of the signer's streams")
    gone = replace(signer, until=entry.seq)
    for stream, (n, d) in marks.items():
        gone = _marked(gone, stream, Mark(n, d))
    after = replace(before, devices={**before.devices, gone.device: gone})
    after.require_remaining()
    return {"devices": after.devices}


def _rekey(before: Standing, entry: Entry) -> Changes:
    signer = before.author(entry.jws.kid)
    before.require_may_rekey(signer, entry.payload["ep"].keys())
    return opened(before, entry, signer)


def _accept(before: Standing, entry: Entry) -> Changes:
    p, signer = entry.payload, before.author(entry.jws.kid)
    target, stream = before.devices.get(p["target"]), p["x"]
    if target is None or target.live or stream not in target.streams:
        raise CircleError("target", "expected a device that is gone and had this stream")
    before.require_reach(signer, [target])
    if stream not in signer.streams:
        raise CircleError("authz", "the signer does not hold this stream")
    fence = target.fence(stream)
    if fence is None or p["n"] <= fence:
        raise CircleError("fence", "expected a count beyond the fence")
    marked = _marked(target, stream, Mark(p["n"], p["d"]))
    return {"devices": {**before.devices, marked.device: marked}}


def _close(before: Standing, entry: Entry) -> Changes:
    _require_may_close(before, entry)
    return {"closed_s": entry.ts}


def _reopen(before: Standing, entry: Entry) -> Changes:
    _require_may_close(before, entry)
    return {"closed_s": None}


def _require_may_close(before: Standing, entry: Entry) -> None:
    if before.author(entry.jws.kid).role not in before.rules.close:
        raise CircleError("authz", "the signer may not close this circle, nor open it again")


def require_proof(circle: str, invitation: Invitation, device: str, proof: object) -> None:
    """Check that a device holds an invitation's key; whatever is wrong with it is `proof`."""
    try:
        jws = parse_jws(proof, PROOF_TYP)
        jws.verify(b64u_decode(invitation.spk))
    except CircleError as error:
        raise CircleError("proof", "the joiner does not hold the invitation") from error
    if jws.kid != invitation.iid or jws.payload != {"cir": circle, "dev": device}:
        raise CircleError("proof", "the proof is for another device, circle or invitation")


def _closing(before: Standing, invitation: Invitation) -> dict[str, Invitation]:
    return {**before.invitations, invitation.iid: replace(invitation, closed=True)}


def _brought_in(before: Standing, member: Member) -> dict[str, Member]:
    before.require_new(spk=member.pub["spk"], device=member.device)
    return {**before.devices, member.device: member}


def _marked(member: Member, stream: str, mark: Mark) -> Member:
    marks = {**member.marks, stream: (*member.marks.get(stream, ()), mark)}
    return replace(member, marks=marks)


APPLY: Final[dict[str, Callable[[Standing, Entry], Changes]]] = {
    "invite": _invite,
    "uninvite": _uninvite,
    "join": _join,
    "add": _add,
    "grant": _grant,
    "remove": _remove,
    "leave": _leave,
    "rekey": _rekey,
    "accept": _accept,
    "close": _close,
    "reopen": _reopen,
}
"""The operations after genesis, by name."""
