/**
 * Two clocks: the server's, by which logs and logins are dated, and the phone's local day.
 *
 * A phone's clock is often wrong by hours or years. Each answer of the server corrects `serverMs`;
 * the correction outlives a restart. The day on which something was performed is the phone's own,
 * since that is the day its owner sees, as long as its clock is not known to be far from the truth.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Phone } from "./phone.ts";
import type { Shelf } from "./shelf.ts";

const OFFSET = "clock-offset-ms";
const CONTACT = "last-contact-s";
/** A correction smaller than this is noise of the network and not worth a write. */
const OFFSET_NOISE_MS = 2_000;
/** A clock that is wrong by less is right enough for days; see docs/adr/0031-clock-repair.md. */
const WRONG_S = 600;
/** A clock that was wrong by more is put right by its owner sooner or later, network or not. */
const FAR_MS = 30 * 86_400_000;
/** How long midnight may be missed by a phone that slept. */
const DAY_CHECK_MS = 60_000;

/** The local date of a moment, `YYYY-MM-DD`. */
export function localDay(ms: number): string {
  const date = new Date(ms);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Minutes east of UTC at a moment. */
export function zoneMinutes(ms: number): number {
  return 0 - new Date(ms).getTimezoneOffset();
}

export class Clock {
  /** When the server last answered, unix seconds by its clock; 0 = never. */
  lastContact: number;
  #offsetMs: number;
  readonly #phone: Phone;
  readonly #shelf: Shelf;

  private constructor(phone: Phone, shelf: Shelf, offsetMs: number, lastContact: number) {
    this.#phone = phone;
    this.#shelf = shelf;
    this.#offsetMs = offsetMs;
    this.lastContact = lastContact;
  }

  static async open(phone: Phone, shelf: Shelf): Promise<Clock> {
    const [offset, contact] = await Promise.all([
      shelf.get("facts", OFFSET),
      shelf.get("facts", CONTACT),
    ]);
    return new Clock(phone, shelf, offset?.value ?? 0, contact?.value ?? 0);
  }

  /** Unix seconds by the phone's own clock. */
  get phoneS(): number {
    return Math.floor(this.#phone.nowMs() / 1000);
  }

  /** Unix seconds by the server's clock, as well as known. */
  get serverS(): number {
    return Math.floor((this.#phone.nowMs() + this.#shiftMs) / 1000);
  }

  /** Seconds to add to what the phone's clock says of days and hours; 0 while it is right enough. */
  get offS(): number {
    const shiftS = Math.round(this.#shiftMs / 1000);
    return Math.abs(shiftS) > WRONG_S ? shiftS : 0;
  }

  /** The moment by which people's days are told, milliseconds since 1970. */
  get dayMs(): number {
    return this.#phone.nowMs() + this.offS * 1000;
  }

  /** Time and zone of what is recorded now. */
  get stamp(): { readonly at: number; readonly tz_min: number } {
    return { at: this.serverS, tz_min: zoneMinutes(this.dayMs) };
  }

  /** What is to be added to the phone's clock. One that was far off and makes sense again was set. */
  get #shiftMs(): number {
    const nowMs = this.#phone.nowMs();
    const lastMs = this.lastContact * 1000;
    const isFar = Math.abs(this.#offsetMs) > FAR_MS;
    const wasSet = nowMs >= lastMs && (this.#offsetMs > 0 || nowMs + this.#offsetMs < lastMs);
    return isFar && wasSet ? 0 : this.#offsetMs;
  }

  /** Year and month of sealing, `yymm`, in UTC by the server's clock. */
  get month(): string {
    return new Date(this.serverS * 1000).toISOString().slice(2, 7).replace("-", "");
  }

  /**
   * The server said that it is `serverMs`, somewhere between asking and now.
   *
   * @param askedMs The phone's clock when the request left.
   */
  heard(serverMs: number, askedMs: number): void {
    const offset = Math.round(serverMs - (askedMs + this.#phone.nowMs()) / 2);
    const contact = Math.floor(serverMs / 1000);
    if (Math.abs(offset - this.#offsetMs) > OFFSET_NOISE_MS) {
      this.#keep(OFFSET, offset);
      this.#offsetMs = offset;
    }
    if (contact > this.lastContact + 60) this.#keep(CONTACT, contact);
    this.lastContact = contact;
  }

  #keep(name: string, value: number): void {
    // Losing a correction costs one more answer of the server, so nobody waits for this write.
    this.#shelf.put("facts", { name, value }).catch(() => {});
  }
}

/** Today's local date as a signal that turns at midnight; the second value stops it. */
export function watchToday(
  phone: Phone,
  clock: Pick<Clock, "dayMs">,
): [today: ReadonlySignal<string>, stop: () => void] {
  const today = signal(localDay(clock.dayMs));
  const check = () => {
    today.value = localDay(clock.dayMs);
  };
  let cancel = () => {};
  const tick = () => {
    check();
    cancel = phone.after(DAY_CHECK_MS, tick);
  };
  tick();
  const quiet = phone.on("visible", check);
  return [
    today,
    () => {
      cancel();
      quiet();
    },
  ];
}
