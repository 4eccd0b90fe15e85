"""Voices: kept whole, sent in pieces after everything else, fetched by who listens."""

from pathlib import Path

import httpx
import pytest

from rejoint_sync.device.speaking import PIECE_BYTES, VOICE_BYTES_MAX
from rejoint_sync.drive import Unreachable
from rejoint_sync.errors import BadRequest, NotFound
from sync.device.clinic import Clinic, pushed_in

SOUND = bytes(at * 31 % 251 for at in range(3 * PIECE_BYTES + 100))
WEBM = {"media": "audio/webm", "seconds": 17, "tz_min": 0}


async def spoken(clinic: Clinic, circle: str, content: bytes = SOUND) -> str:
    """What a patient says, at the server."""
    message: str = await clinic.do("patient", "voice", circle, content, **WEBM)
    await clinic.do("patient", "sync")
    return message


async def test_a_voice_is_heard_as_it_was_recorded(clinic: Clinic, tmp_path: Path) -> None:
    circle = await clinic.care()
    message = await spoken(clinic, circle)
    await clinic.do("therapist", "sync")
    heard = tmp_path / "heard"
    told = await clinic.do("therapist", "listen", circle, message, heard)
    assert heard.read_bytes() == SOUND
    fetched = told.pop("fetched")
    assert told == {"file": str(heard), "media": "audio/webm", "bytes": len(SOUND), "seconds": 17}
    again = await clinic.do("therapist", "listen", circle, message, tmp_path / "again")
    # By one-request sync chunks come when somebody listens; replication brings all there is.
    assert (fetched, again["fetched"]) == (4 if clinic.network.offers_sync else 0, 0)
    with pytest.raises(BadRequest, match="there already"):
        await clinic.do("therapist", "listen", circle, message, heard)


async def test_the_message_and_all_its_pieces_are_there_or_none(clinic: Clinic) -> None:
    circle = await clinic.care()
    message = await spoken(clinic, circle)
    shown = await clinic.do("patient", "show", circle)
    values = [one["value"] for one in shown["records"] if one["value"]["type"] != "profile"]
    assert [value["type"] for value in values] == ["message", *["attachment"] * 4]
    assert [value.get("part") for value in values] == [None, 0, 1, 2, 3]
    assert {value["about"] for value in values[1:]} == {message}
    assert [value["lam"] for value in values] == sorted({value["lam"] for value in values})


async def test_a_record_that_is_made_later_goes_first(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not clinic.network.offers_sync:
        pytest.skip("replication brings all at once")
    circle = await clinic.care()
    await clinic.do("patient", "voice", circle, SOUND, **WEBM)
    await clinic.put("patient", circle, {"type": "pain", "context": "now", "score": 4})
    names: list[str] = []
    answered = clinic.network._answered

    async def noted(request: httpx.Request) -> httpx.Response:
        names.extend([document["_id"] for document, _ in await pushed_in(request)])
        return await answered(request)

    monkeypatch.setattr(clinic.network, "_answered", noted)
    await clinic.do("patient", "sync")
    brought = [name[:2] for name in names if name[:2] in ("ev", "at", "ch")]
    assert sorted(brought, key=lambda kind: kind == "ch") == brought
    assert brought.count("ch") == 4


async def test_what_is_not_there_yet_or_was_changed_is_refused(
    clinic: Clinic, tmp_path: Path
) -> None:
    circle = await clinic.care()
    message = await spoken(clinic, circle)
    await clinic.do("therapist", "sync")
    with pytest.raises(NotFound):
        await clinic.do("therapist", "listen", circle, "ev:2611:nobody", tmp_path / "none")
    assert not (tmp_path / "none").exists()
    clinic.network.down = True
    if clinic.network.offers_sync:
        with pytest.raises(Unreachable):
            await clinic.do("therapist", "listen", circle, message, tmp_path / "far")
    clinic.network.down = False
    assert (await clinic.do("therapist", "listen", circle, message, tmp_path / "near"))["bytes"]


async def test_a_sound_has_a_size(clinic: Clinic) -> None:
    circle = await clinic.care()
    for size in (0, VOICE_BYTES_MAX + 1):
        with pytest.raises(BadRequest, match="sound of 1 to"):
            await clinic.do("patient", "voice", circle, bytes(size), **WEBM)


async def test_a_short_sound_is_one_piece_and_chunks_break_no_other_act(clinic: Clinic) -> None:
    """Rekeying and checkpoints look at what waits: chunks are of no stream."""
    circle = await clinic.care()
    await clinic.do("patient", "voice", circle, b"hm", **WEBM)
    await clinic.do("therapist", "rekey", circle)
    report = await clinic.do("patient", "sync")
    assert (report["refused"], report["trouble"]) == ([], [])
    shown = await clinic.do("patient", "show", circle)
    [attachment] = [one for one in shown["records"] if one["value"]["type"] == "attachment"]
    assert "part" not in attachment["value"]
    assert attachment["place"] == "server"


async def test_chunks_that_a_restore_lost_are_brought_again_by_who_has_them(
    clinic: Clinic, tmp_path: Path
) -> None:
    if not clinic.network.offers_sync:
        pytest.skip("replication offers all to a server that is another one")
    circle = await clinic.care()
    message = await spoken(clinic, circle)
    await clinic.do("therapist", "sync")
    chunks = await clinic.store.range(circle, "ch:", "ch;", limit=9)
    assert len(chunks) == 4
    await clinic.store.purge(circle, {one.id: [one.leaves[0].rev] for one in chunks})
    with pytest.raises(NotFound):
        await clinic.do("therapist", "listen", circle, message, tmp_path / "lost")
    await clinic.do("patient", "sync", compares=True)
    told = await clinic.do("therapist", "listen", circle, message, tmp_path / "back")
    assert told["fetched"] == 4
