/** Entry: the screens first, everything that stores, seals and syncs as soon as they stand. */
import "./ui/styles/all.css";
import { render } from "preact";
import { App } from "./app";
import { keepPart, keepSoon, openOffline } from "./client/offline";
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

function show(parent: HTMLElement): void {
  document.documentElement.lang = languageTag();
  document.documentElement.dir = direction();
  startRoutes();
  findVoice();
  parent.replaceChildren();
  render(<App loadDoor={async () => (await import("./client/open")).openDoor()} />, parent);
}

watchInstall();
speakLanguage(english(navigator.languages));
const wanted = wantedLanguage(navigator.languages);
if (!canKeep) location.replace(`/plain.html#${wanted}`);
else if (wanted === "en") show(root);
else
  speak(wanted)
    .catch(() => undefined)
    .then(() => show(root));
// Without a service worker the app works as long as there is a network.
openOffline()
  .then(keepSoon)
  .catch(() => undefined);
