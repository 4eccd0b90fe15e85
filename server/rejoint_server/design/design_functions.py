"""What design documents decide under the policy `open`: which changes pass, which writes do.

Under the policy `circles` nothing of this exists: documents are sealed, and nobody's code is run.
Functions are `filters`, `views` (their `map`, as a filter or on request) and `validate_doc_update`;
`javascript.py` runs them. Which databases have validation functions is remembered, and forgotten
when a design document may have changed, so a write costs one look into a table where there are
none.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from rejoint_server.design.javascript import Engine, FunctionFailed, pieces, told
from rejoint_sync.answers.shown import document_text, path_of
from rejoint_sync.document import Document
from rejoint_sync.errors import Forbidden, NotFound, SyncError, Unauthorized
from rejoint_sync.stores import Leaf, Store, Stored
from rejoint_sync.wire.show import DocumentOptions

_AT_ONCE: Final = 200
_DESIGN: Final = ("_design/", "_design0")
_NOBODY: Final[dict[str, dict[str, list[str]]]] = {
    name: {"names": [], "roles": []} for name in ("admins", "members")
}
_SHOWN: Final = DocumentOptions(revs=True)


@dataclass(frozen=True, slots=True)
class Function:
    """One function of a design document.

    Attributes:
        engine: What runs it.
        act: `filter` or `emits`, and for a view also `map`.
        source: As the design document has it; a string, if it is right.
        design: The design document.
        reduce: Of a view: its `reduce`; None without one.
    """

    engine: Engine
    act: str
    source: object
    design: Mapping[str, Any]
    reduce: object = None

    async def passing(
        self, found: Sequence[tuple[str, str, bytes]], req: Mapping[str, Any]
    ) -> frozenset[tuple[str, str]]:
        """Which revisions pass the filter.

        Args:
            found: Name, revision and JSON text of each.
            req: The second argument of a filter function.

        Raises:
            CompilationError, FunctionFailed: As `Engine.ask`.
        """
        passed: set[tuple[str, str]] = set()
        async for part, verdicts in self.run(self.act, [text for _, _, text in found], req=req):
            named = zip(found[part], verdicts, strict=True)
            passed |= {(name, rev) for (name, rev, _), passes in named if passes}
        return frozenset(passed)

    async def run(
        self, act: str, texts: Sequence[bytes], **more: Any
    ) -> AsyncIterator[tuple[slice, list[Any]]]:
        """Run it over documents, a bounded number of bytes at a time; one result for each."""
        for part in pieces(texts):
            docs = [orjson.Fragment(text) for text in texts[part]]
            results = await self.engine.ask(act, self.source, self.design, {"docs": docs, **more})
            yield part, results


@dataclass(frozen=True, slots=True)
class _Validator:
    source: object
    design: Mapping[str, Any]


class DesignFunctions:
    """Finds functions in design documents and runs them.

    Args:
        store: Where the design documents are.
        engine: What runs them.
    """

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store = store
        self._engine = engine
        self._validators: dict[str, tuple[_Validator, ...]] = {}
        self._changes = 0

    def forget(self, database: str) -> None:
        """A design document of this database may have changed, or the whole database."""
        self._changes += 1
        self._validators.pop(database, None)

    async def close(self) -> None:
        """End what runs functions."""
        await self._engine.close()

    def named(self, stored: Stored | None, member: str, name: str) -> Function:
        """The function of a design document.

        Args:
            stored: The design document, as it was read.
            member: `filters` or `views`.
            name: Of the function.

        Raises:
            NotFound: There is none of that name.
        """
        design = design_of(stored)
        functions = design.get(member)
        if not isinstance(functions, dict) or name not in functions:
            raise NotFound(f"missing json key: {name[:80]}")
        if member == "filters":
            return Function(self._engine, "filter", functions[name], design)
        view = functions[name] if isinstance(functions[name], dict) else {}
        return Function(self._engine, "emits", view.get("map"), design, view.get("reduce"))

    async def refusals(
        self,
        database: str,
        documents: Sequence[Document],
        *,
        new_edits: bool,
        user: Mapping[str, Any],
    ) -> Mapping[int, SyncError]:
        """Which documents the validation functions of their database refuse, by position.

        A document that the store will refuse anyway, or has already, is not shown to them. Design
        documents are not either: whoever may write them may change the functions.

        Args:
            database: Its name.
            documents: About to be written.
            new_edits: As in `Store.write`.
            user: `userCtx`: the third argument of the functions, without the database's name.

        Raises:
            NotFound: No such database.
        """
        validators = self._validators.get(database)
        if validators is None:
            validators = await self._load(database)
        if not validators:
            return {}
        pairs = await self._pairs(database, documents, new_edits=new_edits)
        body = await self._store.security(database)
        security = _NOBODY if body is None else orjson.Fragment(body)
        args = {"user": {"db": database, **user}, "security": security}
        refused: dict[int, SyncError] = {}
        for validator in validators:
            left = {number: pair for number, pair in pairs.items() if number not in refused}
            refused |= await self._refused(validator, left, args)
        return refused

    async def _load(self, database: str) -> tuple[_Validator, ...]:
        changes = self._changes
        found: list[_Validator] = []
        start, end = _DESIGN
        while True:
            page = await self._store.range(database, start, end, limit=_AT_ONCE)
            living = [stored for stored in page if not stored.leaves[0].deleted]
            designs = [design_of(stored) for stored in living]
            found += [
                _Validator(design["validate_doc_update"], design)
                for design in designs
                if "validate_doc_update" in design
            ]
            if len(page) < _AT_ONCE:
                break
            start = page[-1].id + "\0"
        validators = tuple(found)
        if changes == self._changes:
            self._validators[database] = validators
        return validators

    async def _pairs(
        self, database: str, documents: Sequence[Document], *, new_edits: bool
    ) -> dict[int, tuple[bytes, bytes]]:
        """What is to be judged: the new text of a document and the one it grew out of."""
        pairs = {}
        judged = [
            (number, document)
            for number, document in enumerate(documents)
            if not document.id.startswith("_design/")
        ]
        for begin in range(0, len(judged), _AT_ONCE):
            chunk = judged[begin : begin + _AT_ONCE]
            found = await self._store.read_many(database, [document.id for _, document in chunk])
            for number, document in chunk:
                stored = found.get(document.id)
                if _is_settled(document, stored, new_edits=new_edits):
                    continue
                older = await self._older(database, document, stored, new_edits=new_edits)
                text = b"null"
                if stored is not None and older is not None:
                    text = document_text(stored, older, _SHOWN)
                pairs[number] = (_new_text(document), text)
        return pairs

    async def _older(
        self, database: str, document: Document, stored: Stored | None, *, new_edits: bool
    ) -> Leaf | None:
        """The revision a document edits, or the nearest ancestor whose body is still here."""
        if stored is None or document.rev is None:
            return None
        path = [str(document.rev)] if new_edits else _ancestors(document)
        leaves = {leaf.rev: leaf for leaf in stored.leaves}
        known = [rev for rev in path if rev in leaves]
        if known:
            return leaves[known[0]]
        kept = await self._store.earlier(database, document.id, path)
        return next((kept[rev] for rev in path if rev in kept), None)

    async def _refused(
        self,
        validator: _Validator,
        pairs: Mapping[int, tuple[bytes, bytes]],
        args: Mapping[str, Any],
    ) -> dict[int, SyncError]:
        numbers = list(pairs)
        refused: dict[int, SyncError] = {}
        for part in pieces([new + old for new, old in pairs.values()]):
            chosen = numbers[part]
            fragments = [[orjson.Fragment(text) for text in pairs[number]] for number in chosen]
            try:
                verdicts = await self._engine.ask(
                    "validate", validator.source, validator.design, {"pairs": fragments, **args}
                )
            except SyncError as error:
                # A function that cannot be asked lets nothing pass.
                refused |= dict.fromkeys(chosen, error)
                continue
            for number, verdict in zip(chosen, verdicts, strict=True):
                if verdict is not None:
                    refused[number] = _refusal(verdict.get("thrown"))
        return refused


def design_of(stored: Stored | None) -> dict[str, Any]:
    """The members of a design document. Raises `NotFound` when it is not there or deleted."""
    if stored is None or stored.leaves[0].deleted:
        raise NotFound("missing" if stored is None else "deleted")
    members: dict[str, Any] = orjson.loads(document_text(stored, stored.leaves[0]))
    return members


def shown(stored: Stored, leaf: Leaf) -> bytes:
    """A revision as functions see it: with its history, without the bytes of attachments."""
    return document_text(stored, leaf, _SHOWN)


def _refusal(thrown: object) -> SyncError:
    if isinstance(thrown, dict) and "forbidden" in thrown:
        return Forbidden(told(thrown["forbidden"]))
    if isinstance(thrown, dict) and "unauthorized" in thrown:
        return Unauthorized(told(thrown["unauthorized"]))
    return FunctionFailed(told(thrown))


def _is_settled(document: Document, stored: Stored | None, *, new_edits: bool) -> bool:
    """Whether the store has this revision already, or will call the write a conflict."""
    leaves = [] if stored is None else [leaf.rev for leaf in stored.leaves]
    if not new_edits:
        return str(document.rev) in leaves
    if document.rev is not None:
        return str(document.rev) not in leaves
    return stored is not None and not stored.leaves[0].deleted


def _ancestors(document: Document) -> list[str]:
    leaf = Leaf(str(document.rev), document.ancestors, deleted=False, tail=b"}")
    return path_of(leaf)[1:]


def _new_text(document: Document) -> bytes:
    """A document about to be written, as functions see it."""
    head: dict[str, Any] = {"_id": document.id}
    if document.rev is not None:
        rev = document.rev
        head["_rev"] = str(rev)
        digests = [rev.digest, *document.ancestors]
        head["_revisions"] = {"start": rev.generation, "ids": digests}
    if document.attachments:
        head["_attachments"] = {
            sent.name: {"stub": True} if sent.attachment is None else sent.attachment.stub()
            for sent in document.attachments
        }
    return orjson.dumps(head)[:-1] + document.tail
