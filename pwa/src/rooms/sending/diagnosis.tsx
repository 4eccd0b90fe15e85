/** What somebody who helps with this phone needs to know of it, to be read out or passed on. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Finding } from "../../sending";
import { Icon } from "../../ui/icon";
import { Page } from "../../ui/page";
import { t } from "../../words";
import type { SendingProps } from "./index";

export function Diagnosis({ sending }: SendingProps) {
  const findings = useSignal<readonly Finding[]>([]);
  const copied = useSignal(false);
  useEffect(() => {
    sending.diagnose().then(
      (found) => {
        findings.value = found;
      },
      () => undefined,
    );
  }, [sending]);
  const text = () =>
    findings
      .peek()
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      copied.value = true;
    } catch {
      copied.value = false; // Not allowed here: it stands above, to be read out.
    }
  };
  return (
    <Page
      canGoBack
      testid="diagnosis"
      foot={
        <>
          <button
            type="button"
            class="btn main-act"
            data-testid="diagnosis-copy"
            onClick={() => void copy()}
          >
            <Icon name={copied.value ? "check" : "edit"} />
            <span role="status">{t(copied.value ? "act.copied" : "act.copy")}</span>
          </button>
          {"share" in navigator && (
            <button
              type="button"
              class="btn wide"
              onClick={() => void navigator.share({ text: text() }).catch(() => undefined)}
            >
              {t("act.share")}
            </button>
          )}
        </>
      }
    >
      <h1>{t("diagnosis.title")}</h1>
      <p>{t("diagnosis.body")}</p>
      <dl class="card findings" dir="ltr" lang="en">
        {findings.value.map(([name, value]) => (
          <div key={name}>
            <dt class="soft small">{name}</dt>
            <dd class="code" data-testid={`finding-${name}`}>
              {String(value)}
            </dd>
          </div>
        ))}
      </dl>
    </Page>
  );
}
