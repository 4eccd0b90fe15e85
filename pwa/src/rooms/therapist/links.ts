/** Links of invitations that were made since the app was opened. */
import { type ReadonlySignal, signal } from "@preact/signals";

/** Links made since the app was opened, by circle: a secret is not kept longer. */
const links = signal<ReadonlyMap<string, string>>(new Map());

export const madeLinks: ReadonlySignal<ReadonlyMap<string, string>> = links;

export function rememberLink(circle: string, link: string): void {
  links.value = new Map(links.peek()).set(circle, link);
}
