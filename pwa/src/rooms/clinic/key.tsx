/** Letting the clinic's recovery key in, by its public line. */
import { useSignal } from "@preact/signals";
import { Field } from "../../ui/field";
import { Page } from "../../ui/page";
import { back } from "../../ui/route";
import { say } from "../../ui/toast";
import { t } from "../../words";
import type { ClinicProps } from "./index";
import { Failed } from "./parts";

/** Letters of the longest line, a post-quantum one. */
const LINE_LETTERS_MAX = 4000;

export function Key({ acts }: ClinicProps) {
  const line = useSignal("");
  const state = useSignal<"" | "busy" | "wrong" | "failed">("");
  const add = async (event: Event) => {
    event.preventDefault();
    if (state.peek() === "busy") return;
    state.value = "busy";
    try {
      const n = await acts.addKey(line.peek());
      say(n > 0 ? t("ckey.done", { n }) : t("ckey.there"));
      back();
    } catch (error) {
      const { code = "" } = error as { code?: string };
      state.value = ["schema", "b64", "canon"].includes(code) ? "wrong" : "failed";
    }
  };
  return (
    <Page canGoBack help={false} testid="clinic-key">
      <h1>{t("ckey.title")}</h1>
      <p>{t("ckey.body")}</p>
      <p>{t("ckey.row")}</p>
      <form class="stack" onSubmit={(event) => void add(event)}>
        <p>{t("ckey.how")}</p>
        <Field
          id="key-line"
          label={t("ckey.field")}
          value={line}
          max={LINE_LETTERS_MAX}
          error={state.value === "wrong" ? t("ckey.wrong") : ""}
          long
        />
        <button
          type="submit"
          class="btn wide act"
          data-testid="key-add"
          aria-disabled={state.value === "busy"}
        >
          {t(state.value === "busy" ? "wait.moment" : "ckey.add")}
        </button>
        <Failed isShown={state.value === "failed"} />
      </form>
    </Page>
  );
}
