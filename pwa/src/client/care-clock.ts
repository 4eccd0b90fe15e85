/**
 * What a contact with the server shows about the clock by which records were made before it.
 *
 * A record carries its moment and what had been added to the phone's clock, so what the clock said
 * itself is known. Two contacts bound when a record can have been made, its number tells the order,
 * and the last contact tells how wrong the clock is now. From the newest record back it is believed
 * that the clock ran on unchanged, until it was set: time that goes back, or a moment before the
 * earlier contact. What lies before that is believed as it stands where it can be true, else put
 * next to what came after it. So a day may be wrong, the order never is.
 */

/** A clock that is wrong by less is right enough. */
const WRONG_S = 600;

/** A record of this device, as it says. */
export interface Written {
  /** Its number in this device's feed. */
  readonly n: number;
  readonly at: number;
  /** What had been added to the phone's clock. */
  readonly off_s: number;
}

/** The server's time was seen. */
export interface Contact {
  /** Unix seconds. */
  readonly serverS: number;
  /** What is to be added to the phone's clock now. */
  readonly offsetS: number;
  /** The contact before it, unix seconds; 0 = never. */
  readonly sinceS: number;
}

/** Records `first` to `last` are to be read as moved by `shift_s`. */
export interface Repair {
  readonly first: number;
  readonly last: number;
  readonly shift_s: number;
}

/**
 * By how much records that were made between two contacts are to be moved.
 *
 * @param written Oldest first.
 */
export function repairsOf(written: readonly Written[], contact: Contact): Repair[] {
  const { serverS, offsetS, sinceS } = contact;
  const leastS = sinceS - WRONG_S;
  const shifts: number[] = [];
  let nextTrue = serverS;
  let nextRaw = serverS - offsetS;
  /** What is added to the clock in the stretch that is looked at; undefined: nobody knows yet. */
  let added: number | undefined = offsetS;
  for (let i = written.length - 1; i >= 0; i -= 1) {
    const { at, off_s } = written[i] as Written;
    const raw = at - off_s;
    const ran = added !== undefined && raw <= nextRaw + WRONG_S && raw + added >= leastS;
    if (!ran) added = at >= leastS && at <= nextTrue + WRONG_S ? off_s : nextTrue - raw;
    const shift = (added ?? 0) - off_s;
    shifts[i] = Math.abs(shift) > WRONG_S ? shift : 0;
    nextTrue = at + (shifts[i] ?? 0);
    nextRaw = raw;
  }
  return joined(written, shifts);
}

/** Neighbours that are moved alike are told at once. */
function joined(written: readonly Written[], shifts: readonly number[]): Repair[] {
  const repairs: Repair[] = [];
  for (const [i, { n }] of written.entries()) {
    const shift_s = shifts[i] ?? 0;
    const before = repairs.at(-1);
    if (shift_s === 0) continue;
    const isNext = i > 0 && shifts[i - 1] === shift_s && before?.last === written[i - 1]?.n;
    if (before !== undefined && isNext) repairs[repairs.length - 1] = { ...before, last: n };
    else repairs.push({ first: n, last: n, shift_s });
  }
  return repairs;
}
