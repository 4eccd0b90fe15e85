/** Where a record is and who has seen it, said under every advice. */
import type { Care } from "../../client";
import { Icon } from "../../ui/icon";
import { Words } from "../../ui/words";
import { t } from "../../words";
import { isSeen } from "../seen";

/** Stays "not seen" until a clinician's receipt is here. `id`: undefined before it is durable. */
export function NotSeen({ care, id = "" }: { care: Care; id?: string | undefined }) {
  const diary = care.diary.value;
  const name = care.therapist.value || t("who.therapistStart");
  const place = diary.find((record) => record.id === id)?.place ?? "phone";
  const seen = isSeen(diary, id);
  return (
    <div class="notseen" aria-live="polite" data-testid={seen ? "seen" : "not-seen"}>
      <Icon name={seen ? "seen" : place} />
      <p>
        <Words
          id={seen ? "check.seen" : place === "server" ? "saved.onServer" : "saved.onPhone"}
          args={{ name }}
        />
      </p>
    </div>
  );
}
