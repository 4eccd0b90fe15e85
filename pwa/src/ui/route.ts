/**
 * Where the person is, kept in memory and in the browser's history, never in the address.
 *
 * Addresses are seen by others (history lists, shared phones, server logs), so rooms have none. The
 * history entry holds only the room; answers given on the way live in memory alone.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { TextSet } from "../safety/approved";

export type LogStep = "before" | "after" | "done" | "which" | "why" | "pain" | "effort" | "saved";

export type Route =
  | { readonly room: "home" }
  | { readonly room: "exercise"; readonly at: number }
  | { readonly room: "log"; readonly step: LogStep }
  | { readonly room: "morning" }
  | { readonly room: "days" }
  | { readonly room: "each"; readonly at: number }
  | { readonly room: "told"; readonly id: string; readonly step?: ToldStep }
  | { readonly room: "print" }
  | { readonly room: "messages"; readonly step?: "ready" | "write" }
  | { readonly room: "better"; readonly step?: BetterStep }
  | { readonly room: "cards"; readonly card?: string }
  | { readonly room: "more" }
  | { readonly room: "status" }
  | { readonly room: "lock" }
  | { readonly room: "wrong"; readonly step?: CheckStep }
  | { readonly room: "install" }
  | { readonly room: "add" }
  | { readonly room: "contacts" }
  | { readonly room: "texts"; readonly set?: TextSet; readonly language?: string }
  | { readonly room: "patient"; readonly circle: string }
  | { readonly room: "plan"; readonly circle: string }
  | { readonly room: "paper" }
  | { readonly room: "language" }
  | { readonly room: "reminders"; readonly step?: "choose" | "ask" | "more" }
  | { readonly room: "record"; readonly circle: string; readonly step?: RecordStep }
  | { readonly room: "sending"; readonly step?: SendingStep }
  | { readonly room: "members"; readonly circle: string; readonly step?: MembersStep };

/** Which answer of something that was told is corrected, or whose it was; all of it without one. */
export type ToldStep = "day" | "done" | "before" | "worst" | "after" | "effort" | "score" | "else";

/** Which question for danger signs, counted from 0; what follows from them; or whom to call at once. */
export type CheckStep = number | "end" | "call";

/** Where in the room of one's own record; its list without one. */
export type RecordStep = "notice" | "rest" | "end" | "copy";

/** Where in the room of progress; its pictures without one. */
export type BetterStep =
  | { readonly at: "goal" }
  | { readonly at: "score"; readonly goal: string }
  | { readonly at: "peg"; readonly question: 0 | 1 | 2 };

/** Where in the room of sending; its list without one. */
export type SendingStep = "data" | "check" | "stuck" | "relay" | "bring" | "room" | "diagnosis";

/** Where in the room of members. */
export type MembersStep =
  | { readonly at: "add" }
  | { readonly at: "compare"; readonly device: string }
  | { readonly at: "remove"; readonly device: string }
  | { readonly at: "leave" }
  | { readonly at: ClinicStep };

/** What clinicians do beyond members; a room of its own code. */
export type ClinicStep =
  | "more"
  | "enrol"
  | "stop"
  | "stopped"
  | "handover"
  | "wishes"
  | "late"
  | "silent"
  | "notes"
  | "key";

export const HOME: Route = { room: "home" };

/** Steps from home; home is always the entry at 0. */
interface Entry {
  readonly route: Route;
  readonly depth: number;
}

const current = signal<Entry>({ route: HOME, depth: 0 });

export const route: ReadonlySignal<Route> = computed(() => current.value.route);

/** Begins at home and follows the back button from now on. */
export function startRoutes(): void {
  history.replaceState({ route: HOME, depth: 0 } satisfies Entry, "");
  current.value = { route: HOME, depth: 0 };
  addEventListener("popstate", (event: PopStateEvent) => {
    current.value = isEntry(event.state) ? event.state : { route: HOME, depth: 0 };
  });
}

/** One step further; "back" returns here. */
export function go(next: Route): void {
  const entry = { route: next, depth: current.peek().depth + 1 };
  history.pushState(entry, "");
  current.value = entry;
}

/** This step becomes another; "back" skips it. */
export function swap(next: Route): void {
  const entry = { route: next, depth: current.peek().depth };
  history.replaceState(entry, "");
  current.value = entry;
}

export function back(): void {
  if (current.peek().depth > 0) history.back();
  else swap(HOME);
}

export function goHome(): void {
  const { depth } = current.peek();
  if (depth > 0) history.go(-depth);
  else swap(HOME);
}

/** Shows `next` without touching the browser's history: for the gallery and tests. */
export function show(next: Route): void {
  current.value = { route: next, depth: 0 };
}

function isEntry(state: unknown): state is Entry {
  return typeof state === "object" && state !== null && "route" in state && "depth" in state;
}
