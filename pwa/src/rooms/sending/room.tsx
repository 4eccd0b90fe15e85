/** Room on this phone: how much there is, whether it is kept, and what can be let go. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Space } from "../../sending";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { go } from "../../ui/route";
import { say } from "../../ui/toast";
import { t, type WordId } from "../../words";
import type { SendingProps } from "./index";
import { Failed, sayBytes } from "./parts";

/** From this share on the phone counts as nearly full. */
const NEARLY = 0.8;

export function RoomHere({ sending }: SendingProps) {
  const space = useSignal<Space | undefined>(undefined);
  const asked = useSignal(false);
  const failed = useSignal<WordId | "">("");
  const look = async () => {
    space.value = await sending.space();
  };
  useEffect(() => void look().catch(() => undefined), []);
  const run = async (act: () => Promise<unknown>) => {
    failed.value = "";
    try {
      await act();
      await look();
    } catch {
      failed.value = "sending.failed";
    }
  };
  const keep = () =>
    run(async () => {
      asked.value = !(await sending.keepSpace());
    });
  const free = () =>
    run(async () => {
      await sending.makeRoom();
      say(t("room.freed"));
    });
  const waits = sending.waiting.value > 0;
  return (
    <Page canGoBack testid="room">
      <h1>{t("room.title")}</h1>
      <Gauge space={space.value} />
      {space.value && (
        <section class="card">
          <p class="row">
            <Icon name={space.value.isKept ? "check" : "alert"} />
            <span class="grow">{t(space.value.isKept ? "room.kept" : "room.notKept")}</span>
          </p>
          {!space.value.isKept && (
            <button type="button" class="btn wide" data-testid="room-keep" onClick={keep}>
              {t("room.keep")}
            </button>
          )}
          {asked.value && <p data-testid="room-not-kept">{t("room.asked")}</p>}
        </section>
      )}
      <section class="card">
        <p>{t("room.order")}</p>
        <p class="soft small">{t("room.freeBody")}</p>
        <button type="button" class="btn wide" data-testid="room-free" onClick={free}>
          {t("room.free")}
        </button>
      </section>
      {waits && (
        <button
          type="button"
          class="card row pad act-row"
          data-testid="room-relay"
          onClick={() => go({ room: "sending", step: "relay" })}
        >
          <Icon name="lock" />
          <span class="grow strong">{t("room.take")}</span>
          <Icon name="next" />
        </button>
      )}
      <Failed words={failed.value} />
    </Page>
  );
}

function Gauge({ space }: { space: Space | undefined }) {
  if (space === undefined) return <p>{t("room.unknown")}</p>;
  const { used, all } = space;
  const isNear = used >= all * NEARLY;
  const amounts = { used: sayBytes(used), all: sayBytes(all) };
  return (
    <>
      <section class="card">
        <p class="amount" data-testid="room-used">
          {t("room.used", amounts)}
        </p>
        <progress max={all} value={Math.min(used, all)} aria-label={t("room.used", amounts)} />
        {!isNear && <p>{t("room.fine")}</p>}
      </section>
      {isNear && (
        <Banner icon="alert" tone="warn" testid="room-near">
          <p class="strong">{t("room.near")}</p>
          <p>{t("room.nearDo")}</p>
        </Banner>
      )}
    </>
  );
}
