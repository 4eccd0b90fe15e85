/** Phones that the server has not heard of for long. */
import type { SilentView } from "../../clinic";
import { Page } from "../../ui/page";
import { t } from "../../words";
import { dayHere } from "../members/list";
import type { ClinicProps } from "./index";
import { useTold, Waiting } from "./parts";

export function Silent({ acts, client }: ClinicProps) {
  const told = useTold(() => acts.silent());
  const isUnknown = told.value?.some(({ isStaff, name, patient }) => !isStaff && !name && !patient);
  return (
    <Page canGoBack help={false} testid="silent">
      <h1>{t("silent.title")}</h1>
      {(told.value?.length ?? 0) > 0 && <p>{t("silent.body")}</p>}
      {isUnknown && <p data-testid="silent-ask">{t("silent.ask")}</p>}
      <Waiting told={told} />
      {told.value?.length === 0 && <p class="soft">{t("silent.none")}</p>}
      <div class="tiles">
        {told.value?.map((view) => (
          <section class="card stack" key={view.device} data-testid="silent-one">
            <h2>{whose(view)}</h2>
            <p class="soft">
              {t("silent.since", { day: dayHere(view.since, client.today.value) })}
            </p>
          </section>
        ))}
      </div>
    </Page>
  );
}

/** Whose phone it is, as far as this person may know. */
function whose({ name, patient, by, isStaff }: SilentView): string {
  if (name !== "" && patient !== "" && name !== patient) return t("wishes.one", { name, patient });
  if (name !== "" || patient !== "") return name || patient;
  if (isStaff) return t("clinic.nobody");
  return by === "" ? t("silent.patient") : t("silent.by", { name: by });
}
