/** Phone and network. */
import type { Client } from "../../client";
import { Page } from "../../ui/page";
import { t } from "../../words";
import { StatusCards, SyncButton } from "../status";

export function Status({ client }: { client: Client }) {
  return (
    <Page canGoBack testid="status" foot={<SyncButton client={client} main />}>
      <h1>{t("today.status")}</h1>
      <StatusCards client={client} />
    </Page>
  );
}
