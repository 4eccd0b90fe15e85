/** Taking a phone out, and leaving with this one: one question, what it means, yes or no. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { back } from "../../ui/route";
import { say } from "../../ui/toast";
import { t, type WordId } from "../../words";
import type { MembersProps } from "./index";
import { deviceWord, personWord } from "./list";

interface QuestionProps {
  readonly testid: string;
  readonly title: string;
  readonly yes: WordId;
  /** What is said when it is done. */
  readonly done: WordId;
  readonly act: () => Promise<void>;
  readonly children: ComponentChildren;
}

/** Yes does it and goes back; when it can not be done the question stays. */
function Question({ testid, title, yes, done, act, children }: QuestionProps) {
  const state = useSignal<"" | "busy" | "failed">("");
  const run = async () => {
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
  return (
    <Page
      canGoBack
      help={false}
      testid={testid}
      foot={
        <>
          <button
            type="button"
            class="btn wide danger big-ans"
            data-testid={`${testid}-yes`}
            aria-disabled={state.value === "busy"}
            onClick={() => void run()}
          >
            {t(state.value === "busy" ? "wait.moment" : yes)}
          </button>
          <button type="button" class="btn wide" data-testid={`${testid}-no`} onClick={back}>
            {t("remove.no")}
          </button>
        </>
      }
    >
      <h1>{title}</h1>
      {children}
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

export function Remove({ members, device: id }: MembersProps & { readonly device: string }) {
  const person = members.view.value.people.find(({ devices }) =>
    devices.some((device) => device.id === id),
  );
  const device = person?.devices.find((one) => one.id === id);
  if (person === undefined || device === undefined) {
    return (
      <Page canGoBack help={false} testid="remove">
        <h1>{t("remove.done")}</h1>
      </Page>
    );
  }
  return (
    <Question
      testid="remove"
      title={t(device.isPaper ? "remove.titlePaper" : "remove.title")}
      yes="remove.yes"
      done="remove.done"
      act={() => members.remove([id])}
    >
      <p class="strong">
        {t("remove.whose", { what: deviceWord(device), name: personWord(person) })}
      </p>
      <ul class="card stack">
        <li>{t("remove.stops")}</li>
        <li>{t("remove.keeps")}</li>
        <li>{t("remove.back")}</li>
      </ul>
    </Question>
  );
}

export function Leave({ members }: MembersProps) {
  return (
    <Question
      testid="leave"
      title={t("leave.title")}
      yes="leave.yes"
      done="leave.done"
      act={() => members.leave()}
    >
      <p>{t("leave.body")}</p>
    </Question>
  );
}
