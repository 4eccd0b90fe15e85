"""Functions of design documents are asked of a process that can be ended at any moment.

The event loop never runs them and never waits for them: a question has its time, after which the
process is killed and the next question gets a new one. A crash of the engine is an answer too.
"""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from rejoint_sync.errors import BadRequest

TIME_S_MAX: Final = 5.0
"""Longest time of one question, in seconds: CouchDB's `os_process_timeout`."""

CALL_BYTES_MAX: Final = 1_048_576
"""Documents handed to a function at once, in bytes of JSON text; one document always goes."""

ANSWER_BYTES_MAX: Final = 8_388_608
"""Longest answer of one question, in bytes of JSON text: as a request's body."""

# The engine counts its own computing; our clock counts the start of the process too.
_GRACE_S: Final = 2.0


class CompilationError(BadRequest):
    """The source is not a function."""

    error = "compilation_error"


class FunctionFailed(BadRequest):
    """A function threw what it should not, took too long or needed too much."""

    error = "unknown_error"


class Engine:
    """Asks one process after the other; it is started by the first question.

    Args:
        time_s: Longest time of one question, in seconds.
    """

    def __init__(self, time_s: float = TIME_S_MAX) -> None:
        self._time_s = time_s
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    async def ask(
        self, act: str, source: object, design: Mapping[str, Any], args: Mapping[str, Any]
    ) -> list[Any]:
        """Run one function.

        Args:
            act: What to do with it: `filter`, `emits`, `validate`, `map` or `reduce`.
            source: Text of the function, from a design document.
            design: The design document: `this` of the function.
            args: As `act` in `javascript_worker.py` takes them: a list of what it is asked about,
                and what it is given beside each.

        Returns:
            One result for each of the list, of the kind that `act` gives.

        Raises:
            BadRequest: What it would be given is nested too deeply.
            CompilationError: The source is no text, or no function.
            FunctionFailed: It threw, took longer than its time or needed more than its memory.
        """
        if not isinstance(source, str):
            raise CompilationError("A function must be text.")
        if design.get("language", "javascript") != "javascript":
            raise CompilationError("The language of a design document must be javascript.")
        members = {"act": act, "source": source.rstrip("; \t\r\n"), "design": design, "args": args}
        try:
            question = orjson.dumps(members)
        except orjson.JSONEncodeError as error:
            raise BadRequest(f"A function cannot be given this: {error}") from error
        async with self._turn:
            answer = await self._answer(question)
        if "ok" in answer:
            return _checked(act, args, answer["ok"])
        if "compile" in answer:
            raise CompilationError(str(answer["compile"])[:500])
        if "thrown" in answer:
            raise FunctionFailed(told(answer["thrown"]))
        raise FunctionFailed(f"The function was stopped: {answer.get('failed', 'it ended')}.")

    async def close(self) -> None:
        """End the process, if there is one, and what it is being asked."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        async with self._turn:
            await self._end()

    async def _answer(self, question: bytes) -> dict[str, Any]:
        """One line there, one line back; whatever comes between them costs the process its life."""
        try:
            async with asyncio.timeout(self._time_s + _GRACE_S):
                process = await self._started()
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(question + b"\n")
                await process.stdin.drain()
                answer = orjson.loads(await process.stdout.readuntil())
                # A function may have bent how the language writes JSON: any value may come.
                return answer if isinstance(answer, dict) else {"failed": "its answer is no answer"}
        except TimeoutError:
            await self._end()
            return {"failed": "it took too long"}
        except asyncio.LimitOverrunError:
            await self._end()
            return {"failed": "its answer is too long"}
        except (OSError, asyncio.IncompleteReadError, orjson.JSONDecodeError):
            await self._end()
            return {"failed": "it ended"}
        except BaseException:
            # Cancelled in the middle: the answer that comes would be taken for the next one's.
            await self._end()
            raise

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", "rejoint_server.design.javascript_worker"),
                str(self._time_s),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=ANSWER_BYTES_MAX,
                cwd="/",
                env={},
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        # What it had still to say is read over, so that its pipes are closed with it.
        await asyncio.shield(process.communicate())


def _checked(act: str, args: Mapping[str, Any], results: object) -> list[Any]:
    """The results, if they are what `act` gives: a function may have bent the language itself."""
    asked = args[_ASKED.get(act, "docs")]
    right = _RIGHT[act]
    if not isinstance(results, list) or len(results) != len(asked) or not all(map(right, results)):
        raise FunctionFailed("The function was stopped: its answer is no answer.")
    return results


def _are_rows(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(row, list) and len(row) == _ROW_LENGTH for row in value
    )


_ROW_LENGTH: Final = 2
_ASKED: Final = {"validate": "pairs", "reduce": "groups"}
_RIGHT: Final[Mapping[str, Callable[[object], bool]]] = {
    "filter": lambda value: isinstance(value, bool),
    "emits": lambda value: isinstance(value, bool),
    "validate": lambda value: value is None or isinstance(value, dict),
    "map": _are_rows,
    "reduce": lambda _: True,
}


def told(thrown: object) -> str:
    """What a function threw, as one sentence."""
    try:
        text = thrown if isinstance(thrown, str) else orjson.dumps(thrown).decode()
    except orjson.JSONEncodeError:
        text = ""
    return text[:500] or "The function says no more."


def pieces(items: Sequence[bytes]) -> list[slice]:
    """Cut texts into runs of at most `CALL_BYTES_MAX` bytes, at least one text each.

    >>> pieces([b"a", b"b"])
    [slice(0, 2, None)]
    """
    cuts, start, size = [], 0, 0
    for number, item in enumerate(items):
        if number > start and size + len(item) > CALL_BYTES_MAX:
            cuts.append(slice(start, number))
            start, size = number, 0
        size += len(item)
    return [*cuts, slice(start, len(items))] if items else cuts
