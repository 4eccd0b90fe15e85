"""Words between the person and who cares for them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rejoint_sync.records.fields import (
    DocumentName,
    Hash,
    Record,
)


class Note(Record):
    """A therapist's note to the patient.

    Attributes:
        text: Plain text.
        about: Document ids of the records it speaks of.
    """

    type: Literal["note"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    about: Annotated[list[DocumentName], Field(max_length=50)] | None = None


class Message(Record):
    """Words between the person and who cares for them, either way.

    Attributes:
        text: Plain text; absent when it was spoken (an attachment `about` this record).
        reply_to: Document id of the message or note that it answers.
        about: Document ids of the records it speaks of.
    """

    type: Literal["message"]
    text: Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None = None
    reply_to: DocumentName | None = None
    about: Annotated[list[DocumentName], Field(max_length=50)] | None = None


class Heard(Record):
    """Messages, notes or voice that the writer of this has read or listened to.

    Attributes:
        targets: Document ids.
    """

    type: Literal["heard"]
    targets: Annotated[list[DocumentName], Field(min_length=1, max_length=200)]


class Attachment(Record):
    """A picture, recording or paper: what its chunks are and the key that opens them.

    Attributes:
        about: Document id of the record that it belongs to.
        media: Media type, such as "image/jpeg".
        part: Place of this piece, from 0, where the content is cut into several attachments.
        parts: How many pieces there are, all `about` the same record; absent = this is all of it.
        seconds: Length of the whole recording.
        name: As the person's phone called it.
        size: Length in bytes.
        sha256: Hash of the whole content, base64url.
        key: The key of its chunks, 32 bytes as base64url.
        chunks: The hash of each chunk's sealed bytes, in order.
    """

    type: Literal["attachment"]
    about: DocumentName | None = None
    media: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]{1,64}$")]
    name: Annotated[str, StringConstraints(max_length=120)] | None = None
    part: Annotated[int, Field(ge=0, lt=64)] | None = None
    parts: Annotated[int, Field(ge=1, le=64)] | None = None
    seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    size: Annotated[int, Field(ge=0, le=2**26)]
    sha256: Hash
    key: Hash
    chunks: Annotated[list[Hash], Field(min_length=1, max_length=1025)]
