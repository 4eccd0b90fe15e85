/** Twelve digits on two screens: the same, or not. */
import { useSignal } from "@preact/signals";
import { Digits } from "../../ui/digits";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { back } from "../../ui/route";
import { say } from "../../ui/toast";
import { t, type WordId } from "../../words";
import type { MembersProps } from "./index";
import { roleWord } from "./list";

export function Compare({ members, device }: MembersProps & { readonly device: string }) {
  const state = useSignal<"" | "busy" | "failed">("");
  const request = members.view.value.requests.find((each) => each.device === device);
  if (request === undefined) {
    return (
      <Page
        canGoBack
        help={false}
        testid="compare-gone"
        foot={
          <button type="button" class="btn wide" data-testid="compare-back" onClick={back}>
            {t("act.back")}
          </button>
        }
      >
        <h1>{t("compare.gone")}</h1>
      </Page>
    );
  }
  const run = async (act: () => Promise<void>, done: WordId) => {
    if (state.peek() === "busy") return;
    state.value = "busy";
    try {
      await act();
      say(t(done));
      back();
    } catch {
      state.value = "failed";
    }
  };
  const { name, role, digits, iid } = request;
  const busy = state.value === "busy";
  return (
    <Page
      canGoBack
      help={false}
      testid="compare"
      foot={
        <>
          <button
            type="button"
            class="btn main-act"
            data-testid="compare-same"
            aria-disabled={busy}
            onClick={() => void run(() => members.approve(device), "compare.in")}
          >
            <Icon name="check" />
            {t(busy ? "wait.moment" : "compare.same")}
          </button>
          <button
            type="button"
            class="btn wide danger"
            data-testid="compare-other"
            aria-disabled={busy}
            onClick={() => void run(() => members.refuse(iid), "compare.not")}
          >
            {t("compare.other")}
          </button>
        </>
      }
    >
      <h1>{t("compare.title")}</h1>
      <Digits digits={digits} />
      <p>{t("compare.body")}</p>
      <p class="strong">
        {t("compare.who", {
          role: name === "" ? roleWord(role) : t("members.asksWho", { name, role: roleWord(role) }),
        })}
      </p>
      <div role="alert">
        {state.value === "failed" && (
          <Banner icon="alert" tone="warn" testid="members-failed">
            <p>{t("members.failed")}</p>
          </Banner>
        )}
      </div>
    </Page>
  );
}
