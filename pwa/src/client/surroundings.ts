/** What the circles of one profile share. */
import type { ProfileKeys } from "../keystore.ts";
import type { Carriage } from "./carriage.ts";
import type { Chunks } from "./chunks.ts";
import type { Clock } from "./clock.ts";
import type { Folds } from "./folds.ts";
import type { LogWriter } from "./log-writer.ts";
import type { LoggedIn } from "./login.ts";
import type { Meter } from "./meter.ts";
import type { Phone } from "./phone.ts";
import type { Road } from "./roads.ts";
import type { Shelf } from "./shelf.ts";

/** What every circle of a profile shares. */
export interface Surroundings {
  readonly phone: Phone;
  readonly shelf: Shelf;
  readonly clock: Clock;
  readonly keys: ProfileKeys;
  readonly ask: LoggedIn;
  readonly writer: LogWriter;
  readonly folds: Folds;
  readonly road: Road;
  readonly meter: Meter;
  readonly carriage: Carriage;
  readonly chunks: Chunks;
  /** Something of this circle changed that the status shows. */
  changed(circle: string): void;
}
