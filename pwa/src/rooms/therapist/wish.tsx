/** What a patient wishes: to rest, to stop, to have the record deleted; and the therapist's answer. */
import { useSignal } from "@preact/signals";
import type { Care, Client, Opened } from "../../client";
import type { Wish } from "../../records.gen";
import { Icon } from "../../ui/icon";
import { Marks } from "../../ui/marks";
import { Banner, PlaceChip } from "../../ui/parts";
import { endsRecord, wishOn } from "../../wishes";
import { addWords, t } from "../../words";
import { sayDay } from "../../words/dates";
import { enRecord } from "../../words/en-record";
import { erasedOn, wishLine } from "../record/standing";

addWords(enRecord);

/** The wish that holds, in a line of the list; "" while the programme goes on. */
export function wishFact(client: Client, care: Care): string {
  if (care.closedAt.value > 0) return t("wish.closed");
  const wish = wishOn(care.diary.value, client.today.value)?.value;
  return wish === undefined ? "" : lineOf(wish);
}

function lineOf(wish: Wish): string {
  if (endsRecord(wish)) return t("wish.end");
  return wish.wish === "stop" ? t("wish.stopped") : wishLine(wish);
}

/** Wishes of others, for what is new in the list. */
export function wishesTold(care: Care): number {
  return care.diary.value.filter(({ mine, value }) => !mine && value.type === "wish").length;
}

export function WishCard({ client, care }: { client: Client; care: Care }) {
  const found = wishOn(care.diary.value, client.today.value);
  const closedAt = care.closedAt.value;
  if (closedAt > 0) {
    return (
      <Banner icon="lock" tone="warn" testid="wish-closed">
        <p class="strong">{t("wish.closed")}</p>
        <p>{t("wish.closedBody", { day: erasedOn(closedAt) })}</p>
      </Banner>
    );
  }
  if (found === undefined) return null;
  const { value, place } = found;
  return (
    <section class="card" data-testid="wish">
      <h2 class="row">
        <Icon name={endsRecord(value) ? "alert" : "pause"} />
        <span class="grow">{lineOf(value)}</span>
      </h2>
      <p class="row wrap">
        <span class="grow soft">{sayDay(value.day, client.today.value)}</span>
        <Marks of={found} />
        {found.mine && <PlaceChip place={place} />}
      </p>
      {value.reason && <p>{t(`record.why_${value.reason}`)}</p>}
      {!found.mine && <Answer client={client} care={care} wish={found} />}
    </section>
  );
}

interface AnswerProps {
  readonly client: Client;
  readonly care: Care;
  readonly wish: Opened<Wish>;
}

/** "I have seen it"; for an end also the closing, in two taps. */
function Answer({ client, care, wish }: AnswerProps) {
  const state = useSignal<"" | "sure" | "busy" | "failed">("");
  const isSeen = care.diary.value.some(
    ({ mine, value }) => mine && value.type === "heard" && value.targets.includes(wish.id),
  );
  const run = async (act: () => Promise<unknown>) => {
    state.value = "busy";
    try {
      await act();
      state.value = "";
    } catch {
      state.value = "failed";
    }
  };
  const close = () => {
    if (state.peek() === "") state.value = "sure";
    else if (state.peek() !== "busy") void run(() => client.setClosed(care.circle, true));
  };
  const see = () => run(() => client.write(care.circle, { type: "heard", targets: [wish.id] }));
  return (
    <>
      {isSeen ? (
        <p class="row soft">
          <Icon name="seen" size="s" />
          {t("wish.seen")}
        </p>
      ) : (
        <button type="button" class="btn wide" data-testid="wish-see" onClick={() => void see()}>
          <Icon name="seen" />
          {t("wish.see")}
        </button>
      )}
      {endsRecord(wish.value) && (
        <>
          {state.value === "sure" && <p>{t("wish.closeSure")}</p>}
          <button type="button" class="btn wide danger" data-testid="wish-close" onClick={close}>
            {t(state.value === "busy" ? "wait.moment" : "wish.close")}
          </button>
        </>
      )}
      <div role="alert">
        {state.value === "failed" && (
          <Banner icon="alert" tone="warn" testid="wish-failed">
            <p>{t("record.needsNet")}</p>
          </Banner>
        )}
      </div>
    </>
  );
}
