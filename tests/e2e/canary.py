"""Look for planted words where no plaintext may be.

What is stored is decoded before it is searched: text as UTF-8 and UTF-16, every run of base64url,
base64 or hexadecimal inside it, two levels deep. A canary found in any of these has leaked.
"""

import base64
import binascii
import contextlib
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

_RUN = re.compile(rb"[A-Za-z0-9_+/-]{12,}={0,2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")

Blob = tuple[str, bytes]


def decodings(blob: bytes, depth: int = 2) -> Iterator[bytes]:
    """The bytes themselves and everything that is written inside them in another alphabet."""
    yield blob
    yield blob.replace(b"\0", b"")
    with contextlib.suppress(zlib.error):
        yield zlib.decompressobj(-15).decompress(blob, 1 << 20)
    if depth == 0:
        return
    for run in _RUN.findall(blob):
        text = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        try:
            decoded = base64.b64decode(text + b"=" * (-len(text) % 4))
        except binascii.Error:
            continue
        yield from decodings(decoded, depth - 1)
    for run in _HEX.findall(blob):
        yield from decodings(bytes.fromhex(run.decode()), depth - 1)


def leaks(canaries: Iterable[str], blobs: Iterable[Blob]) -> list[tuple[str, str]]:
    """(where, which canary) for every canary that can be read somewhere."""
    wanted = [(word, word.encode().lower()) for word in canaries]
    found: set[tuple[str, str]] = set()
    for where, blob in blobs:
        for decoded in decodings(blob):
            lower = decoded.lower()
            found.update((where, word) for word, needle in wanted if needle in lower)
    return sorted(found)


def database_blobs(folder: Path) -> Iterator[Blob]:
    """Every column of every row of every SQLite file below, and all files raw, WAL included."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        yield f"file {path.name}", path.read_bytes()
        if path.read_bytes()[:15] == b"SQLite format 3":
            yield from _columns(path)


def _columns(path: Path) -> Iterator[Blob]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        query = "SELECT name FROM sqlite_schema WHERE type='table'"
        tables = [row[0] for row in connection.execute(query)]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    blob = value if isinstance(value, bytes) else str(value).encode()
                    yield f"table {table}", blob
    finally:
        connection.close()


# Every value of every IndexedDB store of the page's origin, as [where, text] pairs; bytes as hex.
DUMP_INDEXED_DB = """async () => {
  const found = [];
  const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  const walk = async (value, where) => {
    if (value === null || value === undefined) return;
    if (value instanceof CryptoKey) {
      found.push([where, `key extractable=${value.type !== "public" && value.extractable}`]);
    } else if (value instanceof Blob) {
      await walk(await value.arrayBuffer(), where);
    } else if (value instanceof ArrayBuffer) {
      found.push([where, hex(new Uint8Array(value))]);
    } else if (ArrayBuffer.isView(value)) {
      found.push([where, hex(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))]);
    } else if (typeof value === "object") {
      found.push([where, JSON.stringify(value)]);
      for (const [key, part] of Object.entries(value)) await walk(part, `${where}.${key}`);
    } else {
      found.push([where, String(value)]);
    }
  };
  const done = (request) => new Promise((ok, no) => {
    request.onsuccess = () => ok(request.result);
    request.onerror = () => no(request.error);
  });
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const rows = database.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([done(rows.getAllKeys()), done(rows.getAll())]);
      for (const [index, value] of values.entries()) {
        await walk(keys[index], `${name}/${store} key`);
        await walk(value, `${name}/${store}`);
      }
    }
    database.close();
  }
  for (const [key, value] of Object.entries({ ...localStorage, ...sessionStorage })) {
    found.push(["web storage", `${key} ${value}`]);
  }
  return found;
}"""
