/** The plan on paper: each exercise from start to end, its dose and its lines; no name, no diagnosis. */
import { exerciseName } from "../../library";
import { textOf } from "../../library/steps.en";
import { Figure } from "../../ui/figure/figure";
import { Page } from "../../ui/page";
import { t } from "../../words";
import { doseText } from "../dose";
import { type PatientProps, planOf } from "./today";

export function Print({ care }: PatientProps) {
  const items = planOf(care)?.value.items ?? [];
  return (
    <Page
      canGoBack
      testid="print"
      foot={
        <button
          type="button"
          class="btn main-act"
          data-testid="print-now"
          onClick={() => globalThis.print?.()}
        >
          {t("print.now")}
        </button>
      }
    >
      <h1>{t("today.print")}</h1>
      <ol class="on-paper">
        {items.map(({ note, ...item }) => (
          <li class="card">
            <Figure exercise={item.exercise} side={item.side} pose="pair" />
            <div>
              <h2>{exerciseName(item.exercise)}</h2>
              <p class="strong num">{doseText(item)}</p>
              <ol class="steps">
                {textOf(item.exercise)?.lines.map((line) => (
                  <li class="say">{line}</li>
                ))}
              </ol>
              {note && <p dir="auto">{note}</p>}
            </div>
          </li>
        ))}
      </ol>
      <p class="soft small">{t("wrong.draft")}</p>
    </Page>
  );
}
