/** What stands in for Node's events does as those do. */
import { EventEmitter as NodeEmitter } from "node:events";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { EventEmitter } from "../../src/stand-ins/events.ts";

type Step = readonly [
  act: "on" | "once" | "removeListener" | "removeAllListeners" | "emit",
  type: string,
  which: number,
];
const steps = fc.array(
  fc.tuple(
    fc.constantFrom("on", "once", "removeListener", "removeAllListeners", "emit"),
    fc.constantFrom("a", "b"),
    fc.integer({ min: 0, max: 2 }),
  ),
);

/** What is heard when the steps are taken, a listener taking another one out now and then. */
function heard(emitter: NodeEmitter, script: readonly Step[]): unknown[] {
  const log: unknown[] = [];
  const listeners = [0, 1, 2].map((name) => (...args: unknown[]) => {
    log.push([name, ...args]);
    if (name === 2) emitter.removeListener("a", listeners[0] as () => void);
  });
  for (const [act, type, which] of script) {
    const listener = listeners[which] as () => void;
    if (act === "emit") log.push(emitter.emit(type, which, "more"));
    else if (act === "removeAllListeners") emitter.removeAllListeners(type);
    else emitter[act](type, listener);
    log.push(
      emitter.listenerCount(type),
      emitter.listeners(type).map((one) => listeners.indexOf(one as () => void)),
    );
  }
  return log;
}

test("whatever is listened to, the same is heard", () => {
  fc.assert(
    fc.property(steps, (script) => {
      const own = heard(new EventEmitter() as unknown as NodeEmitter, script);
      expect(own).toEqual(heard(new NodeEmitter(), script));
    }),
    {
      examples: [
        [
          [
            ["on", "a", 0],
            ["on", "a", 2],
            ["once", "a", 0],
            ["emit", "a", 0],
          ],
        ],
      ],
    },
  );
});

test("an error that nobody hears is thrown", () => {
  const emitter = new EventEmitter();
  expect(() => emitter.emit("error", new Error("unheard"))).toThrow("unheard");
  emitter.once("error", () => {});
  expect(emitter.emit("error", new Error("heard"))).toBe(true);
  expect(() => emitter.emit("error", new Error("unheard"))).toThrow("unheard");
});

test("the methods can be taken from the prototype, as the database does", () => {
  expect(Object.keys(EventEmitter.prototype)).toContain("once");
  class Child extends EventEmitter {}
  expect(new Child().on("a", () => {}).listenerCount("a")).toBe(1);
});
