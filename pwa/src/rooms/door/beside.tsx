/** A new phone beside one that is in: it shows its code, then looks at the other one's. */
import "../../ui/styles/members.css";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Beside, Client, Door } from "../../client";
import { CodeText } from "../../ui/code-text";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { Scan } from "../../ui/scan";
import { SquareCode } from "../../ui/square-code";
import { addWords, t } from "../../words";
import { enMembers } from "../../words/en-members";

addWords(enMembers);

interface BesideProps {
  readonly door: Door;
  readonly onOpen: (client: Client) => void;
  readonly onBack: () => void;
}

export function BesideAnother({ door, onOpen, onBack }: BesideProps) {
  const beside = useSignal<Beside | undefined>(undefined);
  const step = useSignal<"show" | "look" | "failed">("show");
  useEffect(() => {
    door.beside().then(
      (made) => {
        beside.value = made;
      },
      () => {
        step.value = "failed";
      },
    );
  }, [door]);
  if (step.value === "failed") return <Failed onBack={onBack} />;
  const { value } = beside;
  if (step.value === "look" && value !== undefined) {
    return <LookAtAnswer beside={value} onOpen={onOpen} onBack={() => (step.value = "show")} />;
  }
  return (
    <Page
      help={false}
      testid="beside"
      foot={
        <>
          <button
            type="button"
            class="btn main-act"
            data-testid="beside-next"
            aria-disabled={value === undefined}
            onClick={() => {
              if (value !== undefined) step.value = "look";
            }}
          >
            {t("beside.next")}
            <Icon name="next" />
          </button>
          <button type="button" class="btn wide" data-testid="beside-back" onClick={onBack}>
            {t("act.back")}
          </button>
        </>
      }
    >
      <h1>{t("beside.title")}</h1>
      {value === undefined ? (
        <p class="soft" role="status">
          {t("wait.moment")}
        </p>
      ) : (
        <SquareCode text={value.code} label={t("beside.code")} />
      )}
      <p>{t("beside.body")}</p>
      {value !== undefined && <CodeText text={value.code} testid="beside-code" />}
    </Page>
  );
}

function Failed({ onBack }: { onBack: () => void }) {
  return (
    <Page
      help={false}
      testid="beside-failed"
      foot={
        <button type="button" class="btn wide" onClick={onBack}>
          {t("act.back")}
        </button>
      }
    >
      <h1>{t("beside.title")}</h1>
      <Banner icon="alert" tone="warn">
        <p>{t("beside.failed")}</p>
      </Banner>
    </Page>
  );
}

interface LookProps {
  readonly beside: Beside;
  readonly onOpen: (client: Client) => void;
  readonly onBack: () => void;
}

/** The other phone answers with where this one belongs. */
export function LookAtAnswer({ beside, onOpen, onBack }: LookProps) {
  const take = async (text: string) => {
    try {
      onOpen(await beside.enter(text));
      return true;
    } catch {
      return false;
    }
  };
  return (
    <Page
      help={false}
      testid="beside-look"
      foot={
        <button type="button" class="btn wide" onClick={onBack}>
          {t("act.back")}
        </button>
      }
    >
      <h1>{t("beside.look")}</h1>
      <p>{t("beside.lookBody")}</p>
      <Scan onText={take} label={t("beside.look")} />
    </Page>
  );
}
