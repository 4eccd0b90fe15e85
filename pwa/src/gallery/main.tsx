/**
 * A page that shows one screen in one state: `gallery.html?state=today-first&theme=dark&language=ar`.
 * Without a state it lists them all. For the eyes of those who build; not part of the app.
 */
import "../ui/styles/all.css";
import { render } from "preact";
import { fetchTexts } from "../library/texts";
import { startRoutes } from "../ui/route";
import { ToastVoice } from "../ui/toast";
import { direction, languageTag, moreWords } from "../words";
import { fetchLanguage } from "../words/languages";
import { STATES } from "./states";

const asked = new URLSearchParams(location.search);
const html = document.documentElement;
const theme = asked.get("theme");
if (theme) html.dataset.theme = theme;

// A region counts too: `ar-EG` writes numbers in its own digits.
const language = asked.get("language") ?? "en";
await fetchLanguage(language.slice(0, 2), [language]);
await moreWords();
await moreWords("care");
await moreWords("safety");
await fetchTexts(languageTag());
html.lang = languageTag();
html.dir = direction();
startRoutes();
const root = document.getElementById("app");
if (!root) throw new Error('gallery.html has no element "app"');
const build = STATES[asked.get("state") ?? ""];
// Building a scene sets its route, so it is built once.
const scene = build?.();
render(
  scene ? (
    <>
      {scene}
      <ToastVoice />
    </>
  ) : (
    <List />
  ),
  root,
);

function List() {
  return (
    <main class="main">
      <h1>Screens</h1>
      <ul class="stack" id="states">
        {Object.keys(STATES).map((name) => (
          <li>
            <a href={`?state=${name}`} data-state={name}>
              {name}
            </a>
          </li>
        ))}
      </ul>
    </main>
  );
}
