/** What others have told for this person under the wrong picture: a question, above the exercises. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Care, Client } from "../../client";
import type { Elsewhere, Waiting } from "../../elsewhere";
import { Banner } from "../../ui/parts";
import { say } from "../../ui/toast";
import { t } from "../../words";
import { inOneLine } from "../changes";

/** What somebody told under another picture and says was this person's: they alone take it in. */
export function HandedCards({ client, care }: { client: Client; care: Care }) {
  const waiting = useSignal<readonly Waiting[]>([]);
  const failed = useSignal(false);
  const port = useSignal<Elsewhere | undefined>(undefined);
  useEffect(() => {
    const load = async () => {
      port.value = await client.elsewhere();
      waiting.value = await port.value.waiting();
    };
    load().catch(() => undefined);
  }, [client]);
  const answer = async ({ id, told }: Waiting, isMine: boolean) => {
    try {
      const known = [...care.sessions.peek(), ...care.pains.peek()];
      const isThere = known.some(
        ({ mine, value }) => mine && value.performed_at === told?.performed_at,
      );
      if (isMine && told && !isThere) await client.write(care.circle, told);
      await port.peek()?.drop(id);
      waiting.value = waiting.peek().filter((one) => one.id !== id);
      if (isMine && told) say(t("told.mineDone"));
    } catch {
      failed.value = true;
    }
  };
  return (
    <>
      {waiting.value.map((one) => (
        <HandedCard key={one.id} one={one} today={client.today.value} answer={answer} />
      ))}
      <div role="alert">
        {failed.value && (
          <Banner icon="alert" tone="bad" testid="save-failed">
            <p>{t("log.failed")}</p>
          </Banner>
        )}
      </div>
    </>
  );
}

interface HandedCardProps {
  readonly one: Waiting;
  readonly today: string;
  readonly answer: (one: Waiting, isMine: boolean) => Promise<void>;
}

function HandedCard({ one, today, answer }: HandedCardProps) {
  const { told } = one;
  return (
    <section class="card stack" data-testid="handed">
      <h2>{t("told.mineAsk")}</h2>
      <p>{t(told ? "told.mineBody" : "told.mineBare")}</p>
      {told && <p class="strong">{inOneLine({ ...told, lam: 1, at: 0, tz_min: 0 }, today)}</p>}
      <div class="two-btn">
        {told && (
          <button
            type="button"
            class="btn act"
            data-testid="handed-yes"
            onClick={() => void answer(one, true)}
          >
            {t("told.mineYes")}
          </button>
        )}
        <button
          type="button"
          class="btn"
          data-testid="handed-no"
          onClick={() => void answer(one, false)}
        >
          {t(told ? "told.mineNo" : "act.next")}
        </button>
      </div>
    </section>
  );
}
