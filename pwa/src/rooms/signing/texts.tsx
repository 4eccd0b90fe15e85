/** Words to sign: every version in every language, read as a whole, with a clinician's name on it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Care, Client } from "../../client";
import type { Approval } from "../../records.gen";
import { approvalOf, TEXT_SETS, type TextSet, versionOf } from "../../safety/approved";
import { type Level, QUESTIONS } from "../../safety/questions";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { Banner } from "../../ui/parts";
import { go } from "../../ui/route";
import { say } from "../../ui/toast";
import { type Text, t, type WordId } from "../../words";
import { dayOf, sayDay } from "../../words/dates";
import { LANGUAGES, textsOf } from "../../words/languages";
import { Frame } from "./frame";

const LETTERS_MAX = 80;
const SETS = Object.keys(TEXT_SETS) as TextSet[];

interface Version {
  readonly textOf: (id: WordId) => Text;
  readonly version: string;
}

/** A set in a language; undefined while it is fetched, "gone" when it can not be. */
function useVersion(set: TextSet, language: string): Version | "gone" | undefined {
  const found = useSignal<Version | "gone" | undefined>(undefined);
  useEffect(() => {
    const load = async () => {
      const textOf = await textsOf(language);
      found.value = { textOf, version: await versionOf(set, textOf) };
    };
    load().catch(() => {
      found.value = "gone";
    });
  }, [set, language]);
  return found.value;
}

interface TextsProps {
  readonly client: Client;
  readonly set?: TextSet | undefined;
  readonly language?: string | undefined;
}

export function Texts({ client, set, language }: TextsProps) {
  const clinic = client.cares.value.find(({ purpose }) => purpose === "clinic");
  if (!clinic) {
    return (
      <Frame testid="texts" title={t("texts.title")}>
        <p>{t("contacts.noClinic")}</p>
      </Frame>
    );
  }
  if (set && language) return <Read client={client} clinic={clinic} set={set} tag={language} />;
  return (
    <Frame testid="texts" title={t("texts.title")} about={t("texts.body")}>
      <div class="stack-l">
        {SETS.map((each) => (
          <section class="card list" key={each}>
            <h2 class="pad">{t(`texts.${each}`)}</h2>
            <ul class="list">
              {LANGUAGES.map(({ tag, name }) => (
                <li key={tag}>
                  <LanguageLine clinic={clinic} set={each} tag={tag} name={name} client={client} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Frame>
  );
}

interface LineProps {
  readonly client: Client;
  readonly clinic: Care;
  readonly set: TextSet;
  readonly tag: string;
}

function LanguageLine({ client, clinic, set, tag, name }: LineProps & { name: string }) {
  const found = useVersion(set, tag);
  return (
    <button
      type="button"
      class="row pad link-row"
      data-testid={`texts-${set}-${tag}`}
      onClick={() => go({ room: "texts", set, language: tag })}
    >
      <span class="grow device">
        <strong lang={tag}>{name}</strong>
        <span class="soft small below">
          {typeof found === "object" ? (
            <State client={client} clinic={clinic} set={set} tag={tag} version={found.version} />
          ) : null}
        </span>
      </span>
      <Icon name="next" />
    </button>
  );
}

function State({ client, clinic, set, tag, version }: LineProps & { version: string }) {
  const by = approvalOf(clinic.diary.value, set, version, tag);
  if (!by) return <>{t("texts.unsigned")}</>;
  const day = sayDay(dayOf(by.at, by.tz_min), client.today.value);
  return <>{t("texts.signed", { name: by.name, day })}</>;
}

/** One version, from its first word to its last. */
function Read({ client, clinic, set, tag }: LineProps) {
  const found = useVersion(set, tag);
  const name = LANGUAGES.find((each) => each.tag === tag)?.name ?? tag;
  return (
    <Frame testid="texts-read" title={`${t(`texts.${set}`)} · ${name}`}>
      {found === "gone" && <p data-testid="texts-gone">{t("texts.notThere")}</p>}
      {found === undefined && <p class="soft">{t("wait.moment")}</p>}
      {typeof found === "object" && (
        <div class="stack-l">
          {set === "red-flags" ? (
            <Flags {...found} tag={tag} />
          ) : (
            <Lines ids={TEXT_SETS[set]} {...found} tag={tag} />
          )}
          <Sign client={client} clinic={clinic} set={set} tag={tag} version={found.version} />
        </div>
      )}
    </Frame>
  );
}

type Shown = Version & { readonly tag: string };

function Lines({ ids, textOf, tag }: Shown & { ids: readonly WordId[] }) {
  const said = (text: Text) => (typeof text === "string" ? text : Object.values(text).join(" / "));
  return (
    <ul class="card stack">
      {ids.map((id) => (
        <li
          key={id}
          class={/(Body|Next|\.hint)$/.test(id) ? "" : "strong"}
          lang={tag}
          dir="auto"
          data-testid="texts-line"
        >
          {said(textOf(id))}
        </li>
      ))}
    </ul>
  );
}

const LEVELS: readonly Level[] = ["emergency", "same_day", "tell_first"];

/** Questions by what a yes leads to, each with where it comes from; then what is said. */
function Flags(shown: Shown) {
  const asked = QUESTIONS.flatMap(({ id }) => [`flag.${id}`, `flag.${id}.hint`]);
  const outcomes = TEXT_SETS["red-flags"].filter((id) => !asked.includes(id));
  return (
    <div class="stack-l">
      {LEVELS.map((level) => (
        <section key={level} class="stack">
          <h2>{t(`texts.${level}`)}</h2>
          {QUESTIONS.filter((question) => question.level === level).map(
            ({ id, hasHint, source }) => {
              const ids = [`flag.${id}`, ...(hasHint ? [`flag.${id}.hint`] : [])] as WordId[];
              return (
                <div key={id}>
                  <Lines {...shown} ids={ids} />
                  <p class="soft small">{t(`source.${source}`)}</p>
                </div>
              );
            },
          )}
        </section>
      ))}
      <h2>{t("texts.outcomes")}</h2>
      <Lines {...shown} ids={outcomes} />
    </div>
  );
}

/** Who signs; the name is that of the last time. */
function Sign({ client, clinic, set, tag, version }: LineProps & { version: string }) {
  const diary = clinic.diary.value;
  const mine = diary.filter((one) => one.mine && one.value.type === "approval").at(-1)?.value;
  const before = mine as Approval | undefined;
  const name = useSignal(before?.name ?? "");
  const profession = useSignal(before?.profession ?? "");
  const state = useSignal<"" | "missing" | "failed">("");
  const by = approvalOf(diary, set, version, tag);
  const sign = async (approved: boolean) => {
    const said = { name: name.peek().trim(), profession: profession.peek().trim() };
    if (said.name === "" || said.profession === "") {
      state.value = "missing";
      return;
    }
    try {
      const signed = { texts: set, version, language: tag, approved, ...said };
      await client.write(clinic.circle, { type: "approval", ...signed });
      state.value = "";
      say(t(approved ? "texts.done" : "texts.undone"));
    } catch {
      state.value = "failed";
    }
  };
  const error = (text: string) =>
    state.value === "missing" && !text.trim() ? t("texts.missing") : "";
  return (
    <section class="card stack">
      <p class="strong" data-testid="texts-state">
        <State client={client} clinic={clinic} set={set} tag={tag} version={version} />
      </p>
      <p class="soft small code">{t("texts.version", { version: version.slice(0, 8) })}</p>
      <p>{t("texts.read")}</p>
      <Field
        id="texts-name"
        label={t("texts.name")}
        value={name}
        max={LETTERS_MAX}
        error={error(name.value)}
      />
      <Field
        id="texts-profession"
        label={t("texts.profession")}
        value={profession}
        max={LETTERS_MAX}
        error={error(profession.value)}
      />
      <button
        type="button"
        class={by ? "btn wide" : "btn act wide"}
        data-testid={by ? "texts-take-back" : "texts-sign"}
        onClick={() => void sign(!by)}
      >
        <Icon name={by ? "close" : "check"} />
        {t(by ? "texts.takeBack" : "texts.sign")}
      </button>
      <div role="alert">
        {state.value === "failed" && (
          <Banner icon="alert" tone="bad" testid="save-failed">
            <p>{t("log.failed")}</p>
          </Banner>
        )}
      </div>
    </section>
  );
}
