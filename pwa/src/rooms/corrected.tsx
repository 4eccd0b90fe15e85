/** Beside a record that was corrected: that it was, and what has changed. The same on both sides. */
import { t } from "../words";
import { changesOf, type Entry } from "./changes";

export function Corrected({ row, today }: { row: Entry; today: string }) {
  if (row.was === undefined) return null;
  return (
    <span class="stack" data-testid="corrected">
      <span class="tag">{t("mark.corrected")}</span>
      {changesOf(row, today).map((change) => (
        <bdi class="soft small below" key={change}>
          {change}
        </bdi>
      ))}
    </span>
  );
}
