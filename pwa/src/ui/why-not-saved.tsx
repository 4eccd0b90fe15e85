/** What stands where something could not be saved: once more, or room first. */
import { isFull } from "../full";
import { t } from "../words";
import { go } from "./route";

export function WhyNotSaved() {
  if (!isFull.value) return <p>{t("log.failed")}</p>;
  return (
    <>
      <p>{t("save.full")}</p>
      <button
        type="button"
        class="btn wide"
        data-testid="save-room"
        onClick={() => go({ room: "sending", step: "room" })}
      >
        {t("save.room")}
      </button>
    </>
  );
}
