/**
 * What the patient's screens showed last of a circle, to be shown again before the database is read.
 *
 * It is short: of what comes every day only the newest. Nothing is decided by it: whoever counts or
 * writes waits for `loaded`.
 */
import type { Signal } from "@preact/signals";
import type { Opened, Plan } from "../client.ts";
import type { AnyRecord } from "../records.gen.ts";
import type { Fold } from "./folds.ts";
import type { Phone } from "./phone.ts";
import { drawAll, only, type Shown } from "./shown.ts";

/** How many records of what comes every day are kept. */
const DAILY_MAX = 40;
const DAILY: readonly string[] = ["session", "pain", "message", "note", "heard"];

/** What was shown; see `Care`. */
export interface View {
  readonly name: string;
  readonly therapist: string;
  readonly joined: boolean;
  readonly isOut: boolean;
  readonly closedAt: number;
  readonly diary: readonly Opened<AnyRecord>[];
}

/** What a view is made of. */
interface Viewed extends Shown {
  readonly role: string;
  readonly isOut: Signal<boolean>;
  readonly checking: Signal<boolean>;
}

/** Who sees today; therapists begin with a list of many circles. */
const PATIENTS: readonly string[] = ["patient", "caregiver"];

/** What was shown last of one circle, and how long that stands. */
export class LastView {
  readonly fold: Fold;
  /** Whether all that is stored was read, or could not be: what was shown last must not stand for it. */
  isOver = false;
  /** Resolves when it is shown, where it is known. */
  readonly shown: Promise<void>;
  /** Resolves when it can be seen: what the phone does before that is in its way. */
  readonly painted: Promise<void>;
  readonly #care: Viewed;

  constructor(care: Viewed, fold: Fold, phone: Pick<Phone, "painted"> = {}) {
    this.#care = care;
    this.fold = fold;
    this.shown = this.#show();
    this.painted = this.shown.then(() => (this.stands ? phone.painted?.() : undefined));
  }

  /** Whether it is better than what was read so far: nothing goes and comes again. */
  get stands(): boolean {
    return !this.isOver && this.fold.view !== undefined;
  }

  async #show(): Promise<void> {
    if (!PATIENTS.includes(this.#care.role)) return;
    await this.fold.ready;
    if (this.fold.view !== undefined) drawView(this.#care, this.fold.view);
  }

  /** Keep what is shown now for the next start; nothing of a summary that is not checked yet. */
  keep(): void {
    if (!this.isOver || !PATIENTS.includes(this.#care.role)) return;
    this.fold.view = this.#care.checking.value ? undefined : viewOf(this.#care);
  }
}

function viewOf({ name, therapist, joined, isOut, closedAt, diary }: Viewed): View {
  const daily = diary.value.filter(({ value }) => DAILY.includes(value.type));
  const older = new Set(daily.slice(0, -DAILY_MAX));
  return {
    name: name.value,
    therapist: therapist.value,
    joined: joined.value,
    isOut: isOut.value,
    closedAt: closedAt.value,
    diary: diary.value.filter((one) => !older.has(one as (typeof daily)[0])),
  };
}

function drawView(care: Viewed, view: View): void {
  care.name.value = view.name;
  care.therapist.value = view.therapist;
  care.joined.value = view.joined;
  care.isOut.value = view.isOut;
  care.closedAt.value = view.closedAt;
  care.plans.value = only<Plan>(view.diary, "plan");
  drawAll(care, view.diary);
}
