/** What could not be sent, or not be opened: why, what to do, once more, as a sealed file. */
import { useSignal } from "@preact/signals";
import { parseDocumentId } from "../../circle/document";
import type { Stuck } from "../../sending";
import { Empty } from "../../ui/empty";
import { giveFile } from "../../ui/give-file";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { say } from "../../ui/toast";
import { number, t, type WordId } from "../../words";
import type { SendingProps } from "./index";
import { Failed } from "./parts";

type Why = "full" | "out" | "later" | "closed" | "twice" | "form" | "key" | "newer" | "false";

const UNSENT: Readonly<Record<string, Why>> = {
  limit: "full",
  insufficient_storage: "full",
  authz: "out",
  author: "out",
  removed: "out",
  suspended: "out",
  unauthorized: "out",
  stale: "later",
  "newer-log": "later",
  fork: "later",
  closed: "closed",
  taken: "twice",
};
const UNOPENED: Readonly<Record<string, Why>> = {
  epoch: "key",
  wrap: "key",
  "newer-log": "key",
  codec: "newer",
  op: "newer",
};

/** Words for why the server did not take it, or why it does not open here. */
export function whyOf(code: string, isUnsent: boolean): Why {
  return (isUnsent ? UNSENT[code] : UNOPENED[code]) ?? (isUnsent ? "form" : "false");
}

export function WhatIsStuck({ sending }: SendingProps) {
  const unsent = sending.unsent.value;
  const unopened = sending.unopened.value;
  const failed = useSignal<WordId | "">("");
  const isBusy = useSignal(false);
  const run = async (act: () => Promise<void>) => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    failed.value = "";
    await act().catch(() => {
      failed.value = "sending.failed";
    });
    isBusy.value = false;
  };
  const again = () =>
    run(async () => {
      await sending.tryAgain();
      say(t("stuck.tried"));
    });
  const give = () => run(async () => void (await giveFile(await sending.pack("stuck"))));
  const isEmpty = unsent.length + unopened.length === 0;
  return (
    <Page
      canGoBack
      testid="stuck"
      foot={
        !isEmpty && (
          <>
            <button
              type="button"
              class="btn main-act"
              data-testid="stuck-again"
              aria-disabled={isBusy.value}
              onClick={() => void again()}
            >
              {t(isBusy.value ? "wait.moment" : "stuck.again")}
            </button>
            {unsent.length > 0 && sending.canSeal.value && (
              <button
                type="button"
                class="btn wide"
                data-testid="stuck-file"
                onClick={() => void give()}
              >
                <Icon name="lock" />
                {t("stuck.file")}
              </button>
            )}
          </>
        )
      }
    >
      <h1>{t("sending.stuck")}</h1>
      {isEmpty && (
        <Empty icon="check" title={t("stuck.none")}>
          <p>{t("stuck.noneBody")}</p>
        </Empty>
      )}
      <Some stuck={unsent} isUnsent title={t("stuck.unsent")} />
      <Some stuck={unopened} title={t("stuck.unopened")} />
      <Failed words={failed.value} />
    </Page>
  );
}

interface SomeProps {
  readonly stuck: readonly Stuck[];
  readonly title: string;
  readonly isUnsent?: boolean;
}

function Some({ stuck, title, isUnsent = false }: SomeProps) {
  if (stuck.length === 0) return null;
  return (
    <section class="card list" data-testid={isUnsent ? "stuck-unsent" : "stuck-unopened"}>
      <div class="pad">
        <h2 class="row">
          <Icon name={isUnsent ? "phone" : "lock"} />
          <span class="grow">{title}</span>
        </h2>
        {isUnsent && <p>{t("stuck.safe")}</p>}
      </div>
      {byCode(stuck).map(([code, some]) => (
        <div class="pad" key={code} data-code={code}>
          <p class="strong">{t(`why.${whyOf(code, isUnsent)}`)}</p>
          <p>{t(`why.${whyOf(code, isUnsent)}Do`)}</p>
          <p class="soft small">
            {t("stuck.code", { code, n: some.length, which: numbersOf(some) })}
          </p>
        </div>
      ))}
    </section>
  );
}

function byCode(stuck: readonly Stuck[]): [code: string, some: readonly Stuck[]][] {
  const codes = new Set(stuck.map(({ code }) => code));
  return [...codes].map((code) => [code, stuck.filter((one) => one.code === code)]);
}

/** Numbers that are told apart; of more, the rest is left out. */
const TOLD_MAX = 8;

function numbersOf(stuck: readonly Stuck[]): string {
  const told = stuck.slice(0, TOLD_MAX).map(({ id }) => numberOf(id));
  return [...told, ...(stuck.length > TOLD_MAX ? ["…"] : [])].join(", ");
}

/** The number that its author gave it; all of the name where it is none of ours. */
function numberOf(id: string): string {
  try {
    return number(parseDocumentId(id).n);
  } catch {
    return id;
  }
}
