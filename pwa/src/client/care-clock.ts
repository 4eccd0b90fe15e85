/**
 * What a contact with the server shows about the clock by which records were made before it.
 *
 * A record carries its moment and what had been added to the phone's clock, so what the clock said
 * itself is known. Two contacts bound when a record can have been made, its number tells the order,
 * and the last contact tells how wrong the clock is now. From the newest record back it is believed
 * that the clock ran on unchanged, until it was set: time that goes back, or a moment before the
 * earlier contact. What lies before that is believed as it stands where it can be true. Stretches of
 * which nothing is known are set apart evenly between what is known before and after them, however
 * many times the clock was set. So a day may be wrong, the order never is.
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
  /** The first of each stretch, by its place; true where nothing tells when it was. */
  const begins = new Map<number, boolean>();
  let isAdrift = false;
  let nextTrue = serverS;
  let nextRaw = serverS - offsetS;
  /** What is added to the clock in the stretch that is looked at; undefined: nobody knows yet. */
  let added: number | undefined = offsetS;
  for (let i = written.length - 1; i >= 0; i -= 1) {
    const { at, off_s } = written[i] as Written;
    const raw = at - off_s;
    const ran = added !== undefined && raw <= nextRaw + WRONG_S && raw + added >= leastS;
    if (!ran) {
      begins.set(i + 1, isAdrift);
      isAdrift = at < leastS || at > nextTrue + WRONG_S;
      added = isAdrift ? nextTrue - raw : off_s;
    }
    const shift = (added ?? 0) - off_s;
    shifts[i] = Math.abs(shift) > WRONG_S ? shift : 0;
    nextTrue = at + (shifts[i] ?? 0);
    nextRaw = raw;
  }
  begins.set(0, isAdrift);
  if (sinceS > 0) setApart(written, shifts, sinceS, begins);
  return joined(written, shifts);
}

/**
 * Set stretches apart that stand one after another at the end of the time they can have been made in.
 *
 * With gaps alike no day is wrong by more than the room there was, and none at all where somebody
 * tells each day.
 */
function setApart(
  written: readonly Written[],
  shifts: number[],
  sinceS: number,
  begins: ReadonlyMap<number, boolean>,
): void {
  const starts = [...begins.keys(), written.length].sort((one, other) => one - other);
  for (let s = 0; s < starts.length - 1; s += 1) {
    let count = 0;
    while (begins.get(starts[s + count] ?? -1)) count += 1;
    const first = starts[s] ?? 0;
    const timeOf = (i: number) => (written[i]?.at ?? 0) + (shifts[i] ?? 0);
    const room = timeOf(first) - (first > 0 ? timeOf(first - 1) : sinceS);
    const gap = Math.floor(Math.max(0, room) / (count + 1));
    for (let each = 0; each < count; each += 1) {
      const end = starts[s + each + 1] ?? written.length;
      for (let i = starts[s + each] ?? 0; i < end; i += 1) {
        shifts[i] = (shifts[i] ?? 0) - gap * (count - each);
      }
    }
    s += count;
  }
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
