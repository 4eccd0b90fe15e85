"""The items of a request and of an answer of `POST /sync`, as values.

    request   0 Begin · 1 Records · 3 Bundle · 4 Digests · 5 Wanted
    answer    0 Welcome · 1 Reached · 2 Given · 3 Receipt · 4 Notice · 5 Unequal · 6 Lacking · 9 End

Numbers that a reader does not know belong to a later time: it skips such an item. Another version
is refused as a whole, with those that are understood.

Source: docs/protocol.md, "One-request sync".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rejoint_sync.errors import BadRequest, OtherVersion
from rejoint_sync.exchange.digest import DIGEST_BYTES, MARK_BYTES, PART_BYTES, PARTS
from rejoint_sync.exchange.frames import Item

VERSION: Final = 1
ITEMS_MAX: Final = 10_000
"""Items in one request."""

SENDS_ONLY: Final = 1
"""A flag: nothing is to be given, what is brought is answered."""

DONE_TODAY: Final = 2
"""A flag: today's session is logged; it says nothing else and is kept nowhere else."""

MAY_BE_EMPTY: Final = 4
"""A flag: an answer that would only say `End(more=False)` may be status 204 without a body."""

WITHOUT_CHUNKS: Final = 8
"""A flag: chunks are neither given nor compared; the device fetches by name what is listened to."""

_CIRCLE_BYTES: Final = 20
_SESSION_BYTES: Final = 16
_BUCKET_LETTERS_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Begin:
    """First in a request, once.

    Attributes:
        cursor: As the last answer gave it; empty at first.
        budget: Most bytes of records that the answer may hold, before compression; 0 for as many
            as the server gives. At least one record is given where there is one.
        flags: Sum of `SENDS_ONLY`, `DONE_TODAY`, `MAY_BE_EMPTY` and `WITHOUT_CHUNKS`; other bits
            are ignored.
    """

    cursor: bytes = b""
    budget: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Records:
    """New documents of one circle.

    Attributes:
        circle: Its name.
        packed: As `packing.pack` made them.
        again: Whether they were acknowledged before, or are carried for somebody else.
    """

    circle: str
    packed: Sequence[Any]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Bundle:
    """A log entry with what it requires; `text` is the body of `POST /circles/{cir}/log`."""

    circle: str
    text: str


@dataclass(frozen=True, slots=True)
class Digests:
    """What the device has of one circle: each bucket with its digest."""

    circle: str
    buckets: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Second round of a comparison: the parts that differ, with what the device has of each.

    Attributes:
        circle: Its name.
        bucket: The bucket.
        parts: Number of the part and the marks in it, one after another.
    """

    circle: str
    bucket: str
    parts: Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Later:
    """An item of a later time, in its place; it is skipped, and has no receipt."""

    number: int


Asked = Records | Bundle | Digests | Wanted | Later


@dataclass(frozen=True, slots=True)
class Welcome:
    """First in an answer to a token, or to a cursor that is empty or not known.

    Attributes:
        session: 16 bytes, a login for 24 hours; empty where the device has one.
        incarnation: Of the store.
    """

    session: bytes
    incarnation: str


@dataclass(frozen=True, slots=True)
class Reached:
    """With what came before it in the answer, the device is informed up to here."""

    cursor: bytes


@dataclass(frozen=True, slots=True)
class Given:
    """Documents that are new to the device, of one circle, as `packing.pack` made them."""

    circle: str
    packed: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one item of the request that brought records or a bundle.

    Attributes:
        item: Its place in the request, `Begin` being 0.
        refused: Rows that were not taken, each with a code; all others are durable.
    """

    item: int
    refused: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the device should know.

    Attributes:
        circle: Which circle; empty for the request as a whole.
        what: `cursor`: the cursor is not known, nothing was given, compare by digests or begin
            anew; `suspended`, `waiting`, `gone`, `unavailable`: how it is with the circle.
    """

    circle: str
    what: str


@dataclass(frozen=True, slots=True)
class Unequal:
    """A bucket in which the server holds something else, with the digests of its parts."""

    circle: str
    bucket: str
    parts: bytes


@dataclass(frozen=True, slots=True)
class Lacking:
    """What the device holds of a bucket and the server does not, by mark."""

    circle: str
    bucket: str
    marks: bytes


@dataclass(frozen=True, slots=True)
class End:
    """Last in an answer; one without it was cut.

    Attributes:
        more: Whether there is more to fetch than the budget let through.
    """

    more: bool = False


Told = Welcome | Reached | Given | Receipt | Notice | Unequal | Lacking | End


# -- requests ------------------------------------------------------------------------------------


def request_items(begin: Begin, asked: Iterable[Asked] = ()) -> list[Item]:
    """The items of a request."""
    return [[0, VERSION, begin.cursor, begin.budget, begin.flags], *map(_asked_item, asked)]


def read_request(items: Sequence[Item]) -> tuple[Begin, list[Asked]]:
    """Understand the items of a request.

    Raises:
        BadRequest: They are not one that this version understands; nothing of it was done.
        OtherVersion: They are of another version.
    """
    if not items or len(items) > ITEMS_MAX or items[0][0] != 0:
        raise BadRequest(f"Expected the beginning of a request and at most {ITEMS_MAX} items.")
    return _begin(items[0]), [_asked(item) for item in items[1:]]


def _asked_item(asked: Asked) -> Item:
    match asked:
        case Records(circle, packed, again):
            return [1, _raw(circle), list(packed), int(again)]
        case Bundle(circle, text):
            return [3, _raw(circle), text]
        case Digests(circle, buckets):
            return [4, _raw(circle), [part for pair in buckets for part in pair]]
        case Wanted(circle, bucket, parts):
            return [5, _raw(circle), bucket, [part for pair in parts for part in pair]]
        case Later(number):
            return [number]


def _begin(item: Item) -> Begin:
    if len(item) > 1 and _is_count(item[1]) and item[1] != VERSION:
        raise OtherVersion("This version of one-request sync is not spoken here.", (VERSION,))
    _require(len(item) > 4 and item[1] == VERSION)  # members of a later time may follow
    _, _, cursor, budget, flags = item[:5]
    _require(type(cursor) is bytes and _is_count(budget) and _is_count(flags))
    return Begin(cursor, budget, flags)


def _asked(item: Item) -> Asked:
    _require(item[0] != 0)
    read = _ASKED.get(item[0])
    if read is None:
        return Later(item[0])
    try:
        return read(*item[1:])
    except TypeError:
        raise BadRequest("An item has too few members, or too many.") from None


def _records(circle: object, packed: object, again: object) -> Records:
    _require(type(packed) is list and again in (0, 1))
    return Records(_circle(circle), packed, bool(again))  # type: ignore[arg-type]


def _bundle(circle: object, text: object) -> Bundle:
    _require(type(text) is str)
    return Bundle(_circle(circle), str(text))


def _digests(circle: object, flat: object) -> Digests:
    pairs = _pairs(flat)
    for bucket, digest in pairs:
        _require(_is_bucket(bucket) and type(digest) is bytes and len(digest) == DIGEST_BYTES)
    return Digests(_circle(circle), pairs)


def _wanted(circle: object, bucket: object, flat: object) -> Wanted:
    pairs = _pairs(flat)
    for number, marks in pairs:
        _require(_is_count(number) and number < PARTS)
        _require(type(marks) is bytes and len(marks) % MARK_BYTES == 0)
    _require(_is_bucket(bucket))
    return Wanted(_circle(circle), str(bucket), pairs)


_ASKED: Final[dict[int, Callable[..., Asked]]] = {1: _records, 3: _bundle, 4: _digests, 5: _wanted}


# -- answers -------------------------------------------------------------------------------------


def answer_item(told: Told) -> Item:  # noqa: PLR0911  # one for each
    """The item that says it."""
    match told:
        case Welcome(session, incarnation):
            return [0, VERSION, session, incarnation]
        case Reached(cursor):
            return [1, cursor]
        case Given(circle, packed):
            return [2, _raw(circle), list(packed)]
        case Receipt(number, refused):
            return [3, number, [part for pair in refused for part in pair]]
        case Notice(circle, what):
            return [4, _raw(circle), what]
        case Unequal(circle, bucket, parts):
            return [5, _raw(circle), bucket, parts]
        case Lacking(circle, bucket, marks):
            return [6, _raw(circle), bucket, marks]
        case End(more):
            return [9, int(more)]


def read_answer_item(item: Item) -> Told | None:
    """Understand an item of an answer; None for one of a later version.

    Raises:
        BadRequest: It is not what its number says.
    """
    read = _TOLD.get(item[0])
    if read is None:
        return None
    try:
        return read(*item[1:])
    except TypeError:
        raise BadRequest("An item has too few members, or too many.") from None


def _welcome(version: object, session: object, incarnation: object) -> Welcome:
    _require(version == VERSION and type(session) is bytes and type(incarnation) is str)
    _require(len(session) in (0, _SESSION_BYTES))  # type: ignore[arg-type]
    return Welcome(session, incarnation)  # type: ignore[arg-type]


def _reached(cursor: object) -> Reached:
    _require(type(cursor) is bytes)
    return Reached(cursor)  # type: ignore[arg-type]


def _given(circle: object, packed: object) -> Given:
    _require(type(packed) is list)
    return Given(_circle(circle), packed)  # type: ignore[arg-type]


def _receipt(number: object, flat: object) -> Receipt:
    pairs = _pairs(flat)
    _require(_is_count(number))
    _require(all(_is_count(row) and type(code) is str for row, code in pairs))
    return Receipt(number, tuple(pairs))  # type: ignore[arg-type]


def _notice(circle: object, what: object) -> Notice:
    _require(type(what) is str)
    return Notice("" if circle == b"" else _circle(circle), str(what))


def _unequal(circle: object, bucket: object, parts: object) -> Unequal:
    _require(_is_bucket(bucket) and type(parts) is bytes)
    _require(len(parts) == PARTS * PART_BYTES)  # type: ignore[arg-type]
    return Unequal(_circle(circle), str(bucket), parts)  # type: ignore[arg-type]


def _lacking(circle: object, bucket: object, marks: object) -> Lacking:
    _require(_is_bucket(bucket) and type(marks) is bytes)
    _require(len(marks) % MARK_BYTES == 0)  # type: ignore[arg-type]
    return Lacking(_circle(circle), str(bucket), marks)  # type: ignore[arg-type]


def _end(more: object) -> End:
    _require(more in (0, 1))
    return End(bool(more))


_TOLD: Final[dict[int, Callable[..., Told]]] = {
    0: _welcome,
    1: _reached,
    2: _given,
    3: _receipt,
    4: _notice,
    5: _unequal,
    6: _lacking,
    9: _end,
}


def _require(holds: bool) -> None:  # noqa: FBT001  # what is asked is all that it says
    if not holds:
        raise BadRequest("An item is not what its number says.")


def _raw(circle: str) -> bytes:
    return bytes.fromhex(circle[1:])


def _circle(value: object) -> str:
    if type(value) is not bytes or len(value) != _CIRCLE_BYTES:
        raise BadRequest("Expected the 20 bytes of a circle's name.")
    return "c" + value.hex()


def _pairs(flat: object) -> list[tuple[Any, Any]]:
    if type(flat) is not list or len(flat) % 2:
        raise BadRequest("Expected pairs.")
    return list(zip(flat[::2], flat[1::2], strict=True))


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_bucket(value: object) -> bool:
    return type(value) is str and 0 < len(value) <= _BUCKET_LETTERS_MAX
