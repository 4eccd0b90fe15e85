import json

import apsw
import pytest

from rejoint_sync.attachment import Attachment
from rejoint_sync.revision import Revision
from rejoint_sync.revtree import Branch, Tree
from rejoint_sync.stores.sqlite_rows import (
    ancestors_of,
    attachments_of,
    column_of,
    older_of,
    row_of,
    select,
    tree_of,
)

ONE = Branch(Revision(1, "a"))
LONG = Branch(Revision(12, "l"), ("k", "j"))
GONE = Branch(Revision(3, "c"), ("b",), deleted=True)


@pytest.mark.parametrize("tree", [(ONE,), (LONG,), (GONE,), (LONG, ONE, GONE)])
def test_a_tree_comes_back_from_its_row(tree: Tree) -> None:
    assert tree_of(row_of(tree)) == tree


def test_a_document_without_conflicts_has_no_others() -> None:
    assert row_of((GONE,)) == ("3-c", ',"b"', 1, None)


def test_others_hold_the_losers_by_rank() -> None:
    assert row_of((LONG, ONE, GONE))[3] == '[["1-a","",0],["3-c",",\\"b\\"",1]]'


def test_older_is_pasted_after_a_digest() -> None:
    assert older_of(LONG) == ',"k","j"'
    assert ancestors_of(older_of(LONG)) == ("k", "j")
    assert ancestors_of(older_of(ONE)) == ()


def test_select_leaves_no_statement_open() -> None:
    """An open read would keep the WAL from being folded into the file."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE t(a)")
    connection.executemany("INSERT INTO t VALUES(?)", [(1,), (2,)])
    assert select(connection, "SELECT a FROM t WHERE a > ?", (0,)) == [(1,), (2,)]
    connection.execute("DROP TABLE t")  # refused while a read is open


def test_attachments_stand_as_stubs_and_in_full() -> None:
    attachments = (
        Attachment.of("a\nb", b"hi", content_type="text/plain", revpos=2),
        Attachment("é", "x/y", "md5-z", length=9, revpos=1, gzipped=True, encoded_length=4),
    )
    column = column_of(attachments)
    assert column is not None
    stubs = column.partition("\n")[0]
    assert json.loads(stubs) == {one.name: one.stub() for one in attachments}
    assert attachments_of(column) == attachments
    assert [one.blob for one in attachments_of(column)] == [one.blob for one in attachments]


def test_no_attachments_are_nothing() -> None:
    assert column_of(()) is None
    assert attachments_of(None) == ()
