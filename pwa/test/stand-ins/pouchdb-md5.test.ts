/** What stands in for the database's MD5. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { binaryMd5, stringMd5 } from "../../src/stand-ins/pouchdb-md5.ts";

test("a replication is named by sixteen bytes of SHA-256", async () => {
  const digest = await new Promise((resolve) => binaryMd5("from here to there", resolve));
  const hash = createHash("sha256").update("from here to there").digest();
  expect(digest).toBe(hash.subarray(0, 16).toString("base64"));
});

test("nothing that is not used is done quietly", () => {
  expect(() => binaryMd5(new Blob(["x"]), () => {})).toThrow(TypeError);
  expect(() => stringMd5()).toThrow(TypeError);
});
