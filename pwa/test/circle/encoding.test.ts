import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { b64uDecode, b64uEncode, jcs, parseJcs, utf8 } from "../../src/circle/encoding.ts";
import { codeOf } from "./scene.ts";

describe("base64url", () => {
  test("decodes what it encodes, at every length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(b64uDecode(b64uEncode(new Uint8Array(bytes)))).toEqual(bytes);
      }),
    );
  });

  test("encodes more bytes than an argument list holds", () => {
    expect(b64uDecode(b64uEncode(new Uint8Array(300_000))).length).toBe(300_000);
  });

  test.each(["AA==", "A", "+/", "A A", "AB", "AAB", "Ä", "AA\n"])("refuses %j", async (text) => {
    expect(await codeOf(() => b64uDecode(text))).toBe("b64");
  });
});

describe("canonical JSON", () => {
  test("sorts members and writes no spaces", () => {
    const text = '{"a":[1,"x",{}],"b":{"c":9007199254740991,"d":"\\"\\\\"}}';
    const value = { b: { d: '"\\', c: 2 ** 53 - 1 }, a: [1, "x", {}] };
    expect(new TextDecoder().decode(jcs(value))).toBe(text);
    expect(parseJcs(utf8(text))).toEqual(value);
  });

  test("keeps a member named __proto__ a member", async () => {
    expect(parseJcs(utf8('{"__proto__":1}'))).toHaveProperty(["__proto__"], 1);
    expect(await codeOf(() => parseJcs(utf8('{"__proto__":true}')))).toBe("canon");
  });

  test.each([
    '{"a":1,"a":1}',
    '{"b":1,"a":1}',
    '{"a": 1}',
    '{"a":1.0}',
    '{"a":1e0}',
    '{"a":-1}',
    '{"a":-0}',
    '{"a":9007199254740992}',
    '{"a":true}',
    '{"a":null}',
    '{"a":"\\u0041"}',
    '{"a":"\\n"}',
    '{"a":"\u007f"}',
    '{"ä":1}',
    '{"a":"\\/"}',
    "\ufeff{}",
    "{}\n",
    "",
    "NaN",
    `${"[".repeat(17)}${"]".repeat(17)}`,
    "[".repeat(100_000),
  ])("refuses %j", async (text) => {
    expect(await codeOf(() => parseJcs(utf8(text)))).toBe("canon");
  });

  test("refuses bytes that are not UTF-8", async () => {
    expect(await codeOf(() => parseJcs(new Uint8Array([0x22, 0xff, 0x22])))).toBe("canon");
  });
});
