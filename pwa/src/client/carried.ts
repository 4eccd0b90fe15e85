/**
 * Files of other phones that are carried here: kept on the shelf, brought when there is a network.
 *
 * What is in them nobody here can read. One that the server took, or will never take, is kept as a
 * line of the list alone.
 */
import type { Bytes } from "../circle/encoding.ts";
import { b64uEncode } from "../circle/encoding.ts";
import { sha256 } from "../circle/envelope.ts";
import { CircleError } from "../circle/errors.ts";
import { look, requireFor, unspelled } from "../exchange/relay.ts";
import type { LoggedIn } from "./login.ts";
import type { CarriedRow, Shelf } from "./shelf.ts";

export const RELAY_PATH = "/relay";
/** Files that are carried at once: 40 MiB at most. */
export const CARRIED_MAX = 20;
/** Lines about files that came to an end. */
const ENDED_MAX = 20;

/**
 * Take a file in.
 *
 * @param data As it was read, in either form.
 * @param point The relay key of this phone's server, where it is known.
 * @throws CircleError `schema`, `frame`, `limit`: no whole file; `target`: for another server;
 *   `limit` too where too many are carried.
 */
export async function takeIn(
  shelf: Shelf,
  profile: string,
  data: Bytes,
  { point, at }: { readonly point: string | undefined; readonly at: number },
): Promise<void> {
  const file = unspelled(data);
  const outside = await look(file);
  if (point !== undefined) await requireFor(outside, point);
  const id = b64uEncode((await sha256(file)).subarray(0, 12));
  const rows = await shelf.all("carried", profile);
  const known = rows.find((row) => row.id === id);
  // The same once more: there is nothing to add, but what was refused may be tried again.
  if (known !== undefined && known.state !== "refused") return;
  if (rows.filter(({ state }) => state === "here").length >= CARRIED_MAX) {
    throw new CircleError("limit", `at most ${CARRIED_MAX} files are carried at once`);
  }
  await shelf.put("carried", { profile, id, at, bytes: file.length, state: "here", file });
}

/**
 * Bring what is carried.
 *
 * @throws LineError The server was not reached, or could not answer; the rest waits.
 */
export async function bringAll(shelf: Shelf, profile: string, ask: LoggedIn): Promise<void> {
  const rows = await shelf.all("carried", profile);
  for (const row of rows.filter(({ state }) => state === "here")) await bring(shelf, row, ask);
  const ended = rows
    .filter(({ state }) => state !== "here")
    .sort((one, other) => other.at - one.at);
  for (const { id } of ended.slice(ENDED_MAX)) await shelf.remove("carried", profile, id);
}

async function bring(shelf: Shelf, row: CarriedRow, ask: LoggedIn): Promise<void> {
  const { file, ...line } = row;
  if (file === undefined) return;
  const { status } = await ask(RELAY_PATH, { bytes: file });
  // A server from before relay files keeps them waiting until it is a newer one.
  if (status === 404 || status === 405) return;
  await shelf.put("carried", { ...line, state: status < 300 ? "there" : "refused" });
}
