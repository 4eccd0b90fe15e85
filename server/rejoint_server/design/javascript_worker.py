"""The process that runs functions of design documents; `javascript.py` starts it.

One question is one line of JSON on standard input, its answer one line on standard output. Each is
run in a new context, so nothing stays from one to the next. A context has the language alone: no
files, no network, no clock but `Date`, no modules. Time and memory of each are bounded here, and by
`javascript.py`, which ends the process when it does not answer.

A question is `{"act", "source", "design", "args"}`; an answer is `{"ok": value}`,
`{"compile": text}` when the source is no function, `{"thrown": value}` with what the function
threw, or `{"failed": text}` when it was stopped.
"""

import signal
import sys
from typing import Final

import quickjs

MEMORY_BYTES_MAX: Final = 268_435_456
"""Memory of one question, in bytes: more than `CALL_BYTES_MAX` of documents become when parsed."""

PRELUDE: Final = r"""
(function () {
  var parse = JSON.parse, write = JSON.stringify, run = eval, found = [];
  globalThis.emit = function (key, value) {
    found.push([key === undefined ? null : key, value === undefined ? null : value]);
  };
  globalThis.sum = function (values) {
    return values.reduce(function (left, right) { return left + right; }, 0);
  };
  globalThis.log = function () {};
  globalThis.toJSON = write;
  globalThis.isArray = Array.isArray;
  function said(error) {
    if (error instanceof Error) return error.name + ": " + error.message;
    return error === undefined ? null : error;
  }
  function emitted(fun, design, doc) {
    found = [];
    fun.call(design, doc);
    return found;
  }
  var acts = {
    filter: function (fun, design, args) {
      return args.docs.map(function (doc) { return !!fun.call(design, doc, args.req); });
    },
    emits: function (fun, design, args) {
      return args.docs.map(function (doc) { return emitted(fun, design, doc).length > 0; });
    },
    validate: function (fun, design, args) {
      return args.pairs.map(function (pair) {
        try {
          fun.call(design, pair[0], pair[1], args.user, args.security);
          return null;
        } catch (error) {
          return {thrown: said(error)};
        }
      });
    },
    map: function (fun, design, args) {
      return args.docs.map(function (doc) {
        try { return emitted(fun, design, doc); } catch (error) { return []; }
      });
    },
    reduce: function (fun, design, args) {
      return args.groups.map(function (group) {
        var value = fun.call(design, group[0], group[1], false);
        return value === undefined ? null : value;
      });
    }
  };
  return function (text) {
    var asked = parse(text), fun;
    try { fun = run("(" + asked.source + "\n)"); } catch (error) {
      return write({compile: String(said(error))});
    }
    if (typeof fun !== "function") {
      return write({compile: "Expression does not eval to a function."});
    }
    try { return write({ok: acts[asked.act](fun, asked.design, asked.args)}); } catch (error) {
      return write({thrown: said(error)});
    }
  };
})()
"""
"""What CouchDB gives to functions, as far as replication needs it, and what calls them."""


def answered(question: str, time_s: float) -> str:
    """Run one question.

    Args:
        question: One JSON object.
        time_s: Longest time of computing, in seconds.

    Returns:
        One JSON object without line ends.
    """
    context = quickjs.Context()
    context.set_memory_limit(MEMORY_BYTES_MAX)
    context.set_time_limit(time_s)
    try:
        answer = context.eval(PRELUDE)(question)
        return answer if isinstance(answer, str) else '{"failed":"no answer"}'
    except quickjs.JSException as error:
        stopped = "interrupted" in str(error)
        return '{"failed":"it took too long"}' if stopped else '{"failed":"it needs too much"}'
    except Exception:  # noqa: BLE001 - whatever a function leaves behind, the next is answered
        return '{"failed":"its answer is no JSON"}'


def main() -> None:
    """Answer line by line, until standard input ends."""
    # Who stops the server with a key stops us by closing the input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time_s = float(sys.argv[1])
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(answered(line.decode(), time_s).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
