/** Equality of values, for runs of vectors outside a test framework. */

/**
 * Check that two values say the same: lists, bytes and objects by what is in them, members that
 * are undefined as if they were not there.
 *
 * @throws Error They do not.
 */
export function same(found: unknown, wanted: unknown, what = "value"): void {
  const [left, right] = [spelled(found), spelled(wanted)];
  if (left !== right) {
    throw new Error(`${what}: found ${left}, wanted ${right}`);
  }
}

function spelled(value: unknown): string {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return `bytes ${[...new Uint8Array(buffer, byteOffset, byteLength)]}`;
  }
  if (Array.isArray(value)) {
    return `[${value.map(spelled)}]`;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    const told = members.map(([name, member]) => `${JSON.stringify(name)}:${spelled(member)}`);
    return `{${told.sort()}}`;
  }
  return JSON.stringify(value) ?? String(value);
}
