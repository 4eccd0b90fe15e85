/** What happens with one's record, in plain words, and the answer to it. */
import { useSignal } from "@preact/signals";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { back, swap } from "../../ui/route";
import { say } from "../../ui/toast";
import { languageTag, t } from "../../words";
import { sayDay } from "../../words/dates";
import { consentOf, NOTICE, NOTICE_WORDS, versionHere } from "./consent";
import type { RecordProps } from "./index";
import { Failed } from "./standing";

const ICONS: Readonly<Record<(typeof NOTICE_WORDS)[number], IconName>> = {
  "notice.what": "message",
  "notice.who": "group",
  "notice.where": "lock",
  "notice.seen": "server",
  "notice.long": "clock",
  "notice.rights": "edit",
  "notice.choice": "person",
};

export function Notice({ client, care }: RecordProps) {
  const failed = useSignal(false);
  const today = client.today.value;
  const given = consentOf(care.diary.value)?.value;
  const answer = async (yes: boolean) => {
    try {
      await client.write(care.circle, {
        type: "consent",
        notice: NOTICE,
        version: await versionHere(),
        language: languageTag(),
        choices: { care: yes },
        day: today,
        performed_at: Math.floor(Date.now() / 1000),
        given_by: care.role === "caregiver" ? "caregiver" : "self",
      });
    } catch {
      failed.value = true;
      return;
    }
    say(t("notice.saved"));
    if (yes) back();
    else swap({ room: "record", circle: care.circle, step: "end" });
  };
  return (
    <Page
      canGoBack
      testid="notice"
      foot={
        <>
          <button
            type="button"
            class="btn main-act"
            data-testid="notice-yes"
            onClick={() => void answer(true)}
          >
            <Icon name="check" />
            {t("notice.yes")}
          </button>
          <div class="two-btn">
            <button
              type="button"
              class="btn"
              data-testid="notice-no"
              onClick={() => void answer(false)}
            >
              {t("notice.no")}
            </button>
            <button type="button" class="btn" data-testid="notice-later" onClick={back}>
              {t("notice.later")}
            </button>
          </div>
        </>
      }
    >
      <h1>{t("record.notice")}</h1>
      <p>
        <span class="tag" data-testid="notice-unread">
          {t("notice.unread")}
        </span>
      </p>
      {care.role === "caregiver" && (
        <Banner icon="person" testid="notice-for">
          <p>{t("notice.for", { name: care.name.value || t("who.somebody") })}</p>
        </Banner>
      )}
      <ul class="card list">
        {NOTICE_WORDS.map((id) => (
          <li class="row pad" key={id}>
            <Icon name={ICONS[id]} />
            <span class="grow say">{t(id)}</span>
          </li>
        ))}
      </ul>
      <p data-testid="notice-state">
        {given === undefined
          ? t("notice.before")
          : t(given.choices.care === true ? "record.noticeYes" : "record.noticeNo", {
              day: sayDay(given.day, today),
            })}
      </p>
      <Failed isShown={failed.value} words="log.failed" />
    </Page>
  );
}
