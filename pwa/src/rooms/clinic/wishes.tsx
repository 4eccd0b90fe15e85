/** What the clinic wishes of a therapist: a name, a patient, and her yes. */
import type { WishView } from "../../clinic";
import { Page } from "../../ui/page";
import { say } from "../../ui/toast";
import { t } from "../../words";
import type { ClinicProps } from "./index";
import { TwoTaps, useTold, Waiting } from "./parts";

export function Wishes({ acts }: ClinicProps) {
  const told = useTold(() => acts.wishes());
  const wishes = told.value ?? [];
  const letIn = async (some: readonly WishView[], name: string) => {
    try {
      for (const wish of some) await acts.confirm(wish);
      say(t("wishes.done", { name }));
    } finally {
      await told.again();
    }
  };
  const members = [...new Set(wishes.map(({ member }) => member))];
  return (
    <Page canGoBack help={false} testid="wishes">
      <h1>{t("wishes.title")}</h1>
      <p>{t("wishes.body")}</p>
      <Waiting told={told} />
      {told.value?.length === 0 && <p class="soft">{t("wishes.none")}</p>}
      {members.map((member) => {
        const some = wishes.filter((one) => one.member === member);
        const name = some[0]?.name || t("clinic.nobody");
        return (
          <section class="card stack" key={member} data-testid="wish-of">
            <h2>
              <bdi>{name}</bdi>
            </h2>
            <ul class="stack">
              {some.map((wish) => (
                <li class="stack" key={wish.circle} data-testid="wish">
                  <p>{t("wishes.one", { name, patient: wish.patient || t("clinic.nobody") })}</p>
                  {some.length > 1 && (
                    <TwoTaps
                      label={t("wishes.yes", { name })}
                      testid="wish-yes"
                      act={() => letIn([wish], name)}
                    />
                  )}
                </li>
              ))}
            </ul>
            <TwoTaps
              label={
                some.length > 1
                  ? t("wishes.all", { name, n: some.length })
                  : t("wishes.yes", { name })
              }
              testid="wish-all"
              act={() => letIn(some, name)}
            />
          </section>
        );
      })}
    </Page>
  );
}
