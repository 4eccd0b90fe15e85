"""Voices of a headless device: spoken messages, made, sent in pieces and listened to.

A sound is cut into pieces of 8 KiB, each an attachment with one chunk: what a link that is cut
every few seconds carries in one go. Chunks are kept before the message and its attachments, which
are kept together; they are sent after everything else. Others fetch them by name when they listen.

Source: docs/circle.md, "Attachments"; pwa/src/client/care-media.ts does the same.
"""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from rejoint_sync.circle.attachment import Index, chunk_document, cut, joined, read_chunk
from rejoint_sync.circle.envelope import SECRET_BYTES
from rejoint_sync.circle.fold import Operation
from rejoint_sync.device.circle import STREAM, CircleCopy, complete
from rejoint_sync.device.desk import Desk
from rejoint_sync.device.line import Line
from rejoint_sync.device.replica import document_of
from rejoint_sync.errors import BadRequest, CircleError, NotFound
from rejoint_sync.exchange.packing import CHUNK_PREFIX

PIECE_BYTES: Final = 8192
"""Bytes of one piece: 4 s at 16 kbit/s."""

VOICE_BYTES_MAX: Final = 64 * PIECE_BYTES
"""Bytes of a whole voice: as many pieces as a record can number."""


class SpeakingActs(Desk):
    """Acts about messages and voices; see `device.Device`."""

    async def voice(  # noqa: PLR0913  # each is named at the call
        self, circle: str, content: bytes, *, media: str, seconds: int, tz_min: int, text: str = ""
    ) -> str:
        """Keep a spoken message; works without a server, once this device is let in.

        Args:
            circle: Where.
            content: The sound, at most `VOICE_BYTES_MAX`.
            media: Its media type, such as "audio/webm".
            seconds: Its length.
            tz_min: Minutes east of UTC.
            text: What stands beside it.

        Returns:
            The id of the message.

        Raises:
            BadRequest: It is empty, or longer than a voice may be.
            CircleError: This device may not write here.
        """
        if not 0 < len(content) <= VOICE_BYTES_MAX:
            raise BadRequest(f"expected a sound of 1 to {VOICE_BYTES_MAX} bytes")
        now_s = int(self._clock()) + self._state.offset_s
        copy = await self._copy(circle)
        await copy.catch_up()
        message = {"type": "message", **({"text": text} if text else {})}
        voice = {"media": media, "seconds": seconds}
        return await _speak(copy, content, message, voice, now_s=now_s, tz_min=tz_min)

    async def listen(self, circle: str, message: str, path: Path) -> dict[str, Any]:
        """Write the voice of a message into a new file; what is not here is fetched and kept.

        Returns:
            `file`, `media`, `bytes`, `seconds`, `fetched` (chunks that came from the server).

        Raises:
            NotFound: It has no voice, or not all of it is at the server.
            CircleError: What came is not what was recorded.
        """
        copy = await self._copy(circle)
        pieces = _whole(await copy.operations(), message)
        async with self._line() as line:
            content, fetched = b"", 0
            for piece in pieces:
                part, came = await _content(line, copy, piece)
                content, fetched = content + part, fetched + came
        _write(path, content)
        first = pieces[0].body
        told = {"media": first["media"], "bytes": len(content), "seconds": first.get("seconds", 0)}
        return {"file": str(path), **told, "fetched": fetched}


async def _speak(  # noqa: PLR0913  # each is named at the call
    copy: CircleCopy,
    content: bytes,
    message: dict[str, Any],
    voice: dict[str, Any],
    *,
    now_s: int,
    tz_min: int,
) -> str:
    n, lam = copy.state.count(STREAM) + 1, copy.state.lamport(STREAM) + 1
    month = datetime.fromtimestamp(now_s, UTC).strftime("%y%m")
    about = f"ev:{month}:{copy.keys.id}:{STREAM}{n:06d}"
    parts = [content[at : at + PIECE_BYTES] for at in range(0, len(content), PIECE_BYTES)]
    records, chunks = [("ev", message)], []
    for part, piece in enumerate(parts):
        key = secrets.token_bytes(SECRET_BYTES)
        index, sealed = cut(copy.circle, piece, key, secrets.token_bytes)
        place = {"part": part, "parts": len(parts)} if len(parts) > 1 else {}
        one = {"type": "attachment", "about": about, **voice, **place, **index.members()}
        records.append(("at", one))
        chunks += [chunk_document(copy.members, copy.keys, each) for each in sealed]
    documents = [
        await copy.sealed(
            kind,
            complete(kind, record, lam=lam + at, now_s=now_s, tz_min=tz_min),
            n=n + at,
            now_s=now_s,
            stream=STREAM,
            month=month,
        )
        for at, (kind, record) in enumerate(records)
    ]
    for chunk in chunks:
        await copy.take(chunk)
    copy.state.lamport_to(STREAM, lam + len(records) - 1)
    # Noted in the same write as the records that name them.
    copy.state.unsent += [chunk["_id"] for chunk in chunks]
    await copy.keep(documents)
    return about


def _whole(operations: list[Operation], message: str) -> list[Operation]:
    """The attachments of a message in their places. Raises `NotFound` where one is missing."""
    found = [
        one for one in operations if one.type == "attachment" and one.body.get("about") == message
    ]
    found.sort(key=lambda one: one.body.get("part", 0))
    places = [one.body.get("part", 0) for one in found]
    if not found or places != list(range(found[0].body.get("parts", 1))):
        raise NotFound("this message has no voice, or not all of it has arrived; sync first")
    return found


async def _content(line: Line, copy: CircleCopy, piece: Operation) -> tuple[bytes, int]:
    """What one attachment holds, and how many chunks had to be fetched."""
    index, fetched = Index.of(piece.body), 0
    sealed: list[bytes] = []
    for name in [f"{CHUNK_PREFIX}{piece.id.device}:{each}" for each in index.chunks]:
        stored = await copy.store.read(copy.circle, name)
        if stored is None:
            document = await line.known.call("GET", f"/db/{copy.circle}/{quote(name, safe='')}")
            if not isinstance(document, dict) or document.get("_id") != name:
                raise CircleError("schema", "another document came than was asked for")
            fetched += 1
            sealed.append(read_chunk(copy.members, document))
            await copy.take(document)
        else:
            document = document_of(name, stored.leaves[0])
            document.pop("_revisions")
            sealed.append(read_chunk(copy.members, document))
    return joined(copy.circle, index, sealed), fetched


def _write(path: Path, content: bytes) -> None:
    """Write a new file; one that is there is not overwritten. Raises `BadRequest`."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(content)
    except FileExistsError:
        raise BadRequest(f"{path} is there already") from None
