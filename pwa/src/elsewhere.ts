/** Handing what was told under the wrong picture to another person on this phone. */
import type { ProfileView } from "./client";
import type { Pain, Session } from "./records.gen";

/** What is handed on: what the person told, without the plan of the other one. */
export type Handed =
  | Pick<Session, "type" | "day" | "performed_at" | "done" | "items" | "pain" | "effort">
  | Pick<Pain, "type" | "day" | "performed_at" | "context" | "score">;

/** Something that waits for this profile. */
export interface Waiting {
  readonly id: string;
  /** Undefined where it could not be sealed for this profile: then it is only known that it was. */
  readonly told: Handed | undefined;
}

export interface Elsewhere {
  /** The other people on this phone. */
  profiles(): Promise<readonly ProfileView[]>;
  /**
   * Hand something on; resolves when it would outlive a kill. Only that person can open it.
   *
   * @param name Of the record, so that it is never there twice.
   */
  give(profile: string, name: string, told: Handed): Promise<void>;
  /** What others have handed to this profile. */
  waiting(): Promise<readonly Waiting[]>;
  /** It was taken in, or it was not theirs. */
  drop(id: string): Promise<void>;
}
