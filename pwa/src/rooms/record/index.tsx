/** My record, my choice: who reads it, resting, stopping, a copy, an end; fetched when it is opened. */
import "../../ui/styles/members.css";
import { useEffect } from "preact/hooks";
import type { Care, Client } from "../../client";
import { keepPart } from "../../client/offline";
import { later } from "../../ui/later";
import { Page } from "../../ui/page";
import { route } from "../../ui/route";
import { addWords, t } from "../../words";
import { enRecord } from "../../words/en-record";
import { End } from "./end";
import { Home } from "./home";
import { Notice } from "./notice";
import { Rest } from "./rest";

addWords(enRecord);

const copy = later(async () => (await import("../copy")).Copy);

/** What every screen here is given. */
export interface RecordProps {
  readonly client: Client;
  readonly care: Care;
}

export function RecordRoom({ client }: { client: Client }) {
  // A copy may be wanted where there is no network.
  useEffect(() => keepPart("copy"), []);
  const here = route.value;
  const circle = here.room === "record" ? here.circle : "";
  const care = client.cares.value.find((each) => each.circle === circle);
  if (here.room !== "record" || care === undefined) {
    return (
      <Page canGoBack testid="record-wait">
        <h1>{t("wait.moment")}</h1>
      </Page>
    );
  }
  const props = { client, care };
  switch (here.step) {
    case "notice":
      return <Notice key="notice" {...props} />;
    case "rest":
      return <Rest key="rest" {...props} />;
    case "end":
      return <End key="end" {...props} />;
    case "copy":
      return <copy.Part key="copy" {...props} />;
    default:
      return <Home key="home" {...props} />;
  }
}
