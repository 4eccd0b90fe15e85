/** What stands beside a record that is not as plain as others: who entered it, how its clock stood. */
import type { Opened } from "../client";
import { t } from "../words";

/** Nothing where the person told it themselves, and their clock was right. */
export function Marks({ of }: { of: Pick<Opened<unknown>, "entered" | "clock"> }) {
  const { entered, clock } = of;
  return (
    <>
      {entered && (
        <span class="tag" data-testid="entered-by">
          {t("entered.by", { name: entered.name || t("who.somebody") })}
        </span>
      )}
      {clock && (
        <span class="tag" data-testid={`clock-${clock}`}>
          {t(`clock.${clock}`)}
        </span>
      )}
    </>
  );
}
