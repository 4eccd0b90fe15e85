/** The printed card for a lost phone: made, kept, tried; fetched when it is opened. */
import "../../ui/styles/members.css";
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Client } from "../../client";
import type { Card } from "../../members";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { back } from "../../ui/route";
import { SquareCode } from "../../ui/square-code";
import { say } from "../../ui/toast";
import { addWords, t, type WordId } from "../../words";
import { dayOf, sayDay, zoneHere } from "../../words/dates";
import { enMembers } from "../../words/en-members";

addWords(enMembers);

/** Letters of a card with its hyphens, and some blanks that people add. */
const CARD_LETTERS_MAX = 40;

interface Step {
  readonly at: "home" | "making" | "shown" | "try" | "failed";
  readonly code?: string;
}

export function PaperRoom({ client }: { client: Client }) {
  const card = useSignal<Card | undefined>(undefined);
  const step = useSignal<Step>({ at: "home" });
  useEffect(() => {
    client.card().then(
      (opened) => {
        card.value = opened;
      },
      () => undefined,
    );
    return () => card.peek()?.forget();
  }, [client]);
  if (card.value === undefined) {
    return (
      <Page canGoBack testid="paper-wait">
        <h1>{t("wait.moment")}</h1>
      </Page>
    );
  }
  const { at, code = "" } = step.value;
  if (at === "shown") return <Shown key="shown" code={code} step={step} />;
  if (at === "try") return <Try key="try" card={card.value} code={code} step={step} />;
  return <Home key="home" client={client} card={card.value} step={step} />;
}

interface HomeProps {
  readonly client: Client;
  readonly card: Card;
  readonly step: Signal<Step>;
}

function Home({ client, card, step }: HomeProps) {
  const { since, tried, others } = card.view.value;
  const today = client.today.value;
  const dayHere = (unix_s: number) => sayDay(dayOf(unix_s, zoneHere(unix_s)), today);
  const isBusy = step.value.at === "making";
  const make = async () => {
    if (step.peek().at === "making") return;
    step.value = { at: "making" };
    try {
      step.value = { at: "shown", code: await card.make() };
    } catch {
      step.value = { at: "failed" };
    }
  };
  return (
    <Page
      canGoBack
      testid="paper"
      foot={
        <>
          <button
            type="button"
            class="btn main-act"
            data-testid="paper-make"
            aria-disabled={isBusy}
            onClick={() => void make()}
          >
            {t(isBusy ? "paper.making" : since > 0 ? "paper.new" : "paper.make")}
          </button>
          <button type="button" class="btn wide" data-testid="paper-later" onClick={back}>
            {t("paper.later")}
          </button>
        </>
      }
    >
      <h1>{t("paper.title")}</h1>
      <p>{t(client.needsCard.value ? "paper.staff" : "paper.why")}</p>
      {since > 0 && (
        <Banner icon="check" testid="paper-has">
          <p>{t("paper.has", { day: dayHere(since) })}</p>
        </Banner>
      )}
      {since > 0 && (
        <section class="card">
          <p>{tried > 0 ? t("paper.tried", { day: dayHere(tried) }) : t("paper.untried")}</p>
          <button
            type="button"
            class="btn wide"
            data-testid="paper-rehearse"
            onClick={() => {
              step.value = { at: "try" };
            }}
          >
            {t("paper.rehearse")}
          </button>
          <p class="soft small">{t("paper.newBody")}</p>
        </section>
      )}
      {others.map((other) => (
        <Other key={other.id} card={card} id={other.id} heard={other.heard} sayDay={dayHere} />
      ))}
      <Failed isShown={step.value.at === "failed"} words="paper.failed" />
    </Page>
  );
}

interface OtherProps {
  readonly card: Card;
  readonly id: string;
  readonly heard: number;
  readonly sayDay: (unix_s: number) => string;
}

/** Another phone of one's own: the lost one is taken out here, in two taps. */
function Other({ card, id, heard, sayDay: dayHere }: OtherProps) {
  const state = useSignal<"" | "sure" | "busy" | "failed">("");
  const takeOut = async () => {
    if (state.peek() === "") {
      state.value = "sure";
      return;
    }
    if (state.peek() === "busy") return;
    state.value = "busy";
    try {
      await card.takeOut([id]);
      say(t("remove.done"));
    } catch {
      state.value = "failed";
    }
  };
  const label: Record<string, WordId> = { "": "paper.lost", busy: "wait.moment" };
  return (
    <section class="card" data-testid="paper-other">
      <h2 class="row">
        <Icon name="phone" />
        <span class="grow">{t("paper.other")}</span>
      </h2>
      <p class="soft small">
        {heard === 0 ? t("members.heardNever") : t("members.heard", { day: dayHere(heard) })}
      </p>
      {heard > 0 && <p data-testid="paper-lost">{t("paper.lostSince", { day: dayHere(heard) })}</p>}
      {state.value !== "" && <p>{t("remove.stops")}</p>}
      <button
        type="button"
        class="btn wide danger"
        data-testid="paper-take-out"
        onClick={() => void takeOut()}
      >
        {t(label[state.value] ?? "remove.yes")}
      </button>
      <Failed isShown={state.value === "failed"} words="members.failed" />
    </section>
  );
}

function Failed({ isShown, words }: { isShown: boolean; words: WordId }) {
  return (
    <div role="alert">
      {isShown && (
        <Banner icon="alert" tone="warn" testid="paper-failed">
          <p>{t(words)}</p>
        </Banner>
      )}
    </div>
  );
}

interface CodeProps {
  readonly code: string;
  readonly step: Signal<Step>;
}

function Shown({ code, step }: CodeProps) {
  return (
    <Page
      testid="paper-shown"
      foot={
        <>
          <button
            type="button"
            class="btn main-act"
            data-testid="paper-kept"
            onClick={() => {
              step.value = { at: "try", code };
            }}
          >
            <Icon name="check" />
            {t("paper.kept")}
          </button>
          <button
            type="button"
            class="btn wide"
            data-testid="paper-print"
            onClick={() => globalThis.print()}
          >
            {t("paper.print")}
          </button>
        </>
      }
    >
      <h1>{t("paper.shown")}</h1>
      <p>{t("paper.write")}</p>
      <p class="card-code code" dir="ltr" data-testid="paper-code">
        {code.split("-").map((group) => (
          <span>{group}</span>
        ))}
      </p>
      <SquareCode text={code} label={t("paper.code")} />
    </Page>
  );
}

/** Typed from the paper, now or after years: then it is known that it can be read. */
function Try({ card, code, step }: CodeProps & { readonly card: Card }) {
  const typed = useSignal("");
  const state = useSignal<"" | "right" | "wrong">("");
  const check = async (event: Event) => {
    event.preventDefault();
    const isRight =
      code === "" ? await card.tryOut(typed.peek()).catch(() => false) : card.isRight(typed.peek());
    state.value = isRight ? "right" : "wrong";
  };
  const isRight = state.value === "right";
  return (
    <form onSubmit={(event) => void check(event)} noValidate>
      <Page
        testid="paper-try"
        foot={
          isRight ? (
            <button type="button" class="btn main-act" data-testid="paper-done" onClick={back}>
              <Icon name="check" />
              {t("paper.right")}
            </button>
          ) : (
            <>
              <button type="submit" class="btn main-act" data-testid="paper-check">
                {t("paper.check")}
              </button>
              <button
                type="button"
                class="btn wide"
                data-testid="paper-again"
                onClick={() => {
                  step.value = code === "" ? { at: "home" } : { at: "shown", code };
                }}
              >
                {t(code === "" ? "act.back" : "paper.look")}
              </button>
            </>
          )
        }
      >
        <h1>{t("paper.try")}</h1>
        <p>{t("paper.tryBody")}</p>
        <Field
          id="paper-typed"
          label={t("paper.field")}
          value={typed}
          max={CARD_LETTERS_MAX}
          error={state.value === "wrong" ? t("paper.wrong") : ""}
        />
      </Page>
    </form>
  );
}
