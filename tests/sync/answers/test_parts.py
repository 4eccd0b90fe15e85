"""Documents and attachments in parts."""

from rejoint_sync.answers.parts import document_parts, nested_part, problem_part
from rejoint_sync.attachment import Attachment
from rejoint_sync.multipart import read_parts, write_parts
from rejoint_sync.stores import Leaf

PLAIN = Attachment.of('a"b.txt', b"hello", content_type="text/plain", revpos=1)
LEAF = Leaf("1-a", (), deleted=False, tail=b"}", attachments=(PLAIN,))


def test_attachments_follow_their_document() -> None:
    parts = document_parts(LEAF, b"{}", {PLAIN.name: b"hello"})
    text = b"".join(write_parts(parts, "b"))
    document, attachment = read_parts("multipart/related; boundary=b", text)
    assert document.headers["content-type"] == "application/json"
    assert (attachment.body, attachment.filename) == (b"hello", PLAIN.name)
    assert attachment.headers["content-length"] == "5"
    assert "content-encoding" not in attachment.headers
    assert len(document_parts(LEAF, b"{}", {})) == 1


def test_what_is_kept_in_gzip_says_so() -> None:
    packed = Attachment("z", "text/plain", "md5-x", 5, 1, gzipped=True, encoded_length=7)
    leaf = Leaf("1-a", (), deleted=False, tail=b"}", attachments=(packed,))
    assert document_parts(leaf, b"{}", {"z": b"1234567"})[1].headers["Content-Encoding"] == "gzip"


def test_a_document_among_others_is_in_parts_only_when_bytes_follow() -> None:
    alone = nested_part(document_parts(LEAF, b"{}", {}), "i", {"X-Doc-Id": "a"})
    assert alone.headers == {"X-Doc-Id": "a", "Content-Type": "application/json"}
    nested = nested_part(document_parts(LEAF, b"{}", {PLAIN.name: b"hello"}), "i", {})
    assert len(read_parts(nested.headers["Content-Type"], nested.body)) == 2


def test_a_problem_is_told_in_a_part_of_its_own() -> None:
    part = problem_part({"missing": "1-a"})
    assert (part.body, part.headers["Content-Type"]) == (
        b'{"missing":"1-a"}',
        'application/json; error="true"',
    )
