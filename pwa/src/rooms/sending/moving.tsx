/** A file as a picture that moves: one square code after another, until the other phone has it. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Bytes } from "../../circle/encoding";
import { Pictures } from "../../exchange/moving";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { SquareCode } from "../../ui/square-code";
import { t } from "../../words";

/** For so long each code is shown: a cheap camera sees two to three pictures of it. */
const SHOWN_MS = 250;

interface MovingProps {
  readonly file: Bytes;
  readonly onDone: () => void;
}

export function Moving({ file, onDone }: MovingProps) {
  const pictures = useMemo(() => new Pictures(file), [file]);
  const turn = useSignal(0);
  useEffect(() => {
    const timer = setInterval(() => {
      turn.value += 1;
    }, SHOWN_MS);
    return () => clearInterval(timer);
  }, [file]);
  useEffect(() => stayOn(), []);
  const seconds = Math.ceil((pictures.count * SHOWN_MS) / 1000);
  return (
    <Page
      testid="moving"
      foot={
        <button type="button" class="btn main-act" data-testid="moving-done" onClick={onDone}>
          <Icon name="check" />
          {t("moving.done")}
        </button>
      }
    >
      <h1>{t("moving.title")}</h1>
      <div class="moving" data-testid="moving-code">
        <SquareCode text={pictures.text(turn.value)} label={t("moving.label")} />
      </div>
      <p>{t("moving.how")}</p>
      <p class="soft small">{t("moving.time", { n: seconds })}</p>
    </Page>
  );
}

/** Keep the screen from going dark, where the browser lets us; gives the way to end it. */
function stayOn(): () => void {
  const lock = navigator.wakeLock?.request("screen").catch(() => undefined);
  return () => void lock?.then((held) => held?.release()).catch(() => undefined);
}
