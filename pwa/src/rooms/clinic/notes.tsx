/** The notes that clinicians write among themselves: beginning them, and who reads them. */
import { Page } from "../../ui/page";
import { say } from "../../ui/toast";
import { t } from "../../words";
import { roleWord } from "../members/list";
import type { ClinicProps } from "./index";
import { TwoTaps } from "./parts";

export function ClinicNotes({ acts, care }: ClinicProps) {
  const { state, waiting } = acts.view.value.notes;
  const begin = async () => {
    await acts.beginNotes();
    say(t("knotes.begun"));
  };
  const grant = async (device: string, name: string) => {
    await acts.grant(device);
    say(t("knotes.done", { name }));
  };
  return (
    <Page canGoBack help={false} testid="clinic-notes" title={care.name.value}>
      <h1>{t("knotes.title")}</h1>
      <p>{t("knotes.row")}</p>
      {state === "none" && (
        <>
          <p>{t("knotes.none")}</p>
          <TwoTaps label={t("knotes.begin")} testid="knotes-begin" act={begin} />
        </>
      )}
      {state === "others" && <p>{t("knotes.others")}</p>}
      {state === "mine" && <p>{t("knotes.mine")}</p>}
      {state === "mine" && waiting.length === 0 && <p class="soft">{t("knotes.everyone")}</p>}
      {waiting.length > 0 && <h2>{t("knotes.waiting")}</h2>}
      {waiting.map(({ device, role, name }) => {
        const called = name || roleWord(role);
        return (
          <section class="card stack" key={device} data-testid="knotes-waiting">
            <p class="strong" dir="auto">
              {called}
            </p>
            <p class="soft small">{roleWord(role)}</p>
            <TwoTaps
              label={name === "" ? t("knotes.letIt") : t("knotes.let", { name })}
              testid="knotes-let"
              act={() => grant(device, called)}
            />
          </section>
        );
      })}
    </Page>
  );
}
