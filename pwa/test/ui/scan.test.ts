/** Square codes are read back by what stands in for a browser's own reader. */
import { encode } from "uqr";
import { expect, test } from "vitest";
import { readCode } from "../../src/ui/read-code.ts";

/** A code as a camera would see it from the front. */
function picture(text: string, scale: number): ImageData {
  const { data: dark, size } = encode(text, { border: 2 });
  const width = size * scale;
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  for (let y = 0; y < width; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const isDark = dark[Math.floor(y / scale)]?.[Math.floor(x / scale)] === true;
      if (isDark) data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return { data, width, height: width, colorSpace: "srgb" } as ImageData;
}

test.each([
  ["a link", "https://clinic.example/#j1.c0123.AAAAAAAAAAAAAAAAAAAAAA"],
  ["keys of a phone", `rj1-pub.${"Zy3ZtYb0".repeat(38)}`],
  ["keys that withstand a quantum computer", `rj1-pub.${"Zy3ZtYb0".repeat(292)}`],
])("%s", (_, text) => {
  expect(readCode(picture(text, 4))).toBe(text);
});

test("a picture without a code says nothing", () => {
  const blank = { data: new Uint8ClampedArray(64 * 64 * 4).fill(255), width: 64, height: 64 };
  expect(readCode(blank as ImageData)).toBeUndefined();
});
