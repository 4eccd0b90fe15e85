"""The built web app, served from memory of what is there, compressed ahead of time.

Files are looked up in a list made at the start, never by joining a path from a request. Names under
`assets/` carry a hash of their content and may be kept for ever; everything else is asked for anew
each time, so an update is seen at once.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rejoint_server.web.asgi import ROUTE, Answer, Receive, Scope, Send
from rejoint_sync.errors import MethodNotAllowed

FOREVER: Final = (b"cache-control", b"public, max-age=31536000, immutable")
ASK_AGAIN: Final = (b"cache-control", b"no-cache")
CONTENT_TYPES: Final[Mapping[str, bytes]] = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".ico": b"image/x-icon",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
    ".txt": b"text/plain; charset=utf-8",
    ".webmanifest": b"application/manifest+json",
    ".woff2": b"font/woff2",
}
ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
"""Best first; files of these endings are copies of the file they stand beside."""

NOT_BUILT: Final = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>Rejoint</title>"
    b"<h1>The server runs, the web app is not built yet.</h1>"
    b"<p>Run <code>make setup</code> in the project's folder, then reload this page.</p></html>\n"
)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file.

    Attributes:
        path: Where it is.
        content_type: By its ending.
        encodings: Which compressed copies stand beside it, best first.
        etag: Hash of its content.
        immutable: Whether its name carries a hash.
    """

    path: Path
    content_type: bytes
    encodings: tuple[str, ...]
    etag: bytes
    immutable: bool


def find_assets(folder: Path) -> dict[str, Asset]:
    """All files of a built web app by their path in a URL; empty when it is not built."""
    if not (folder / "index.html").is_file():
        return {}
    files = {path for path in folder.rglob("*") if path.is_file()}
    copies = tuple(ending for _, ending in ENCODINGS)
    assets = {}
    for path in files:
        if path.suffix in copies and path.with_suffix("") in files:
            continue
        name = path.relative_to(folder).as_posix()
        assets["/" if name == "index.html" else f"/{name}"] = Asset(
            path=path,
            content_type=CONTENT_TYPES.get(path.suffix, b"application/octet-stream"),
            encodings=tuple(
                coding
                for coding, ending in ENCODINGS
                if path.with_name(path.name + ending) in files
            ),
            etag=b'"' + hashlib.sha256(path.read_bytes()).hexdigest()[:32].encode() + b'"',
            immutable=name.startswith("assets/"),
        )
    return assets


class Web:
    """The ASGI app for every path that is not an endpoint.

    Args:
        folder: Of the built web app; looked at once.
    """

    def __init__(self, folder: Path) -> None:
        self._assets = find_assets(folder)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer with the file, 404 for anything else."""
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed("Only GET, HEAD allowed")
        scope[ROUTE][0] = "/{file}"
        headers = {name: bytes(value).decode("latin-1") for name, value in scope["headers"]}
        answer = self.answer(scope["path"], headers)
        await answer.send(send, head=scope["method"] == "HEAD")

    def answer(self, path: str, headers: Mapping[bytes, str]) -> Answer:
        """The file of a path, in the best encoding the client takes."""
        asset = self._assets.get(path)
        if asset is None:
            if path == "/" and not self._assets:
                return Answer(200, NOT_BUILT, (ASK_AGAIN,), CONTENT_TYPES[".html"])
            return Answer(404, b"not found\n", (), CONTENT_TYPES[".txt"])
        more = [
            FOREVER if asset.immutable else ASK_AGAIN,
            (b"etag", asset.etag),
            (b"vary", b"accept-encoding"),
        ]
        if asset.etag.decode() in headers.get(b"if-none-match", ""):
            return Answer(304, b"", tuple(more), asset.content_type)
        coding = _best(asset, headers.get(b"accept-encoding", ""))
        file = asset.path
        if coding is not None:
            more.append((b"content-encoding", coding.encode()))
            file = file.with_name(file.name + dict(ENCODINGS)[coding])
        return Answer(200, file.read_bytes(), tuple(more), asset.content_type)


def _best(asset: Asset, accepted: str) -> str | None:
    """The first of the file's encodings that the client takes; `;q=0` means not."""
    taken = set()
    for part in accepted.lower().split(","):
        coding, _, weight = part.strip().partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            taken.add(coding.strip())
    return next((coding for coding in asset.encodings if coding in taken), None)
