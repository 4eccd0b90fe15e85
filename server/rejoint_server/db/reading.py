"""Revisions as they are shown, with the bytes of their attachments where those were asked for."""

from dataclasses import replace

from rejoint_server.db.call import Call
from rejoint_sync.answers.parts import document_parts
from rejoint_sync.answers.shown import PLAIN, document_text, leaves_for, names_with_bytes
from rejoint_sync.multipart import Part
from rejoint_sync.stores import Leaf, Stored
from rejoint_sync.wire.show import DocumentOptions


async def revisions(call: Call, stored: Stored, rev: str, *, latest: bool) -> list[Leaf]:
    """The revision asked for, or with `latest` the leaves that grew out of it; empty without one.

    One that is no leaf is shown as long as the store keeps it.
    """
    leaves = leaves_for(stored, rev, latest=latest)
    if leaves:
        return leaves
    kept = await call.store.earlier(call.database, stored.id, [rev])
    return [kept[rev]] if rev in kept else []


async def text(call: Call, stored: Stored, leaf: Leaf, options: DocumentOptions = PLAIN) -> bytes:
    """One revision as JSON text."""
    if not leaf.attachments and not options.revs_info:
        return document_text(stored, leaf, options)
    data = await _bytes(call, stored, leaf, options)
    earlier = await call.store.earlier(call.database, stored.id) if options.revs_info else {}
    return document_text(stored, leaf, options, data=data, earlier=earlier)


async def parts(call: Call, stored: Stored, leaf: Leaf, options: DocumentOptions) -> list[Part]:
    """One revision as the parts of a `multipart/related`: the first is the document."""
    wanted = replace(options, attachments=True, follows=True, encoding_info=True)
    data = await _bytes(call, stored, leaf, wanted)
    earlier = await call.store.earlier(call.database, stored.id) if options.revs_info else {}
    return document_parts(
        leaf, document_text(stored, leaf, wanted, data=data, earlier=earlier), data
    )


async def _bytes(
    call: Call, stored: Stored, leaf: Leaf, options: DocumentOptions
) -> dict[str, bytes]:
    """The attachments that were asked for, as they are kept; one that vanished becomes a stub."""
    data = {}
    for name in names_with_bytes(leaf, options):
        found = await call.store.attachment(call.database, stored.id, name, rev=leaf.rev)
        if found is not None:
            data[name] = found[1]
    return data
