/** Having the server stop a phone, and taking stopped ones out of the records. */
import type { StoppedView } from "../../clinic";
import type { DeviceView, PersonView } from "../../members";
import { Page } from "../../ui/page";
import { say } from "../../ui/toast";
import { t } from "../../words";
import { dayHere, deviceWord, personWord, roleWord } from "../members/list";
import type { ClinicProps } from "./index";
import { type Told, TwoTaps, useTold, Waiting } from "./parts";

export function Stop({ acts, members, client }: ClinicProps) {
  const told = useTold(() => acts.stopped());
  const { people } = members.view.value;
  return (
    <Page canGoBack help={false} testid="stop">
      <h1>{t("stop.title")}</h1>
      <p>{t("stop.body")}</p>
      <Waiting told={told} />
      {told.value !== undefined &&
        people.map((person) =>
          person.devices
            .filter(({ here }) => !here)
            .map((device) => (
              <OneToStop
                key={device.id}
                {...{ acts, person, device, told }}
                today={client.today.value}
              />
            )),
        )}
    </Page>
  );
}

interface OneProps extends Pick<ClinicProps, "acts"> {
  readonly person: PersonView;
  readonly device: DeviceView;
  readonly told: Told<readonly StoppedView[]>;
  readonly today: string;
}

function OneToStop({ acts, person, device, told, today }: OneProps) {
  const isStopped = told.value?.some((one) => one.device === device.id) === true;
  const act = async () => {
    if (isStopped) await acts.serve(device.id);
    else await acts.stop(device.id);
    say(t(isStopped ? "stop.served" : "stop.done"));
    await told.again();
  };
  return (
    <section class="card stack" data-testid="stop-one">
      <h2>
        <bdi>{personWord(person)}</bdi>
      </h2>
      <p class="soft small">
        {[roleWord(person.role), deviceWord(device)].join(" · ")}
        {" · "}
        {t("members.since", { day: dayHere(device.since, today) })}
      </p>
      {isStopped && (
        <p>
          <span class="tag">{t("stop.is")}</span>
        </p>
      )}
      <TwoTaps
        label={t(isStopped ? "stop.again" : "stop.act")}
        testid={isStopped ? "serve-again" : "stop-act"}
        isDanger={!isStopped}
        act={act}
      />
    </section>
  );
}

export function Stopped({ acts }: ClinicProps) {
  const told = useTold(() => acts.stopped());
  const takeOut = async (device: string) => {
    const n = await acts.takeOut(device);
    say(t("stopped.done", { n }));
    await told.again();
  };
  return (
    <Page canGoBack help={false} testid="stopped">
      <h1>{t("stopped.title")}</h1>
      <p>{t("stopped.row")}</p>
      <Waiting told={told} />
      {told.value?.length === 0 && <p class="soft">{t("stopped.none")}</p>}
      {told.value?.map(({ device, name, reach }) => (
        <section class="card stack" key={device} data-testid="stopped-one">
          <h2>
            <bdi>{name || t("clinic.nobody")}</bdi>
          </h2>
          {reach > 0 ? (
            <TwoTaps
              label={t("stopped.take", { n: reach })}
              testid="take-out"
              isDanger
              act={() => takeOut(device)}
            />
          ) : (
            <p class="soft">{t("stopped.out")}</p>
          )}
        </section>
      ))}
    </Page>
  );
}
