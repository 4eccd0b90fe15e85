/** What today shows of one's record: a rest or an end, the notice that waits, the way in. */
import { useEffect } from "preact/hooks";
import type { Care, Client } from "../../client";
import { keepSpare, spareOf } from "../../client/care-spare";
import { addWords, moreWords, t } from "../../words";
import { enHanded } from "../../words/en-handed";
import { enRecord } from "../../words/en-record";
import { HandedCards } from "../patient/handed";
import { LinkRow } from "../patient/link-row";
import type { OwnPlace } from "../patient/today";
import { consentOf } from "./consent";
import { Standing } from "./standing";

interface OwnProps {
  readonly client: Client;
  readonly care: Care;
  readonly at: OwnPlace;
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
  const spare = at === "top" ? spareOf(client, care) : undefined;
  useEffect(() => {
    if (spare !== undefined) keepSpare(client.profile.id, spare).catch(() => undefined);
  }, [spare]);
  if (at === "top") {
    return (
      <>
        <Standing client={client} care={care} />
        <HandedCards client={client} care={care} />
      </>
    );
  }
  if (at === "end") {
    return <LinkRow icon="person" label={t("record.title")} to={{ room: "record", circle }} />;
  }
  const isAsked = care.isOut.value || consentOf(care.diary.value) !== undefined;
  if (isAsked || care.closedAt.value > 0) return null;
  return (
    <LinkRow
      icon="seen"
      label={t("record.notice")}
      to={{ room: "record", circle, step: "notice" }}
      testid="open-notice"
    />
  );
}
