"""One option of one route, and what is looked at in an answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from server.scene import Scene

Pick = Callable[[httpx.Response], Any]


@dataclass(frozen=True)
class Case:
    """One option on one route.

    Attributes:
        method: Of the route.
        template: Of the route.
        kind: `options`, `members` or `headers`.
        name: Of the option.
        value: What it is set to; of a query as text, of a member as JSON.
        pick: What is looked at in the answer.
        expected: What it then is; a function tells whether it is right.
        path: Of the request.
        others: Query in both requests.
        body: JSON body in both requests.
        raw: Body in both requests, as it is.
        headers: In both requests.
        is_open: Nobody needs to log in; else who does not is nobody.
    """

    method: str
    template: str
    kind: str
    name: str
    value: Any
    pick: Pick
    expected: Any
    path: str
    others: str = ""
    body: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    is_open: bool = True

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Which option it is."""
        return (self.method, self.template, self.kind, self.name)

    async def ask(self, couch: Scene, *, given: bool) -> httpx.Response:
        """The request with the option, or without."""
        query, body, headers = self.others, self.body, dict(self.headers)
        if given and self.kind == "options":
            query = "&".join(filter(None, (query, f"{self.name}={quote(self.value)}")))
        if given and self.kind == "members":
            body = {**(body or {}), self.name: self.value}
        if given and self.kind == "headers":
            headers[self.name] = self.value
        more: dict[str, Any] = {"headers": headers}
        if self.raw is not None:
            more["content"] = self.raw
        elif body is not None:
            more["json"] = body
        return await couch.ask(self.method, f"{self.path}?{query}" if query else self.path, **more)


def status(answer: httpx.Response) -> int:
    return answer.status_code


def value(answer: httpx.Response) -> Any:
    return answer.json()


def kind_of(answer: httpx.Response) -> str:
    return answer.headers["content-type"].partition(";")[0]


def ids(answer: httpx.Response) -> list[str]:
    members = answer.json()
    rows = members.get("rows", members.get("results", []))
    return [row.get("id", row.get("db_name", row.get("key"))) for row in rows]


def names(answer: httpx.Response) -> list[str]:
    return [row["key"] if isinstance(row, dict) else row for row in answer.json()]


def doc_of(name: str, *path: str) -> Pick:
    """A member of the document in the row of that name; None without one."""

    def pick(answer: httpx.Response) -> Any:
        members = answer.json()
        for row in members.get("rows", members.get("results", [])):
            if row["id"] == name:
                found = row.get("doc") or (row.get("docs") or [{}])[0].get("ok") or {}
                for step in path:
                    found = found.get(step) or {}
                return found or None
        return None

    return pick


def member(*path: str) -> Pick:
    def pick(answer: httpx.Response) -> Any:
        found = answer.json()
        for step in path:
            found = found.get(step) or {} if isinstance(found, dict) else {}
        return found or None

    return pick


def leaves_of(name: str) -> Pick:
    def pick(answer: httpx.Response) -> Any:
        [row] = [row for row in answer.json()["results"] if row["id"] == name]
        return [change["rev"] for change in row["changes"]]

    return pick


def revs(answer: httpx.Response) -> Any:
    members = answer.json()
    rows = members if isinstance(members, list) else members["results"][0]["docs"]
    return [row["ok"]["_rev"] if "ok" in row else row for row in rows]
