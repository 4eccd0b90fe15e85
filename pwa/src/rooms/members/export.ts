/** All that a person wrote in one circle, as a file on this phone. */
import type { Care, Opened } from "../../client";

/** The records that are this person's own, newest last, as they are shown here. */
export function ownRecords(care: Care): readonly unknown[] {
  const all: readonly Opened<unknown>[] = [
    ...care.plans.value,
    ...care.sessions.value,
    ...care.pains.value,
    ...care.notes.value,
  ];
  return all
    .filter(({ mine }) => mine)
    .map(({ id, place, value }) => ({ id, place, record: value }));
}

/** Hand the file to the browser; it leaves this phone only if its owner sends it. */
export function saveAsFile(care: Care): void {
  const text = JSON.stringify({ records: ownRecords(care) }, null, 2);
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "my-records.json";
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
