/** A new number, tapped twice. */
import { useSignal } from "@preact/signals";
import { Banner } from "../../ui/parts";
import { t } from "../../words";
import { PinPad } from "./pad";

export function NewPin({ onDone }: { onDone: (pin: string) => void }) {
  const first = useSignal("");
  const differed = useSignal(false);
  const again = (pin: string) => {
    if (pin === first.peek()) return onDone(pin);
    first.value = "";
    differed.value = true;
  };
  const begin = (pin: string) => {
    differed.value = false;
    first.value = pin;
  };
  return (
    <>
      <div role="alert">
        {differed.value && (
          <Banner icon="alert" tone="warn" testid="pin-differs">
            <p>{t("lock.notSame")}</p>
          </Banner>
        )}
      </div>
      {first.value === "" ? (
        <PinPad key="first" label={t("lock.newOne")} onDone={begin} />
      ) : (
        <PinPad key="again" label={t("lock.again")} digits={first.value.length} onDone={again} />
      )}
    </>
  );
}
