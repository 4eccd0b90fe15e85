import base64
import gzip
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from rejoint_sync.attachment import Attachment, Sent, inflate, md5_digest, read_attachments, resolve
from rejoint_sync.errors import (
    BadRequest,
    ContentMismatch,
    DocumentMalformed,
    MissingStub,
    TooLarge,
)
from rejoint_sync.limits import (
    ATTACHMENT_BYTES_MAX,
    ATTACHMENT_NAME_BYTES_MAX,
    ATTACHMENTS_MAX,
    CONTENT_TYPE_LENGTH_MAX,
)

ZIPPED = gzip.compress(b"hello hello hello hello hello", mtime=0)


def one(member: dict[str, Any], *, name: str = "a", data: bytes | None = None) -> Sent:
    """What a document with this one attachment brings."""
    follows = {} if data is None else {name: data}
    [sent] = read_attachments({name: member}, follows)
    return sent


def inline(data: bytes, **members: Any) -> dict[str, Any]:
    return {"data": base64.b64encode(data).decode(), **members}


def test_an_inline_attachment() -> None:
    sent = one(inline(b"hi", content_type="text/plain", revpos=3))
    assert sent.data == b"hi"
    assert sent.attachment == Attachment(
        name="a",
        content_type="text/plain",
        digest="md5-" + base64.b64encode(hashlib.md5(b"hi").digest()).decode(),
        length=2,
        revpos=3,
        encoded_length=2,
    )
    assert sent.attachment.blob == hashlib.sha256(b"hi").hexdigest()
    assert sent.attachment.stub() == {
        "content_type": "text/plain",
        "revpos": 3,
        "digest": md5_digest(b"hi"),
        "length": 2,
        "stub": True,
    }


def test_what_is_not_said_has_its_default() -> None:
    attachment = one(inline(b"")).attachment
    assert attachment is not None
    assert (attachment.content_type, attachment.revpos, attachment.length) == (
        "application/octet-stream",
        0,
        0,
    )


def test_line_breaks_in_base64_are_nothing() -> None:
    assert one({"data": "aG\nk ="}).data == b"hi"


def test_length_and_digest_of_an_inline_attachment_are_not_believed() -> None:
    """CouchDB shows the digest of what it compressed; who restores such a dump loses nothing."""
    attachment = one(inline(b"hi", digest="md5-xxx", length=77, encoding="gzip")).attachment
    assert attachment is not None
    assert (attachment.digest, attachment.length) == (md5_digest(b"hi"), 2)
    assert not attachment.gzipped


def test_a_stub_has_no_bytes() -> None:
    assert one({"stub": True, "revpos": 2, "digest": "md5-x"}) == Sent("a", revpos=2)
    assert one({"stub": True}) == Sent("a")


def test_bytes_that_follow_are_checked() -> None:
    announced = {"follows": True, "length": 2, "digest": md5_digest(b"hi")}
    assert one(announced, data=b"hi").data == b"hi"
    with pytest.raises(ContentMismatch):
        one(announced | {"digest": md5_digest(b"ho")}, data=b"hi")
    with pytest.raises(BadRequest):
        one(announced | {"length": 3}, data=b"hi")
    with pytest.raises(BadRequest):
        one(announced)


def test_gzip_that_follows_is_kept_as_it_is() -> None:
    announced = {"follows": True, "encoding": "gzip", "length": 29, "encoded_length": len(ZIPPED)}
    sent = one(announced | {"digest": md5_digest(ZIPPED)}, data=ZIPPED)
    assert sent.data == ZIPPED
    assert sent.attachment is not None
    assert (sent.attachment.length, sent.attachment.encoded_length) == (29, len(ZIPPED))
    assert sent.attachment.gzipped
    for lie in ({"length": 28}, {"encoded_length": 1}, {"encoding": "br"}):
        with pytest.raises(BadRequest):
            one(announced | lie, data=ZIPPED)


@pytest.mark.parametrize("data", [b"", b"no", ZIPPED[:-1], ZIPPED + b"x"])
def test_what_is_not_one_gzip_stream_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest):
        inflate(data)


def test_a_small_stream_of_many_bytes_is_refused() -> None:
    bomb = gzip.compress(b"\x00" * (ATTACHMENT_BYTES_MAX + 1))
    with pytest.raises(TooLarge):
        one({"follows": True, "encoding": "gzip"}, data=bomb)
    assert len(inflate(gzip.compress(b"\x00" * ATTACHMENT_BYTES_MAX))) == ATTACHMENT_BYTES_MAX


@pytest.mark.parametrize("value", [None, [], "x", 1, {"a": 1}, {"a": []}])
def test_attachments_are_an_object_of_objects(value: object) -> None:
    with pytest.raises(DocumentMalformed):
        read_attachments(value, {})


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("", inline(b"x")),
        ("_a", inline(b"x")),
        ("\ud800", inline(b"x")),
        ("a", {}),
        ("a", {"data": 1}),
        ("a", {"data": "aGk"}),
        ("a", {"data": "aG_k"}),
        ("a", {"data": "é"}),
        ("a", inline(b"x", revpos=-1)),
        ("a", inline(b"x", revpos="1")),
        ("a", inline(b"x", revpos=True)),
        ("a", inline(b"x", content_type="")),
        ("a", inline(b"x", content_type="text/plain\r\nx-evil: 1")),
        ("a", inline(b"x", content_type=1)),
        ("a", inline(b"x", content_type="é/x")),
        ("a", {"stub": False}),
    ],
)
def test_malformed_attachments_are_refused(name: str, member: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        read_attachments({name: member}, {})


def test_the_limits_are_taken_and_one_more_is_not() -> None:
    one(inline(b"x" * ATTACHMENT_BYTES_MAX))
    with pytest.raises(TooLarge):
        one(inline(b"x" * (ATTACHMENT_BYTES_MAX + 1)))
    read_attachments({f"{n}": inline(b"") for n in range(ATTACHMENTS_MAX)}, {})
    with pytest.raises(TooLarge):
        read_attachments({f"{n}": inline(b"") for n in range(ATTACHMENTS_MAX + 1)}, {})
    one(inline(b""), name="é" * (ATTACHMENT_NAME_BYTES_MAX // 2))
    with pytest.raises(BadRequest):
        one(inline(b""), name="x" * (ATTACHMENT_NAME_BYTES_MAX + 1))
    one(inline(b"", content_type="x" * CONTENT_TYPE_LENGTH_MAX))
    with pytest.raises(BadRequest):
        one(inline(b"", content_type="x" * (CONTENT_TYPE_LENGTH_MAX + 1)))


def test_a_stub_stands_for_what_was_there() -> None:
    kept = Attachment.of("a", b"hi", revpos=2)
    assert resolve((Sent("a"),), (kept,), revpos=5) == (kept,)
    assert resolve((Sent("a", revpos=2),), (kept,), revpos=5) == (kept,)


def test_a_stub_of_nothing_is_refused() -> None:
    kept = Attachment.of("a", b"hi", revpos=2)
    for stub, before in (
        (Sent("b"), (kept,)),
        (Sent("a", revpos=1), (kept,)),
        (Sent("a"), ()),
        (Sent("a"), None),
    ):
        with pytest.raises(MissingStub):
            resolve((stub,), before, revpos=None)


def test_new_bytes_belong_to_the_generation_of_the_edit() -> None:
    new = Attachment.of("a", b"hi", revpos=9)
    sent = (Sent("a", new, b"hi", 9),)
    assert resolve(sent, None, revpos=3) == (replace(new, revpos=3),)
    assert resolve(sent, None, revpos=None) == (new,)
