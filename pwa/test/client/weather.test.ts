/** What the network does is expected; what this app does wrong stays visible. */
import { expect, test } from "vitest";
import { LineError } from "../../src/client/line.ts";
import { CircleUnavailable } from "../../src/client/outcome.ts";
import { expectWeather, isWeather } from "../../src/client/weather.ts";

test.each([
  [new LineError("down"), true],
  [new CircleUnavailable("out"), true],
  [new DOMException("aborted", "AbortError"), true],
  [{ status: 500, name: "unknown_error" }, true],
  [new TypeError("x is not a function"), false],
  [undefined, false],
])("%s: %s", (reason, expected) => {
  expect(isWeather(reason)).toBe(expected);
});

test("only weather is kept out of the log", () => {
  const target = new EventTarget();
  expectWeather(target);
  const happen = (reason: unknown) => {
    const event = Object.assign(new Event("unhandledrejection", { cancelable: true }), { reason });
    return target.dispatchEvent(event);
  };
  expect([happen(new LineError("down")), happen(new TypeError("bug"))]).toEqual([false, true]);
});
