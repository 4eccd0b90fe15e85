/** An admin wishes that a colleague takes patients over: whose, to whom, and that it is only a wish. */
import { useSignal } from "@preact/signals";
import type { BatchView, StaffView } from "../../clinic";
import { Page } from "../../ui/page";
import { back } from "../../ui/route";
import { say } from "../../ui/toast";
import { t } from "../../words";
import { Choice } from "./enrol";
import type { ClinicProps } from "./index";
import { TwoTaps, useTold, Waiting } from "./parts";

function batchWord({ by, name }: BatchView): string {
  return by === "" ? t("hand.own") : name || t("clinic.nobody");
}

export function HandOn({ acts }: ClinicProps) {
  const told = useTold(() => acts.batches());
  const batch = useSignal<BatchView | undefined>(undefined);
  const from = batch.value;
  if (from !== undefined) return <ToWhom key="to" acts={acts} from={from} />;
  return (
    <Page canGoBack help={false} testid="handover">
      <h1>{t("hand.from")}</h1>
      <p>{t("hand.body")}</p>
      <Waiting told={told} />
      {told.value?.length === 0 && <p class="soft">{t("hand.none")}</p>}
      {told.value?.map((one) => (
        <button
          type="button"
          class="btn wide big-ans"
          data-testid="batch"
          key={one.by}
          onClick={() => {
            batch.value = one;
          }}
        >
          <span class="grow">
            <bdi>{batchWord(one)}</bdi>
            <span class="small below">{t("hand.count", { n: one.circles.length })}</span>
          </span>
        </button>
      ))}
    </Page>
  );
}

function ToWhom({ acts, from }: Pick<ClinicProps, "acts"> & { readonly from: BatchView }) {
  const to = useSignal<StaffView | undefined>(undefined);
  const { staff } = acts.view.value;
  const chosen = to.value;
  const wish = async () => {
    if (chosen === undefined) return;
    await acts.wish(from.circles, chosen.member);
    say(t("hand.done"));
    back();
  };
  return (
    <Page
      canGoBack
      help={false}
      testid="handover-to"
      foot={
        chosen && (
          <TwoTaps label={t("hand.wish")} testid="handover-wish" key={chosen.member} act={wish} />
        )
      }
    >
      <h1>{t("hand.to")}</h1>
      <p>
        {batchWord(from)}: {t("hand.count", { n: from.circles.length })}
      </p>
      {staff
        .filter(({ member }) => member !== from.by)
        .map((one) => (
          <Choice
            key={one.member}
            one={one}
            isChosen={chosen?.member === one.member}
            onChoose={() => {
              to.value = one;
            }}
          />
        ))}
    </Page>
  );
}
