/** The therapist's side of the messages, beside what she sees of the patient. */
import "../../ui/styles/messages.css";
import { useSignal } from "@preact/signals";
import type { Care, Client } from "../../client";
import { addWords, t } from "../../words";
import { enCare } from "../../words/en-care";
import { saidIn, unheard } from "../talk";
import { Ready } from "./compose";
import { useMedia } from "./media";
import { Speaker, type Speaking } from "./speak";
import { Thread } from "./thread";

addWords(enCare);

export function TalkCard({ client, care }: { client: Client; care: Care }) {
  const media = useMedia(client, care);
  const state = useSignal<Speaking>({ at: "rest" });
  const isReady = useSignal(false);
  const news = unheard(care).length;
  const hide = () => {
    isReady.value = false;
  };
  return (
    <section class="card" data-testid="talk-card">
      <h2>
        {t("today.messages")}{" "}
        {news > 0 && <span class="tag">{t("today.newCount", { n: news })}</span>}
      </h2>
      {saidIn(care).length === 0 && <p class="soft">{t("msg.none")}</p>}
      <Thread client={client} care={care} media={media} />
      <Speaker
        care={care}
        state={state}
        send={media && ((recording) => media.say({ type: "message" }, recording))}
      >
        <button
          type="button"
          class="btn wide"
          data-testid="open-ready"
          aria-expanded={isReady.value}
          onClick={() => {
            isReady.value = !isReady.value;
          }}
        >
          {t("msg.ready")}
        </button>
      </Speaker>
      {isReady.value && <Ready client={client} care={care} done={hide} />}
    </section>
  );
}
