/** What there is to do, as far as this person may. */
import { useSignal } from "@preact/signals";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { Page } from "../../ui/page";
import { type ClinicStep, go } from "../../ui/route";
import { say } from "../../ui/toast";
import { number, t, type WordId } from "../../words";
import type { ClinicProps } from "./index";
import { Failed, useTold } from "./parts";

/** Letters of a name, as the record allows. */
const NAME_LETTERS_MAX = 120;

interface Row {
  readonly at: ClinicStep;
  readonly icon: IconName;
  readonly title: WordId;
  readonly body: WordId;
  readonly isOffered: boolean;
}

function rowsOf({ acts }: Pick<ClinicProps, "acts">): Row[] {
  const { purpose, isAdmin, canAddKey, staff, notes, gone } = acts.view.value;
  const isClinic = purpose === "clinic";
  const isStaff = staff.length > 0;
  const rows: Row[] = [
    {
      ...{ at: "enrol", icon: "qr", title: "enrol.title", body: "enrol.row" },
      isOffered: isClinic && isAdmin,
    },
    {
      ...{ at: "silent", icon: "nonet", title: "silent.title", body: "silent.row" },
      isOffered: isClinic && isAdmin,
    },
    {
      ...{ at: "late", icon: "clock", title: "late.title", body: "late.row" },
      isOffered: gone > 0,
    },
    {
      ...{ at: "notes", icon: "seen", title: "knotes.title", body: "knotes.row" },
      isOffered: notes.state !== "no",
    },
    {
      ...{ at: "wishes", icon: "group", title: "wishes.title", body: "wishes.row" },
      isOffered: isClinic && isStaff,
    },
    {
      ...{ at: "handover", icon: "person", title: "hand.title", body: "hand.row" },
      isOffered: isClinic && isAdmin,
    },
    { ...{ at: "stop", icon: "pause", title: "stop.title", body: "stop.row" }, isOffered: isAdmin },
    {
      ...{ at: "stopped", icon: "phone", title: "stopped.title", body: "stopped.row" },
      isOffered: isStaff,
    },
    {
      ...{ at: "key", icon: "lock", title: "ckey.title", body: "ckey.row" },
      isOffered: isClinic && canAddKey,
    },
  ];
  return rows.filter(({ isOffered }) => isOffered);
}

/** How much waits behind the rows that somebody should look at. */
async function countsOf({ acts }: Pick<ClinicProps, "acts">): Promise<Counts> {
  const { purpose, isAdmin, staff, gone } = acts.view.peek();
  const isClinic = purpose === "clinic";
  const isStaff = staff.length > 0;
  const [silent, late, wishes, stopped] = await Promise.all([
    isClinic && isAdmin ? acts.silent() : [],
    gone > 0 ? acts.late() : [],
    isStaff && isClinic ? acts.wishes() : [],
    isStaff ? acts.stopped() : [],
  ]);
  return {
    silent: silent.length,
    late: late.reduce((sum, { records }) => sum + records.length, 0),
    wishes: wishes.length,
    stopped: stopped.filter(({ reach }) => reach > 0).length,
  };
}

type Counts = Readonly<Partial<Record<ClinicStep, number>>>;

export function Menu({ acts, care }: ClinicProps) {
  const { purpose, staff } = acts.view.value;
  const counts = useTold(() => countsOf({ acts })).value;
  const isNameless = staff.some(({ mine, name }) => mine && name === "");
  const open = (at: ClinicStep) => go({ room: "members", circle: care.circle, step: { at } });
  return (
    <Page canGoBack help={false} testid="clinic-more" title={care.name.value}>
      <h1>{t(purpose === "clinic" ? "clinic.title" : "clinic.titlePatient")}</h1>
      {isNameless && <OwnName acts={acts} />}
      <div class="tiles">
        {rowsOf({ acts }).map(({ at, icon, title, body }) => (
          <button
            type="button"
            class="card row pad act-row"
            data-testid={`more-${at}`}
            key={at}
            onClick={() => open(at)}
          >
            <Icon name={icon} />
            <span class="grow device">
              <strong>{t(title)}</strong>
              <span class="soft small below">{t(body)}</span>
            </span>
            {(counts?.[at] ?? 0) > 0 && (
              <span class="tag" data-testid={`count-${at}`}>
                {number(counts?.[at] ?? 0)}
              </span>
            )}
            <Icon name="next" />
          </button>
        ))}
      </div>
    </Page>
  );
}

/** Who joined by a link has no name in the clinic yet. */
function OwnName({ acts }: Pick<ClinicProps, "acts">) {
  const name = useSignal("");
  const isFailed = useSignal(false);
  const save = async (event: Event) => {
    event.preventDefault();
    const said = name.peek().trim();
    if (said === "") return;
    try {
      await acts.sayName(said);
      isFailed.value = false;
      say(t("clinic.nameDone"));
    } catch {
      isFailed.value = true;
    }
  };
  return (
    <form class="card stack" onSubmit={(event) => void save(event)}>
      <p>{t("clinic.nameBody")}</p>
      <Field id="own-name" label={t("clinic.name")} value={name} max={NAME_LETTERS_MAX} />
      <button type="submit" class="btn act" data-testid="own-name-save">
        {t("clinic.nameSave")}
      </button>
      <Failed isShown={isFailed.value} />
    </form>
  );
}
