/** Small parts of the room of reminders. */
import { useSignal } from "@preact/signals";
import type { Chosen, Reminding } from "../../reminding";
import { Icon } from "../../ui/icon";
import { Banner } from "../../ui/parts";
import { t } from "../../words";
import { calendarOf, giveCalendar } from "./calendar";
import type { RemindersProps } from "./index";

/** What was chosen could not be kept; it stands on the screen still. */
export function Failed() {
  return (
    <div role="alert">
      <Banner icon="alert" tone="warn" testid="remind-lost">
        <p>{t("remind.failed")}</p>
      </Banner>
    </div>
  );
}

/** Keeps what is tapped, at once; tells when it could not. */
export function useKeeping(reminding: Reminding) {
  const failed = useSignal(false);
  const keep = (chosen: Chosen | undefined): void => {
    reminding.choose(chosen).then(
      () => {
        failed.value = false;
      },
      () => {
        failed.value = true;
      },
    );
  };
  return { hasFailed: failed.value, keep };
}

/** The way for a phone that shows no messages of this app. */
export function Calendar({ client, chosen }: RemindersProps & { readonly chosen: Chosen }) {
  const isGiven = useSignal(false);
  const give = () => {
    const now = Math.floor(Date.now() / 1000);
    giveCalendar(calendarOf(chosen, client.today.peek(), now, t("ping.neutral")));
    isGiven.value = true;
  };
  return (
    <div class="stack">
      <button type="button" class="btn wide" data-testid="remind-calendar" onClick={give}>
        <Icon name="calendar" />
        {t("remind.calendar")}
      </button>
      <p class="soft" role="status">
        {t(isGiven.value ? "remind.given" : "remind.calendarBody")}
      </p>
    </div>
  );
}
