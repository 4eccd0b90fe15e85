/** After saving: advice first, reason second, then who has seen it. */
import type { PainAnswer } from "../../client";
import type { PainRule } from "../../records.gen";
import { Icon } from "../../ui/icon";
import { Lamp, type Light } from "../../ui/lamp";
import { Page } from "../../ui/page";
import { Beads } from "../../ui/parts";
import { go, goHome } from "../../ui/route";
import { t } from "../../words";
import { sayTimeThere, zoneHere } from "../../words/dates";
import { lightOfDay, ruleOn, toldOf } from "../advice";
import { daysDone } from "../days";
import { Signed } from "../signed";
import { Easier } from "./easier";
import { lastSaved, type SavedSession } from "./log";
import { NotSeen } from "./not-seen";
import { type PatientProps, planOf } from "./today";

export function Saved({ client, care }: PatientProps) {
  const saved = lastSaved.value;
  if (!saved) return null;
  const plan = planOf(care)?.value;
  const { rises } = toldOf(care.sessions.value, care.pains.value, client.today.value);
  const rule = ruleOn(care, client.today.value);
  const day = lightOfDay({ worst: saved.worst, morning: undefined, rises }, rule);
  const light = day?.light;
  const wanted = plan?.days_per_week ?? 7;
  const done = daysDone(care.sessions.value, client.today.value);
  const words = done <= wanted ? "saved.days" : "saved.daysMore";
  return (
    <Page
      testid="saved"
      title={t("saved.at", { time: sayTimeThere(saved.at, zoneHere(saved.at)) })}
      foot={
        <button type="button" class="btn main-act" data-testid="saved-home" onClick={goHome}>
          {t("saved.home")}
          <Icon name="next" />
        </button>
      }
    >
      {light ? (
        <Advice light={light} worst={saved.worst} isOfWeeks={day?.because === "weeks"} />
      ) : (
        <Plain saved={saved} rule={rule} />
      )}
      {light && light !== "stop" && (
        <div class="card row">
          <Icon name="today" />
          <div class="grow stack">
            <p>{t("saved.open")}</p>
            {light === "slow" && <p>{t("saved.slowNext")}</p>}
          </div>
        </div>
      )}
      {light === "stop" && (
        <button
          type="button"
          class="card row act-row"
          data-testid="saved-wrong"
          onClick={() => go({ room: "wrong" })}
        >
          <Icon name="wrong" />
          <span class="grow">{t("saved.stopNext")}</span>
          <Icon name="next" />
        </button>
      )}
      {light && light !== "go" && (
        <Easier session={care.sessions.value.find(({ id }) => id === saved.id)} />
      )}
      <NotSeen care={care} id={saved.id} />
      {light && <Signed care={care} set="pain-advice" />}
      {client.reminder.value.isOffered && <Offer />}
      <div class="card row">
        <Beads count={wanted} done={Math.min(done, wanted)} />
        <p class="grow">{t(words, { n: done, all: wanted })}</p>
      </div>
    </Page>
  );
}

/** Offered when somebody has just seen what for; the phone is asked in the room itself. */
function Offer() {
  return (
    <button
      type="button"
      class="card row act-row"
      data-testid="saved-remind"
      onClick={() => go({ room: "reminders" })}
    >
      <Icon name="clock" />
      <span class="grow">
        <strong>{t("saved.remind")}</strong>
        <br />
        {t("saved.remindYes")}
      </span>
      <Icon name="next" />
    </button>
  );
}

const TITLES = { go: "saved.go", slow: "saved.slow", stop: "saved.stop" } as const;

interface AdviceProps {
  readonly light: Light;
  readonly worst: PainAnswer | undefined;
  /** Not this session but the mornings of the week decided. */
  readonly isOfWeeks: boolean;
}

function Advice({ light, worst, isOfWeeks }: AdviceProps) {
  const n = typeof worst === "number" ? worst : 0;
  const body = light === "go" && n === 0 ? "saved.goZero" : (`saved.${light}Body` as const);
  return (
    <div
      class={`advice ${light} ${light === "stop" ? "" : "open"}`}
      role="status"
      data-testid={`advice-${light}`}
    >
      <Lamp light={light} size="xl" />
      <h1>{t(TITLES[light])}</h1>
      <p>{isOfWeeks ? t("saved.weeks") : t(body, { n })}</p>
    </div>
  );
}

/** Saved without advice, and why there is none. */
function Plain({ saved, rule }: { saved: SavedSession; rule: PainRule | undefined }) {
  const id = saved.done === "none" ? "saved.noneBody" : rule ? "saved.noNumber" : "saved.noRule";
  return (
    <div class="advice plain" role="status" data-testid="advice-none">
      <Icon name="check" size="l" />
      <h1>{t("saved.plain")}</h1>
      <p>{t(id)}</p>
    </div>
  );
}
