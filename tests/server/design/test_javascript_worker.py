"""One question at a time, in a context that has the language alone."""

import json
import subprocess
import sys
from typing import Any

import pytest

from rejoint_server.design.javascript_worker import answered


def ask(act: str, source: str, design: Any = None, time_s: float = 2.0, **args: Any) -> Any:
    question = {"act": act, "source": source, "design": design, "args": args}
    return json.loads(answered(json.dumps(question), time_s))


def test_a_filter_is_asked_about_each_document_with_the_request() -> None:
    source = "function (doc, req) { return doc.n > 1 && req.query.x; }"
    docs = [{"n": 1}, {"n": 2}]
    assert ask("filter", source, docs=docs, req={"query": {"x": "1"}}) == {"ok": [False, True]}
    assert ask("filter", source, docs=docs, req={"query": {}}) == {"ok": [False, False]}
    assert ask("filter", "doc => doc.n === 1", docs=docs) == {"ok": [True, False]}
    this = "function (doc) { return this.wanted === doc.n; }"
    assert ask("filter", this, {"wanted": 2}, docs=docs) == {"ok": [False, True]}


def test_a_map_as_filter_lets_pass_what_it_emits() -> None:
    source = "function (doc) { if (doc.n) { emit(doc.n, null); } }"
    assert ask("emits", source, docs=[{"n": 0}, {"n": 2}, {}]) == {"ok": [False, True, False]}


def test_a_map_gives_its_rows_and_none_for_a_document_it_fails_at() -> None:
    source = "function (doc) { emit(doc.n); emit([doc.a.b], {c: sum([1, 2]), d: isArray([])}); }"
    assert ask("map", source, docs=[{"n": 1, "a": {"b": 2}}, {"n": 3}]) == {
        "ok": [[[1, None], [[2], {"c": 3, "d": True}]], []]
    }


def test_a_reduce_is_given_keys_and_values_of_each_group() -> None:
    source = "function (keys, values, again) { return [keys, sum(values), again]; }"
    groups = [[[["k", "id"]], [1, 2]], [[], []]]
    assert ask("reduce", source, groups=groups) == {
        "ok": [[[["k", "id"]], 3, False], [[], 0, False]]
    }
    assert ask("reduce", "function () {}", groups=groups) == {"ok": [None, None]}


def test_a_validation_tells_what_it_threw_of_each_document() -> None:
    source = """function (doc, old, user, security) {
        if (doc.n === 1) { throw {forbidden: [old, user.name, security.a]}; }
        if (doc.n === 2) { throw new TypeError("no"); }
        if (doc.n === 3) { throw undefined; }
    }"""
    pairs = [[{"n": 1}, {"m": 1}], [{"n": 2}, None], [{"n": 3}, None], [{"n": 4}, None]]
    found = ask("validate", source, pairs=pairs, user={"name": "ada"}, security={"a": 5})
    assert found == {
        "ok": [
            {"thrown": {"forbidden": [{"m": 1}, "ada", 5]}},
            {"thrown": "TypeError: no"},
            {"thrown": None},
            None,
        ]
    }


@pytest.mark.parametrize("source", ["function (", "", "1", "({})", "throw 1", "null // no"])
def test_what_is_no_function_says_so(source: str) -> None:
    assert list(ask("filter", source, docs=[{}])) == ["compile"]


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("function () { while (true) {} }", {"failed": "it took too long"}),
        ("function () { try { while (1) {} } catch (e) {} }", {"failed": "it took too long"}),
        ("(function () { while (1) {} })()", {"failed": "it took too long"}),
        ("function () { return Array(1e9).fill(0); }", {"failed": "it needs too much"}),
        ("function f() { return f(); }", {"thrown": "RangeError: Maximum call stack"}),
        ("function () { throw new Error('x'); }", {"thrown": "Error: x"}),
        ("function () { throw {a: 1}; }", {"thrown": {"a": 1}}),
        ("function () { JSON.stringify = null; return nothing; }", {"thrown": "ReferenceError"}),
    ],
)
def test_what_does_not_end_well_ends(source: str, answer: dict[str, Any]) -> None:
    found = ask("filter", source, time_s=0.2, docs=[{}])
    [(kind, text)] = found.items()
    [(expected, words)] = answer.items()
    if kind == "thrown" and expected == "failed":
        kind, text = "failed", "it needs too much" if "memory" in text else text
    assert kind == expected
    assert text.startswith(words) if isinstance(words, str) else text == words


def test_nothing_is_in_reach_and_nothing_stays() -> None:
    source = """function (doc) {
        return [typeof require, typeof process, typeof std, typeof os, typeof fetch, typeof left]
            .every(function (kind) { return kind === "undefined"; }) && (left = 1);
    }"""
    for _ in range(2):
        assert ask("filter", source, docs=[{}]) == {"ok": [True]}


def test_half_a_character_is_text_like_any_other() -> None:
    source = "function (doc) { emit('\\ud800', doc._id); }"
    assert ask("map", source, docs=[{"_id": "ü"}]) == {"ok": [[["\ud800", "ü"]]]}


def test_answers_line_by_line_until_its_input_ends() -> None:
    question = {"act": "filter", "source": "doc => doc.n", "design": {}, "args": {"docs": [{}]}}
    run = subprocess.run(
        [sys.executable, "-I", "-m", "rejoint_server.design.javascript_worker", "1"],
        input=(json.dumps(question) + "\n") * 2,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert run.stdout == '{"ok":[false]}\n' * 2
