/** Whether a clinician has said that they saw a record, and whom to call. Pure. */
import type { Care, Opened } from "../client";
import type { AnyRecord, Contacts } from "../records.gen";

/** The newest record of a type that clinic staff wrote; what others wrote of it counts for nothing. */
export function newestOfStaff<T extends AnyRecord>(
  care: Pick<Care, "diary"> | undefined,
  type: T["type"],
): T | undefined {
  return care?.diary.value.filter((one) => one.staff && one.value.type === type).at(-1)?.value as
    | T
    | undefined;
}

/** The clinic's own emergency card; undefined when there is none. */
export function contactsOf(care: Pick<Care, "diary"> | undefined): Contacts | undefined {
  return newestOfStaff<Contacts>(care, "contacts");
}

/** Whether a receipt by a clinician names this record. */
export function isSeen(diary: readonly Opened<AnyRecord>[], id: string): boolean {
  return diary.some(
    ({ value, staff }) => staff && value.type === "heard" && value.targets.includes(id),
  );
}
