"""What a server holds, asked document by document over plain HTTP, and how others are run on it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from conformance.worlds import Branch, Document, Leaves, normal

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
BIN = Path(sys.executable).parent
NAME, PASSWORD = "admin", "admin"
CLIENT_S_MAX = 60.0


@dataclass(frozen=True)
class Database:
    """A database of a server that speaks CouchDB's protocol.

    Attributes:
        server: Base of the server's URL, without name and password.
        name: Of the database.
        login: Name and password, none when the server asks for none.
    """

    server: str
    name: str
    login: tuple[str, str] | None = (NAME, PASSWORD)

    @property
    def base(self) -> str:
        """The server's URL as clients like it: with name and password."""
        who = f"{self.login[0]}:{self.login[1]}@" if self.login else ""
        return self.server.replace("://", f"://{who}")

    @property
    def url(self) -> str:
        """The database's URL, with name and password."""
        return f"{self.base}/{quote(self.name, safe='')}"

    def client(self) -> httpx.Client:
        """A connection below the database."""
        base = f"{self.server}/{quote(self.name, safe='')}"
        return httpx.Client(base_url=base, auth=self.login, timeout=CLIENT_S_MAX)

    def create(self) -> None:
        """Make it."""
        with self.client() as client:
            client.put("").raise_for_status()

    def drop(self) -> None:
        """Delete it, if it is there."""
        with self.client() as client:
            client.delete("")

    def plant(self, branches: Iterable[Branch | Document]) -> None:
        """Write revisions as a replicator does."""
        documents = [b.document() if isinstance(b, Branch) else b for b in branches]
        with self.client() as client:
            body = {"docs": documents, "new_edits": False}
            answer = client.post("/_bulk_docs", json=body)
            assert answer.status_code == 201, answer.text
            assert answer.json() == []

    def revisions(self) -> dict[str, list[str]]:
        """The leaves of every document, by its feed."""
        with self.client() as client:
            answer = client.get("/_changes", params={"style": "all_docs"})
        return {
            row["id"]: sorted(change["rev"] for change in row["changes"])
            for row in answer.json()["results"]
        }

    def leaves(self) -> Leaves:
        """Every leaf with all that it carries, document by document."""
        with self.client() as client:
            return {name: self._leaves_of(client, name) for name in self.revisions()}

    def _leaves_of(self, client: httpx.Client, name: str) -> dict[str, Document]:
        answer = client.get(
            f"/{quote(name, safe='')}",
            params={"open_revs": "all", "revs": "true", "attachments": "true"},
            headers={"accept": "application/json"},
        )
        assert answer.status_code == 200, answer.text
        return by_revision([row["ok"] for row in answer.json()])


def by_revision(documents: Iterable[Document]) -> dict[str, Document]:
    """Leaves of one document as `worlds.expected` has them."""
    return {document["_rev"]: normal(document) for document in documents}


def node(script: str, *arguments: str, told: Any = None, cwd: Path | None = None) -> Any:
    """Run a script of this folder in Node; the JSON that it prints."""
    return json.loads(run([BIN / "node", HERE / script, MODULES, *arguments], told, cwd).stdout)


def run(
    command: list[str | Path], told: Any = None, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run another client to its end, which must be a good one."""
    done = subprocess.run(
        command,
        input=None if told is None else json.dumps(told),
        capture_output=True,
        text=True,
        timeout=CLIENT_S_MAX,
        check=False,
        cwd=cwd,
        env=os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"} | environment,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done
