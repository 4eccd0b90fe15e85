/**
 * Reads the screen aloud with a voice that lives on this device. Without one the button is absent:
 * a voice over the network would carry health words to others.
 */
import { signal } from "@preact/signals";
import { languageTag, t } from "../words";
import { Icon } from "./icon";

const voice = signal<SpeechSynthesisVoice | undefined>(undefined);

/** Looks for an offline voice of the app's language, now and when the device has loaded its voices. */
export function findVoice(): void {
  if (!("speechSynthesis" in globalThis)) return;
  const look = () => {
    const wanted = languageTag().slice(0, 2);
    voice.value = speechSynthesis
      .getVoices()
      .find((each) => each.localService && each.lang.startsWith(wanted));
  };
  look();
  speechSynthesis.addEventListener?.("voiceschanged", look);
}

function speakPage(): void {
  const lines = document.querySelectorAll<HTMLElement>("main h1, main h2, main p, main .say");
  const text = [...lines].map((line) => line.textContent).join(". ");
  const speech = new SpeechSynthesisUtterance(text);
  speech.voice = voice.peek() ?? null;
  speech.lang = languageTag();
  speechSynthesis.cancel();
  speechSynthesis.speak(speech);
}

export function ListenButton() {
  if (!voice.value) return null;
  return (
    <button class="btn icon" type="button" aria-label={t("act.listen")} onClick={speakPage}>
      <Icon name="listen" />
    </button>
  );
}
