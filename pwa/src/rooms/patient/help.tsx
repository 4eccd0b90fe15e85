/** Phone and network, and "something is wrong": the two screens beside the routine. */
import type { Client } from "../../client";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { goHome } from "../../ui/route";
import { t } from "../../words";
import { StatusCards, SyncButton } from "../status";

export function Status({ client }: { client: Client }) {
  return (
    <Page canGoBack testid="status" foot={<SyncButton client={client} main />}>
      <h1>{t("status.title")}</h1>
      <StatusCards client={client} />
    </Page>
  );
}

/** Says what to do and what this app can not do; it asks nothing and tells nobody. */
export function Wrong() {
  return (
    <Page
      canGoBack
      help={false}
      testid="wrong"
      foot={
        <button type="button" class="btn wide" onClick={goHome}>
          {t("wrong.back")}
        </button>
      }
    >
      <h1>{t("wrong.title")}</h1>
      <section class="card alarm">
        <h2 class="row">
          <Icon name="call" />
          <span class="grow">{t("wrong.nowTitle")}</span>
        </h2>
        <p>{t("wrong.now")}</p>
      </section>
      <section class="card">
        <h2>{t("wrong.stopTitle")}</h2>
        <p>{t("wrong.stop")}</p>
      </section>
      <section class="card">
        <h2>{t("wrong.clinicTitle")}</h2>
        <p>{t("wrong.clinic")}</p>
      </section>
      <p class="notseen">
        <Icon name="seen" />
        <span class="grow">{t("wrong.honest")}</span>
      </p>
      <p>
        <span class="tag">{t("wrong.draft")}</span>
      </p>
    </Page>
  );
}
