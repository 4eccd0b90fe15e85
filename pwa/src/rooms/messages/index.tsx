/** Messages between the person and the therapist: one list, spoken first. */
import "../../ui/styles/messages.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Care, Client } from "../../client";
import { Empty } from "../../ui/empty";
import { Page } from "../../ui/page";
import { back, go, route } from "../../ui/route";
import { addWords, t } from "../../words";
import { enCare } from "../../words/en-care";
import { saidIn } from "../talk";
import { Ready, Write } from "./compose";
import { useMedia } from "./media";
import { Speaker, type Speaking } from "./speak";
import { otherName, Thread } from "./thread";

addWords(enCare);

interface MessagesProps {
  readonly client: Client;
  readonly care: Care;
}

export function Messages({ client, care }: MessagesProps) {
  const here = route.value;
  const step = here.room === "messages" ? here.step : undefined;
  if (step === "ready") {
    return (
      <Page key="ready" canGoBack testid="ready">
        <h1>{t("msg.readyTitle")}</h1>
        <Ready client={client} care={care} done={back} />
      </Page>
    );
  }
  if (step === "write") {
    return (
      <Page key="write" canGoBack testid="write">
        <h1>{t("msg.write")}</h1>
        <Write client={client} care={care} done={back} />
      </Page>
    );
  }
  return <List key="messages" client={client} care={care} />;
}

/** The end of the list, which is where one begins: the newest stands beside the thumb. */
function Newest({ count }: { count: number }) {
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => end.current?.scrollIntoView?.({ block: "end" }));
    return () => clearTimeout(timer);
  }, [count]);
  return <div class="newest" ref={end} />;
}

function List({ client, care }: MessagesProps) {
  const media = useMedia(client, care);
  const state = useSignal<Speaking>({ at: "rest" });
  const name = otherName(care);
  const isOver = care.isOut.value;
  return (
    <Page
      canGoBack
      testid="messages"
      foot={
        !isOver && (
          <Speaker
            care={care}
            state={state}
            send={media && ((recording) => media.say({ type: "message" }, recording))}
          >
            <div class="two-btn">
              <button
                type="button"
                class="btn"
                data-testid="open-ready"
                onClick={() => go({ room: "messages", step: "ready" })}
              >
                {t("msg.ready")}
              </button>
              <button
                type="button"
                class="btn"
                data-testid="open-write"
                onClick={() => go({ room: "messages", step: "write" })}
              >
                {t("msg.write")}
              </button>
            </div>
          </Speaker>
        )
      }
    >
      <h1>{t("msg.title", { name })}</h1>
      {saidIn(care).length === 0 ? (
        <Empty icon="message" title={t("msg.none")}>
          <p class="soft">{t("msg.noneBody", { name })}</p>
        </Empty>
      ) : (
        <>
          <Thread client={client} care={care} media={media} />
          <Newest count={saidIn(care).length} />
        </>
      )}
      {client.sync.value.state === "offline" && <p class="soft small">{t("msg.wait")}</p>}
    </Page>
  );
}
