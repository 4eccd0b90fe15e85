/** Entry: the screens first, everything that stores, seals and syncs as soon as they stand. */
import "./ui/styles/all.css";
import { render } from "preact";
import { App } from "./app";
import { openOffline } from "./client/offline";
import { findVoice } from "./ui/listen";
import { startRoutes } from "./ui/route";
import { direction, english, languageTag, speakLanguage } from "./words";

const root = document.getElementById("app");
if (!root) throw new Error('index.html has no element "app"');
speakLanguage(english(navigator.languages));
document.documentElement.lang = languageTag();
document.documentElement.dir = direction();
startRoutes();
findVoice();
render(<App loadDoor={async () => (await import("./client/open")).openDoor()} />, root);
// Without a service worker the app works as long as there is a network.
openOffline().catch(() => undefined);
