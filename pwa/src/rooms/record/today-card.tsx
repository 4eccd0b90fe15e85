/** What today shows of one's record: a rest or an end, the notice that waits, the way in. */
import type { Care, Client } from "../../client";
import { Icon } from "../../ui/icon";
import { go } from "../../ui/route";
import { addWords, moreWords, t } from "../../words";
import { enHanded } from "../../words/en-handed";
import { enRecord } from "../../words/en-record";
import { HandedCards } from "../patient/handed";
import { consentOf } from "./consent";
import { Standing } from "./standing";

interface OwnProps {
  readonly client: Client;
  readonly care: Care;
  /** Above the exercises, or among the ways to other rooms. */
  readonly at: "top" | "end";
}

/** With its words. */
export async function ownCard(): Promise<typeof OwnCard> {
  await Promise.all([moreWords(), moreWords("care")]);
  addWords(enRecord);
  addWords(enHanded);
  return OwnCard;
}

function OwnCard({ client, care, at }: OwnProps) {
  const { circle } = care;
  if (at === "end") {
    return (
      <button
        type="button"
        class="card row act-row"
        data-testid="open-record"
        onClick={() => go({ room: "record", circle })}
      >
        <Icon name="person" />
        <span class="grow strong">{t("record.title")}</span>
        <Icon name="next" />
      </button>
    );
  }
  const isAsked = care.isOut.value || consentOf(care.diary.value) !== undefined;
  return (
    <>
      <Standing client={client} care={care} />
      <HandedCards client={client} care={care} />
      {!isAsked && care.closedAt.value === 0 && (
        <button
          type="button"
          class="card row act-row"
          data-testid="open-notice"
          onClick={() => go({ room: "record", circle, step: "notice" })}
        >
          <Icon name="seen" />
          <span class="grow">
            <strong>{t("record.notice")}</strong>
            <span class="soft small below">{t("notice.before")}</span>
          </span>
          <Icon name="next" />
        </button>
      )}
    </>
  );
}
