"""Train a dictionary for frames: what records share, at most 2 KiB, the most useful bytes last.

    python -m vectors.make_dictionary            measure what training would give
    python -m vectors.make_dictionary --freeze   write the next number, never one that is there
    python -m vectors.make_dictionary --typescript  write the frozen one for the web app

Run in the folder tests. A frozen dictionary never changes: its number is the codec in every frame
that it packed. Segments are chosen as COVER does (Liao et al., 2016): the stretch
whose runs of `D` bytes are in most records, then again without these. Width and number are chosen
by measuring on records that were not trained on.
"""

import base64
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from vectors.dictionary_corpus import body, records

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "sync" / "rejoint_sync" / "circle" / "dictionary1.bin"
TYPESCRIPT = ROOT / "pwa" / "src" / "circle" / "dictionary1.ts"
SIZE_MAX = 2048
TRAINED_ON, MEASURED_ON = 1, 2
ROUNDS = 12
D = 6
# Names of devices, members and hashes are no two alike: no room for them.
NAMES = re.compile(rb"(?<=[a-z:\"])[A-Za-z0-9_-]{20,}(?=[:\"])")


def packed_bytes(text: bytes, dictionary: bytes) -> int:
    """Length of a raw deflate stream that begins with the dictionary."""
    if not dictionary:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    else:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, dictionary)
    return len(packer.compress(text) + packer.flush())


def segments(texts: list[bytes], width: int) -> Iterator[bytes]:
    """The most shared stretches, the best first."""
    seen = Counter(
        run for text in texts for run in {text[i : i + D] for i in range(len(text) - D + 1)}
    )
    worth = {run: count for run, count in seen.items() if count > 1}
    while worth:
        best, best_worth = b"", 0
        for text in texts:
            sums = [0]
            for i in range(len(text) - D + 1):
                sums.append(sums[-1] + worth.get(text[i : i + D], 0))
            span = min(width - D + 1, len(sums) - 1)
            for i in range(len(sums) - span):
                if sums[i + span] - sums[i] > best_worth:
                    stretch = text[i : i + span + D - 1]
                    runs = {stretch[k : k + D] for k in range(span)}
                    total = sum(worth.get(run, 0) for run in runs)
                    if total > best_worth:
                        best, best_worth = stretch, total
        if not best:
            return
        yield best
        for k in range(len(best) - D + 1):
            worth.pop(best[k : k + D], None)


def joined(parts: list[bytes]) -> bytes:
    """The best last, since near matches cost fewer bits; overlapping ends are written once."""
    whole = parts[-1]
    for after in reversed(parts[:-1]):
        overlap = next(n for n in range(len(after), -1, -1) if whole.endswith(after[:n]))
        whole += after[overlap:]
    return whole


def trained(texts: list[bytes], width: int, size: int = SIZE_MAX) -> bytes:
    """A dictionary of at most `size` bytes."""
    parts: list[bytes] = []
    for part in segments(texts, width):
        if len(joined([*parts, part])) > size:
            break
        if not any(part in other for other in parts):
            parts.append(part)
    return joined(parts)


def cost(dictionary: bytes, texts: list[bytes]) -> float:
    """Mean packed length."""
    return sum(packed_bytes(text, dictionary) for text in texts) / len(texts)


def chosen() -> bytes:
    """The best of some widths, measured on other records than it was trained on."""
    bodies = sorted({body(record) for record in records(TRAINED_ON, ROUNDS)})
    train = [part for text in bodies for part in NAMES.split(text) if part]
    other = [body(record) for record in records(MEASURED_ON, ROUNDS)]
    plain = sum(map(len, other)) / len(other)
    print(f"plain {plain:.0f} B, deflate without dictionary {cost(b'', other):.0f} B")
    found = {}
    for width in (16, 24, 32, 48, 64, 96):
        dictionary = trained(train, width)
        found[cost(dictionary, other)] = dictionary
        print(f"width {width}: {len(dictionary)} B, packed {cost(dictionary, other):.1f} B")
    assert all(a != b for a, b in pairwise(sorted(found)))
    return found[min(found)]


def typescript(dictionary: bytes) -> str:
    """The same bytes for the web app."""
    text = base64.urlsafe_b64encode(dictionary).rstrip(b"=").decode()
    return (
        "// Generated from sync/rejoint_sync/circle/dictionary1.bin by "
        "tests/vectors/make_dictionary.py.\n\n"
        "/** What records share, the dictionary of codec 1, base64url; it never changes. */\n"
        f'export const DICTIONARY_1 =\n  "{text}";\n'
    )


def main(arguments: list[str]) -> int:
    """Measure, or freeze what was measured; 1 where something is frozen already."""
    if "--typescript" in arguments:
        TYPESCRIPT.write_text(typescript(TARGET.read_bytes()))
        return 0
    dictionary = chosen()
    if "--freeze" not in arguments:
        return 0
    if TARGET.exists():
        print(f"{TARGET.name} is frozen: make another number")
        return 1
    TARGET.write_bytes(dictionary)
    TYPESCRIPT.write_text(typescript(dictionary))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
