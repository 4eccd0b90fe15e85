"""Whatever a function does, the event loop goes on and the next question is answered."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rejoint_server.design import javascript
from rejoint_server.design.javascript import (
    CompilationError,
    Engine,
    FunctionFailed,
    pieces,
    told,
)
from rejoint_sync.errors import BadRequest

DOCS = {"docs": [{"n": 1}, {"n": 2}]}
LOOP = "function () { while (true) {} }"


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    made = Engine(time_s=0.3)
    yield made
    await made.close()


async def two(engine: Engine) -> Any:
    return await engine.ask("filter", "doc => doc.n === 2", {}, DOCS)


async def test_runs_a_function_in_one_process_that_is_kept(engine: Engine) -> None:
    assert await two(engine) == [False, True]
    process = engine._process
    assert await engine.ask(
        "filter", "function (doc) { return this.n === doc.n; };\n", {"n": 1}, DOCS
    )
    assert engine._process is process


@pytest.mark.parametrize("source", [None, 1, {"map": "x"}, "function (", "5"])
async def test_what_is_no_function_is_the_callers_mistake(engine: Engine, source: object) -> None:
    with pytest.raises(CompilationError):
        await engine.ask("filter", source, {}, DOCS)
    assert await two(engine) == [False, True]


async def test_other_languages_are_not_run(engine: Engine) -> None:
    assert await engine.ask("filter", "() => true", {"language": "javascript"}, DOCS)
    with pytest.raises(CompilationError):
        await engine.ask("filter", "() => true", {"language": "erlang"}, DOCS)


async def test_what_a_function_throws_is_its_reason(engine: Engine) -> None:
    with pytest.raises(FunctionFailed, match=r"^TypeError: no$") as failure:
        await engine.ask("filter", "function () { throw new TypeError('no'); }", {}, DOCS)
    assert (failure.value.status, failure.value.error) == (400, "unknown_error")
    with pytest.raises(FunctionFailed, match=r'^{"a":1}$'):
        await engine.ask("filter", "function () { throw {a: 1}; }", {}, DOCS)


@pytest.mark.parametrize(
    "bent",
    [
        "Array.prototype.map = function () { return 5; }",
        "Array.prototype.map = function () { return [true]; }",
        "Array.prototype.map = function () { return [1, 2]; }",
        "Object.prototype.toJSON = function () { return {ok: [[[1]], null]}; }",
        "Object.prototype.toJSON = function () { return '\\ud800'; }",
        "Object.prototype.toJSON = function () { return undefined; }",
        "Object.prototype.toJSON = function () { return null; }",
        "Object.prototype.toJSON = function () { return 7; }",
        "Object.prototype.toJSON = function () { return 'ok'; }",
        "Object.prototype.toJSON = function () { return ['ok']; }",
    ],
)
@pytest.mark.parametrize("act", ["filter", "emits", "map"])
async def test_a_function_that_bends_the_language_fails_alone(
    engine: Engine, act: str, bent: str
) -> None:
    with pytest.raises(FunctionFailed):
        await engine.ask(act, f"({bent}, function () {{}})", {}, DOCS)
    assert await two(engine) == [False, True]


async def test_what_is_nested_too_deeply_is_not_asked_about(engine: Engine) -> None:
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    with pytest.raises(BadRequest, match="cannot be given"):
        await engine.ask("filter", "() => true", {}, {**DOCS, "req": deep})


async def test_a_loop_ends_and_the_event_loop_goes_on_meanwhile(engine: Engine) -> None:
    await two(engine)
    ticks = 0
    asked = asyncio.ensure_future(engine.ask("filter", LOOP, {}, DOCS))
    while not asked.done():
        await asyncio.sleep(0.01)
        ticks += 1
    with pytest.raises(FunctionFailed, match="took too long"):
        await asked
    assert ticks > 5
    assert await two(engine) == [False, True]


async def test_what_does_not_stop_itself_is_killed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(javascript, "_GRACE_S", -0.25)
    await engine._started()
    with pytest.raises(FunctionFailed, match="took too long"):
        await engine.ask("filter", LOOP, {}, DOCS)
    assert engine._process is None
    monkeypatch.undo()
    assert await two(engine) == [False, True]


async def test_an_answer_has_its_length(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(javascript, "ANSWER_BYTES_MAX", 1000)
    source = "function (doc) { emit('x'.repeat(5000)); }"
    with pytest.raises(FunctionFailed, match="answer is too long"):
        await engine.ask("map", source, {}, DOCS)
    assert await two(engine) == [False, True]


async def test_a_process_that_died_is_replaced(engine: Engine) -> None:
    await two(engine)
    assert engine._process is not None
    engine._process.kill()
    with pytest.raises(FunctionFailed, match="it ended"):
        await two(engine)
    assert await two(engine) == [False, True]


async def test_who_goes_away_leaves_no_answer_for_the_next(engine: Engine) -> None:
    await two(engine)
    asked = asyncio.ensure_future(engine.ask("filter", LOOP, {}, DOCS))
    await asyncio.sleep(0.05)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await two(engine) == [False, True]


async def test_questions_at_once_get_their_own_answers(engine: Engine) -> None:
    await two(engine)
    sources = [f"doc => doc.n === {n}" for n in (1, 2, 3)]
    answers = await asyncio.gather(*(engine.ask("filter", source, {}, DOCS) for source in sources))
    assert answers == [[True, False], [False, True], [False, False]]


async def test_closing_does_not_wait_for_a_function() -> None:
    engine = Engine(time_s=30)
    await two(engine)
    asked = asyncio.ensure_future(engine.ask("filter", LOOP, {}, DOCS))
    await asyncio.sleep(0.05)
    await asyncio.wait_for(engine.close(), 60)
    with pytest.raises(FunctionFailed, match="it ended"):
        await asked


async def test_closes_without_ever_having_started() -> None:
    await Engine().close()


def test_documents_go_in_pieces_of_bounded_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(javascript, "CALL_BYTES_MAX", 10)
    texts = [b"x" * 5, b"x" * 5, b"x", b"x" * 50, b"x"]
    assert pieces(texts) == [slice(0, 2), slice(2, 3), slice(3, 4), slice(4, 5)]
    assert pieces([]) == []


def test_tells_what_was_thrown_in_one_line() -> None:
    assert told("no") == "no"
    assert told({"a": [1, None]}) == '{"a":[1,null]}'
    assert len(told("x" * 5000)) == 500
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    assert told("") == told(deep) == "The function says no more."
