/** Phone and network: what waits here, when the server last answered, what it did not take. */
import { useSignal } from "@preact/signals";
import type { Client } from "../client";
import { Icon } from "../ui/icon";
import { LanguageRow } from "../ui/language-row";
import { Banner } from "../ui/parts";
import { go } from "../ui/route";
import { t } from "../words";
import { sayMoment } from "../words/dates";

/** The cards of the status screen, for the patient's page and the therapist's desk alike. */
export function StatusCards({ client }: { client: Client }) {
  const { state, unsent, lastContact, refused, reason } = client.sync.value;
  const contact =
    lastContact === 0
      ? t("status.contactNever")
      : t("status.contact", { when: sayMoment(lastContact, client.today.value) });
  return (
    <>
      <div class="card list">
        <p class="row pad">
          <span class="chip phone">
            <Icon name="phone" size="s" />
            {t("place.phone")}
          </span>
          <strong class="num end" data-testid="unsent">
            {t("status.phone", { n: unsent })}
          </strong>
        </p>
        <p class="row pad">
          <span class="chip server">
            <Icon name="server" size="s" />
            {t("place.server")}
          </span>
          <span class="num end">{t("status.server", { n: onServer(client) })}</span>
        </p>
      </div>
      <div role="status" class="stack">
        <p>{contact}</p>
        <p>{t(unsent === 0 ? "status.allThere" : "status.someWait")}</p>
        {state === "offline" && (
          <Banner icon="nonet">
            <p>{t("status.offline")}</p>
          </Banner>
        )}
        {state === "trouble" && (
          <Banner icon="alert" tone="warn">
            <p>{reason}</p>
          </Banner>
        )}
      </div>
      {refused.length > 0 && (
        <section class="card" data-testid="refused">
          <h2 class="row">
            <Icon name="alert" />
            <span class="grow">{t("status.refused")}</span>
          </h2>
          <p>{t("status.refusedBody")}</p>
          <ul class="list">
            {refused.map((each) => (
              <li class="pad" key={each.id}>
                <p>{each.reason}</p>
                <p class="soft small code">{each.id}</p>
              </li>
            ))}
          </ul>
          <button
            type="button"
            class="btn wide"
            data-testid="refused-go"
            onClick={() => go({ room: "sending", step: "stuck" })}
          >
            {t("status.refusedGo")}
            <Icon name="next" />
          </button>
        </section>
      )}
      <button
        type="button"
        class="card row act-row"
        data-testid="open-sending"
        onClick={() => go({ room: "sending" })}
      >
        <Icon name="phone" />
        <span class="grow strong">{t("status.sending")}</span>
        <Icon name="next" size="s" />
      </button>
      <button
        type="button"
        class="card row act-row"
        data-testid="open-lock"
        onClick={() => go({ room: "lock" })}
      >
        <Icon name="lock" />
        <span class="grow strong">{t("status.lock")}</span>
        <Icon name="next" size="s" />
      </button>
      <LanguageRow />
    </>
  );
}

/** This person's own records that the server has answered for. */
function onServer(client: Client): number {
  return client.cares.value
    .flatMap(({ sessions, pains, notes, plans }) => [sessions, pains, notes, plans])
    .flatMap((records) => records.value.filter(({ mine, place }) => mine && place === "server"))
    .length;
}

export function SyncButton({ client, main = false }: { client: Client; main?: boolean }) {
  const asked = useSignal(false);
  const busy = asked.value || client.sync.value.state === "working";
  const run = async () => {
    if (busy) return;
    asked.value = true;
    // The outcome, good or bad, is told by the sync signal.
    await client.syncNow().catch(() => undefined);
    asked.value = false;
  };
  return (
    <button
      type="button"
      class={`btn ${main ? "main-act" : "act"}`}
      data-testid="sync-now"
      aria-disabled={busy}
      onClick={() => void run()}
    >
      <Icon name="storage" />
      {t(busy ? "status.working" : "status.try")}
    </button>
  );
}
