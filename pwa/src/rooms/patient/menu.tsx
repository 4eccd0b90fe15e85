/** What no day needs: reminders, the plan on paper, the phone itself. */
import { Page } from "../../ui/page";
import { t } from "../../words";
import { LinkRow } from "./link-row";
import { type PatientProps, planOf } from "./today";

export function Menu({ client, care }: PatientProps) {
  const { unsent } = client.sync.value;
  return (
    <Page canGoBack testid="more">
      <h1>{t("today.more")}</h1>
      <nav class="card list">
        <LinkRow icon="clock" label={t("today.reminders")} to={{ room: "reminders" }} />
        {planOf(care) && <LinkRow icon="paper" label={t("today.print")} to={{ room: "print" }} />}
        <LinkRow
          icon={unsent > 0 ? "phone" : "server"}
          label={t("today.status")}
          to={{ room: "status" }}
          end={unsent > 0 ? t("today.waiting", { n: unsent }) : ""}
        />
        <LinkRow icon="language" label={t("language.name")} to={{ room: "language" }} />
      </nav>
    </Page>
  );
}
