/** Entry: the screens first, everything that stores, seals and syncs as soon as they stand. */
import "./ui/styles/all.css";
import { render } from "preact";
import { App } from "./app";
import type { Door } from "./client";
import { keepPart, keepSoon, openOffline } from "./client/offline";
import { openDoor } from "./client/open";
import { watchInstall } from "./ui/install";
import { findVoice } from "./ui/listen";
import { startRoutes } from "./ui/route";
import { direction, english, languageTag, speakLanguage, wantedLanguage } from "./words";

const root = document.getElementById("app");
if (!root) throw new Error('index.html has no element "app"');

/** Where one of these lacks nothing could be kept safely, so nothing is begun: see tools/plain.ts. */
const canKeep =
  isSecureContext && "subtle" in crypto && "indexedDB" in globalThis && "locks" in navigator;

/** Without its words the app speaks English, which it always has. */
async function speak(wanted: string): Promise<void> {
  const languages = await import("./words/languages");
  await languages.fetchLanguage(wanted, navigator.languages);
  keepPart("languages");
  keepPart(`words-${languageTag()}`);
}

/** A link leads behind the door at once: what it needs in a row is asked for at the same time. */
function fetchBehind(): Promise<unknown> {
  return Promise.all([
    import("./client/inside"),
    import("./client/joining"),
    import("./rooms/door/join"),
  ]);
}

/** Resolves when the first screen has what it needs. */
async function show(parent: HTMLElement, door: Door): Promise<void> {
  const behind = location.hash.length > 1 ? fetchBehind() : undefined;
  document.documentElement.lang = languageTag();
  document.documentElement.dir = direction();
  startRoutes();
  findVoice();
  parent.replaceChildren();
  render(<App door={door} />, parent);
  await Promise.all([door.profiles(), behind]);
}

watchInstall();
speakLanguage(english(navigator.languages));
const wanted = wantedLanguage(navigator.languages);
if (!canKeep) location.replace(`/plain.html#${wanted}`);
else {
  const door = openDoor();
  const spoken = wanted === "en" ? Promise.resolve() : speak(wanted);
  spoken
    .catch(() => undefined)
    .then(() => show(root, door))
    .catch(() => undefined)
    // First what is wanted now, then what is wanted later: over a poor link both at once are late.
    // Without a service worker the app works as long as there is a network.
    .then(openOffline)
    .then(keepSoon)
    .catch(() => undefined);
}
