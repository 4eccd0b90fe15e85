/** What a notification says, in the language of the person: made ahead, since a push finds no page. */
import type { Chosen } from "../reminding.ts";
import { enReminders } from "../words/en-reminders.ts";
import { addWords, direction, languageTag, moreWords, t } from "../words/index.ts";
import type { Slip } from "./reminding-bell.ts";

/** Under one tag at most one notification is shown. */
export const tagOf = (kind: "reminder" | "note", device: string) => `${kind} ${device}`;

/**
 * The words for each kind of ping.
 *
 * @param name Of the person, to be told only where they allowed more than neutral words; "" for none.
 */
export async function sayAll(device: string, chosen: Chosen, name: string): Promise<Slip["say"]> {
  await moreWords();
  addWords(enReminders);
  const common = {
    lang: languageTag(),
    dir: direction(),
    icon: "/icon-192.png",
    badge: "/icon-192.png",
    ...(chosen.plain && name !== "" && { body: name }),
  };
  const reminder = { ...common, tag: tagOf("reminder", device), renotify: true };
  const actions = [
    { action: "done", title: t("ping.doneAct") },
    { action: "later", title: t("ping.laterAct") },
  ];
  const time = t(chosen.plain ? "ping.plain" : "ping.neutral");
  return {
    reminder: [time, { ...reminder, actions }],
    nudge: [time, { ...reminder, actions }],
    done: [t("ping.done"), { ...reminder, renotify: false, silent: true }],
    note: [t("ping.note"), { ...common, tag: tagOf("note", device), renotify: true }],
    test: [t("ping.test"), reminder],
  };
}
