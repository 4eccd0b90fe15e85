/** Sending that calls nobody: for the gallery and the screen tests. */
import { signal } from "@preact/signals";
import { CircleError, type Code } from "../circle/errors";
import type { Brought, Checked, Sending, Space, Stuck } from "../sending";

/** Of records of this profile's circle. */
export function stuck(code: string, n = 7): Stuck {
  return { id: `ev:2511:dGallery0Gallery0Gall:c${String(n).padStart(6, "0")}`, code };
}

export interface FakeSendingParts {
  readonly used?: number;
  readonly limit?: number;
  readonly waiting?: number;
  readonly canSeal?: boolean;
  readonly unsent?: readonly Stuck[];
  readonly unopened?: readonly Stuck[];
  readonly brought?: readonly Brought[];
  readonly checked?: Checked;
  readonly space?: Space;
  /** Bytes of the file that is packed. */
  readonly file?: Uint8Array<ArrayBuffer>;
  /** Code with which a file is refused when it is packed or taken in; "" for an error without one. */
  readonly refuses?: Code | "";
}

/** Sending as it is given; acts are noted. */
export function fakeSending(
  parts: FakeSendingParts = {},
): Sending & { readonly calls: string[]; readonly taken: Uint8Array[] } {
  const calls: string[] = [];
  const taken: Uint8Array[] = [];
  const limit = signal(parts.limit ?? 0);
  const brought = signal<readonly Brought[]>(parts.brought ?? []);
  const refuse = () => {
    if (parts.refuses === undefined) return;
    throw parts.refuses === "" ? new Error("full") : new CircleError(parts.refuses, "on purpose");
  };
  return {
    calls,
    taken,
    used: signal(parts.used ?? 1_240_000),
    limit,
    waiting: signal(parts.waiting ?? 0),
    canSeal: signal(parts.canSeal ?? true),
    unsent: signal(parts.unsent ?? []),
    unopened: signal(parts.unopened ?? []),
    brought,
    diagnose: async () => [
      ["app.build", "index-D8AD9Ty.js"],
      ["browser", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile"],
      ["clock.behind_server_s", -3_605],
      ["storage.used_bytes", 1_240_000],
      ["storage.persisted", true],
      ["link.type", "2g"],
    ],
    space: async () => parts.space,
    async keepSpace() {
      calls.push("keepSpace");
      return false;
    },
    async makeRoom() {
      calls.push("makeRoom");
      refuse();
    },
    async setLimit(bytes) {
      calls.push(`setLimit ${bytes}`);
      refuse();
      limit.value = bytes;
    },
    async check() {
      calls.push("check");
      refuse();
      return parts.checked ?? "whole";
    },
    async tryAgain() {
      calls.push("tryAgain");
      refuse();
    },
    async pack(what) {
      calls.push(`pack ${what}`);
      refuse();
      return parts.file ?? Uint8Array.from({ length: 1500 }, (_, at) => (at * 73) & 255);
    },
    async take(data) {
      calls.push(`take ${data.length}`);
      refuse();
      taken.push(data);
    },
    async drop(id) {
      calls.push(`drop ${id}`);
      brought.value = brought.peek().filter((one) => one.id !== id);
    },
    close: () => {
      calls.push("close");
    },
  };
}
