/** What the room of sending shows and does, out of an opened profile. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { parseHead } from "../circle/document.ts";
import type { Bytes } from "../circle/encoding.ts";
import { pack } from "../exchange/packing.ts";
import { bodyOf, type Carried, seal } from "../exchange/relay.ts";
import { isFull } from "../full.ts";
import type { StoredDocument } from "../records.ts";
import type { Brought, Checked, Finding, Packed, Sending, Space, Stuck } from "../sending.ts";
import type { OpenCare } from "./care.ts";
import { keepHere, shedParts, spaceHere } from "./care-space.ts";
import { RELAY_PATH, takeIn } from "./carried.ts";
import { diagnose } from "./diagnosis.ts";
import { LineError } from "./line.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a comparison with the server came to. */
interface Compared {
  /** Documents that came. */
  readonly came: number;
  /** Documents that the server had lost. */
  readonly sent: number;
  /** The server lacks entries of a log. */
  readonly lostLog: boolean;
}

/** What sending needs of its profile. */
export interface Sender {
  readonly profile: { readonly id: string };
  /** Changes whenever something was sent, or was not. */
  readonly sync: ReadonlySignal<unknown>;
  /** Circles that the server knows this device in. */
  circles(): readonly OpenCare[];
  /** Compare everything with the server and mend it; undefined: it cannot be compared. */
  checkAll(): Promise<Compared | undefined>;
  syncNow(): Promise<void>;
}

export class OpenSending implements Sending {
  readonly used: ReadonlySignal<number>;
  readonly limit: ReadonlySignal<number>;
  readonly waiting: ReadonlySignal<number>;
  readonly unsent: ReadonlySignal<readonly Stuck[]>;
  readonly unopened: ReadonlySignal<readonly Stuck[]>;
  readonly brought: Signal<readonly Brought[]> = signal([]);
  readonly canSeal = signal(false);
  /** What came in a form that is none, and is not here yet. */
  readonly #misread: Signal<readonly Stuck[]> = signal([]);
  readonly #of: Sender;
  readonly #around: Surroundings;
  readonly #quiet: () => void;
  #point: string | undefined;

  private constructor(of: Sender, around: Surroundings) {
    this.#of = of;
    this.#around = around;
    this.used = around.meter.spent;
    this.limit = around.meter.limit;
    this.waiting = this.#told((care) => care.owed().length).sum;
    this.unsent = this.#told((care) => stuckOf(care.refused)).all;
    const unopened = this.#told((care) => stuckOf(care.unreadable)).all;
    this.unopened = computed(() => [...unopened.value, ...this.#misread.value]);
    this.#quiet = of.sync.subscribe(() => void this.#reread().catch(() => {}));
  }

  /** Open it; the server's key is asked for when it is not known. */
  static async open(of: Sender, around: Surroundings): Promise<OpenSending> {
    const opened = new OpenSending(of, around);
    await opened.#reread();
    if (opened.#point === undefined) void opened.#learn();
    return opened;
  }

  async setLimit(bytes: number): Promise<void> {
    await this.#around.meter.setLimit(bytes);
  }

  async check(): Promise<Checked> {
    const compared = await this.#of.checkAll();
    if (compared === undefined) return "unreached";
    if (compared.lostLog) return "lacking";
    return compared.came + compared.sent === 0 ? "whole" : "mended";
  }

  async tryAgain(): Promise<void> {
    for (const { courier } of this.#of.circles()) await courier.retry();
    await this.#of.syncNow();
  }

  async pack(what: Packed): Promise<Bytes> {
    const { keys, phone } = this.#around;
    const carried = await Promise.all(this.#of.circles().map((care) => carriedOf(care, what)));
    return seal(bodyOf(carried), keys, phone.origin, this.#point ?? "");
  }

  async take(data: Bytes): Promise<void> {
    const { shelf, clock, carriage } = this.#around;
    const taken = { point: this.#point, at: clock.serverS };
    await takeIn(shelf, this.#of.profile.id, data, taken);
    carriage.waits = true;
    await this.#reread();
    void this.#of.syncNow();
  }

  async drop(id: string): Promise<void> {
    await this.#around.shelf.remove("carried", this.#of.profile.id, id);
    await this.#reread();
  }

  async diagnose(): Promise<readonly Finding[]> {
    const { clock } = this.#around;
    const stuckHere = [...this.unsent.value, ...this.unopened.value];
    const codes = stuckHere.map(({ code }) => code);
    return diagnose({ clock, waiting: this.waiting.value, codes });
  }

  async space(): Promise<Space | undefined> {
    return spaceHere();
  }

  async keepSpace(): Promise<boolean> {
    return keepHere();
  }

  async makeRoom(): Promise<void> {
    await this.#around.chunks.clear();
    await shedParts();
    isFull.value = false;
  }

  close(): void {
    this.#quiet();
  }

  /** What is so of each circle, all together; counted anew when something changed. */
  #told<T>(tell: (care: OpenCare) => T) {
    const told = computed(() => {
      void this.#of.sync.value;
      return this.#of.circles().map((care) => {
        void care.drawn.value;
        return tell(care);
      });
    });
    return {
      all: computed(() => told.value.flat() as readonly Stuck[]),
      sum: computed(() => told.value.reduce((sum, one) => sum + Number(one), 0)),
    };
  }

  async #reread(): Promise<void> {
    const { shelf, carriage } = this.#around;
    const rows = await shelf.all("carried", this.#of.profile.id);
    this.#misread.value = await this.#rereadMisread();
    this.#point = await carriage.key();
    this.canSeal.value = this.#point !== undefined;
    this.brought.value = rows
      .map(({ id, at, bytes, state }) => ({ id, at, bytes, state }))
      .sort((one, other) => other.at - one.at);
  }

  async #rereadMisread(): Promise<Stuck[]> {
    const { misread = [] } = (await this.#around.shelf.get("exchange", this.#of.profile.id)) ?? {};
    const stuck = new Map<string, Stuck>();
    for (const [circle, id, code] of misread) {
      const care = this.#of.circles().find((one) => one.circle === circle);
      const isHere = id !== "" && (await care?.records.read(id))?.length !== 0;
      if (!isHere) stuck.set(circle + id, { id, code });
    }
    return [...stuck.values()];
  }

  async #learn(): Promise<void> {
    const { carriage } = this.#around;
    try {
      const { json } = await carriage.ask(RELAY_PATH);
      await carriage.hear((json as { readonly key?: unknown } | null)?.key);
      await this.#reread();
    } catch (error) {
      // Without a network it comes another time.
      if (!(error instanceof LineError)) throw error;
    }
  }
}

function stuckOf(codes: ReadonlyMap<string, string>): readonly Stuck[] {
  return [...codes].map(([id, code]) => ({ id, code }));
}

/** What of a circle is carried: of each record the sealing that counts, under the longest log. */
async function carriedOf(care: OpenCare, what: Packed): Promise<Carried> {
  const { circle, records, receipts, keys } = care;
  const stuck = what === "stuck" ? [...care.refused.keys()] : [];
  const ids = what === "stuck" ? stuck : care.owed();
  const leaves = await Promise.all(ids.map((id) => records.read(id)));
  const documents = leaves.flatMap((some) => newest(some, (rev) => receipts.counts(rev)));
  documents.sort((one, other) => (one._id.slice(-7) < other._id.slice(-7) ? -1 : 1));
  return { circle, packed: pack(documents, keys.id) };
}

function newest(
  leaves: readonly StoredDocument[],
  counts: (rev: string) => boolean,
): StoredDocument[] {
  const seqOf = ({ h }: StoredDocument) => parseHead(String(h)).seq;
  const counting = leaves.filter(({ _rev }) => counts(String(_rev)));
  // One that was set aside counts no more, and is what is wanted then.
  const from = counting.length > 0 ? counting : leaves;
  return [...from].sort((one, other) => seqOf(other) - seqOf(one)).slice(0, 1);
}
