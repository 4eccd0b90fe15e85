/** Records of a phone that is out: read first, then they count, or they wait on. */
import type { LateRecord, LateView } from "../../clinic";
import { Page } from "../../ui/page";
import { painText } from "../../ui/parts";
import { say } from "../../ui/toast";
import { t, type WordId } from "../../words";
import { sayDay } from "../../words/dates";
import type { ClinicProps } from "./index";
import { TwoTaps, useTold, Waiting } from "./parts";

const TYPE_WORDS: Readonly<Record<string, WordId>> = {
  session: "late.session",
  pain: "late.pain",
  note: "late.note",
  unread: "late.unread",
};

export function Late({ acts, client }: ClinicProps) {
  const told = useTold(() => acts.late());
  const accept = async ({ device, stream }: LateView, n: number) => {
    await acts.accept(device, stream, n);
    say(t("late.done"));
    await told.again();
  };
  return (
    <Page canGoBack help={false} testid="late">
      <h1>{t("late.title")}</h1>
      <p>{t("late.body")}</p>
      <Waiting told={told} />
      {told.value?.length === 0 && <p class="soft">{t("late.none")}</p>}
      <div class="tiles">
        {told.value?.map((view) => (
          <OneDevice
            key={view.stream + view.device}
            view={view}
            today={client.today.value}
            onAccept={(n) => accept(view, n)}
          />
        ))}
      </div>
    </Page>
  );
}

interface OneProps {
  readonly view: LateView;
  readonly today: string;
  readonly onAccept: (n: number) => Promise<void>;
}

function OneDevice({ view, today, onAccept }: OneProps) {
  const { name, stream, records, through } = view;
  const fitting = records.filter(({ n }) => n <= through);
  return (
    <section class="card stack" data-testid="late-of">
      <h2>{name === "" ? t("late.ofNobody") : t("late.of", { name })}</h2>
      <p class="soft">
        {t("late.count", { n: records.length })}
        {stream === "k" && ` · ${t("late.k")}`}
      </p>
      <ol class="list">
        {records.map((record) => (
          <li class="row wrap pad0" key={record.n} data-testid="late-record">
            <Words record={record} today={today} />
            {record.n < through && (
              <span>
                <TwoTaps
                  label={t("late.upTo")}
                  testid="late-up-to"
                  act={() => onAccept(record.n)}
                />
              </span>
            )}
          </li>
        ))}
      </ol>
      {fitting.length > 0 ? (
        <TwoTaps
          label={t("late.all", { n: fitting.length })}
          testid="late-all"
          act={() => onAccept(through)}
        />
      ) : (
        <p>{t("late.gap")}</p>
      )}
    </section>
  );
}

function Words({ record, today }: { readonly record: LateRecord; readonly today: string }) {
  const { type, day, pain, text } = record;
  return (
    <div class="grow device">
      <p class="strong">
        {t(TYPE_WORDS[type] ?? "late.other")}
        {day !== "" && ` · ${sayDay(day, today)}`}
      </p>
      {pain !== undefined && <p>{t("late.worst", { pain: painText(pain as 0 | "not_said") })}</p>}
      {text !== undefined && <p dir="auto">{text}</p>}
    </div>
  );
}
