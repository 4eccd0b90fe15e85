/** Entry: the screens first, everything that stores, seals and syncs as soon as they stand. */
import "./ui/styles/all.css";
import { render } from "preact";
import { App } from "./app";
import type { Door } from "./client";
import { isKept, keepPart, keepSoon, openOffline } from "./client/offline";
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

async function openDoor(): Promise<Door> {
  return (await import("./client/open")).openDoor();
}

let door: Promise<Door> | undefined;

/** Begin to open the door; who asks for it again after a failure gets another try. */
function begin(): Promise<Door> {
  door ??= openDoor();
  door.catch(() => {
    door = undefined;
  });
  return door;
}

function show(parent: HTMLElement): void {
  document.documentElement.lang = languageTag();
  document.documentElement.dir = direction();
  startRoutes();
  findVoice();
  parent.replaceChildren();
  render(<App loadDoor={begin} />, parent);
  // First what is wanted now, then what is wanted later: over a poor link both at once are late.
  // Without a service worker the app works as long as there is a network.
  begin()
    .catch(() => undefined)
    .then(openOffline)
    .then(keepSoon)
    .catch(() => undefined);
}

watchInstall();
speakLanguage(english(navigator.languages));
const wanted = wantedLanguage(navigator.languages);
// What lies on this phone takes nothing from what the first screen has to fetch.
if (canKeep && isKept()) begin();
if (!canKeep) location.replace(`/plain.html#${wanted}`);
else if (wanted === "en") show(root);
else
  speak(wanted)
    .catch(() => undefined)
    .then(() => show(root));
