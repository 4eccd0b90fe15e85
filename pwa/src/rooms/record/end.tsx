/** The end of a record: what it means, asked once more, and what is happening then. */
import { useSignal } from "@preact/signals";
import { Page } from "../../ui/page";
import { back } from "../../ui/route";
import { wishOn } from "../../wishes";
import { t, type WordId } from "../../words";
import { consentOf } from "./consent";
import type { RecordProps } from "./index";
import { Failed, isOwn, Standing, whoIn } from "./standing";

const OWN: readonly WordId[] = ["end.closes", "end.server", "end.copies", "end.back"];
const OTHERS: readonly WordId[] = ["end.asks", "end.copies"];

export function End({ client, care }: RecordProps) {
  const state = useSignal<"" | "busy" | "failed">("");
  const wish = wishOn(care.diary.value, client.today.value)?.value;
  const isAsked = wish?.wish === "erase" || wish?.wish === "withdraw" || care.closedAt.value > 0;
  const own = isOwn(care);
  const ask = async () => {
    if (state.peek() === "busy") return;
    state.value = "busy";
    const isNo = consentOf(care.diary.peek())?.value.choices.care === false;
    try {
      const draft = { type: "wish", wish: isNo ? "withdraw" : "erase" } as const;
      await client.write(care.circle, { ...draft, day: client.today.peek() });
      state.value = "";
      // It is done at the next contact anyway.
      await client.syncNow().catch(() => undefined);
    } catch {
      state.value = "failed";
    }
  };
  return (
    <Page
      canGoBack
      testid="record-ending"
      foot={
        !isAsked && (
          <>
            <button type="button" class="btn main-act" data-testid="end-no" onClick={back}>
              {t("end.no")}
            </button>
            <button
              type="button"
              class="btn wide danger"
              data-testid="end-yes"
              aria-disabled={state.value === "busy"}
              onClick={() => void ask()}
            >
              {t(state.value === "busy" ? "wait.moment" : own ? "end.yes" : "end.ask", whoIn(care))}
            </button>
          </>
        )
      }
    >
      <h1>{t("end.title")}</h1>
      <Standing client={client} care={care} />
      <ul class="card stack">
        {(own ? OWN : OTHERS).map((id) => (
          <li class="say" key={id}>
            {t(id, whoIn(care))}
          </li>
        ))}
      </ul>
      {isAsked && <p>{t("end.phone")}</p>}
      <Failed isShown={state.value === "failed"} words="log.failed" />
    </Page>
  );
}
