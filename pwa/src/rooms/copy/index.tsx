/** A copy of one's record: to read and print, or for another program; fetched when it is asked for. */
import { give } from "../../ui/give-file";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { Page } from "../../ui/page";
import { Banner } from "../../ui/parts";
import { say } from "../../ui/toast";
import { addWords, t, type WordId } from "../../words";
import { enCopy } from "../../words/en-copy";
import type { RecordProps } from "../record";
import { bundleOf } from "./bundle";
import { readable } from "./readable";

addWords(enCopy);

/** Nothing in a name says whose it is, or what. */
const NAME = "my-routine";

export function Copy({ client, care }: RecordProps) {
  const waits = client.sync.value.unsent;
  const hand = async (text: string, ending: string, type: string) => {
    const given = await give(new File([text], `${NAME}.${ending}`, { type }));
    if (given !== "not") say(t("copy.given"));
  };
  const today = client.today.value;
  return (
    <Page canGoBack testid="record-copy-room">
      <h1>{t("record.copy")}</h1>
      <Banner icon="alert" tone="warn" testid="copy-open">
        <p>{t("copy.open")}</p>
      </Banner>
      <Way
        icon="edit"
        title="copy.read"
        body="copy.readBody"
        onTake={() => hand(readable(care, today), "html", "text/html")}
      />
      <Way
        icon="storage"
        title="copy.data"
        body="copy.dataBody"
        onTake={() => hand(JSON.stringify(bundleOf(care), null, 1), "json", "application/json")}
      />
      <p class="soft">{t(waits > 0 ? "copy.alsoWaiting" : "copy.all", { n: waits })}</p>
    </Page>
  );
}

interface WayProps {
  readonly icon: IconName;
  readonly title: WordId;
  readonly body: WordId;
  readonly onTake: () => Promise<void>;
}

function Way({ icon, title, body, onTake }: WayProps) {
  return (
    <button
      type="button"
      class="card row pad act-row"
      data-testid={title.replace(".", "-")}
      onClick={() => void onTake()}
    >
      <Icon name={icon} />
      <span class="grow">
        <strong>{t(title)}</strong>
        <span class="soft small below">{t(body)}</span>
      </span>
      <Icon name="next" />
    </button>
  );
}
