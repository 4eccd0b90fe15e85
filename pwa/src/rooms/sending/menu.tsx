/** What there is in the room of sending. */
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { Page } from "../../ui/page";
import { go, type SendingStep } from "../../ui/route";
import { number, t } from "../../words";
import type { SendingProps } from "./index";
import { sayBytes } from "./parts";

interface Row {
  readonly at: SendingStep;
  readonly icon: IconName;
  readonly title: string;
  readonly body: string;
  readonly count?: number;
}

export function Menu({ sending }: SendingProps) {
  const { used, limit, unsent, unopened, waiting, brought } = sending;
  const amounts = { used: sayBytes(used.value), limit: sayBytes(limit.value) };
  const rows: Row[] = [
    {
      ...{ at: "relay", icon: "phone", title: t("sending.relay"), body: t("sending.relayRow") },
      count: waiting.value,
    },
    {
      ...{ at: "bring", icon: "group", title: t("sending.bring"), body: t("sending.bringRow") },
      count: brought.value.filter(({ state }) => state === "here").length,
    },
    {
      ...{ at: "check", icon: "check", title: t("sending.check"), body: t("sending.checkRow") },
    },
    {
      ...{ at: "stuck", icon: "alert", title: t("sending.stuck"), body: t("sending.stuckRow") },
      count: unsent.value.length + unopened.value.length,
    },
    {
      ...{ at: "data", icon: "chart", title: t("sending.data") },
      body: t(limit.value === 0 ? "sending.dataRow" : "sending.dataRowOf", amounts),
    },
    {
      ...{ at: "diagnosis", icon: "person", title: t("diagnosis.title") },
      body: t("diagnosis.row"),
    },
  ];
  rows.push({ at: "room", icon: "storage", title: t("room.title"), body: t("room.rowBody") });
  return (
    <Page canGoBack testid="sending">
      <h1>{t("sending.title")}</h1>
      {rows.map(({ at, icon, title, body, count = 0 }) => (
        <button
          type="button"
          class="card row pad act-row"
          data-testid={`sending-${at}`}
          key={at}
          onClick={() => go({ room: "sending", step: at })}
        >
          <Icon name={icon} />
          <span class="grow sending-row">
            <strong>{title}</strong>
            <span class="soft small below">{body}</span>
          </span>
          {count > 0 && (
            <span class="tag" data-testid={`count-${at}`}>
              {number(count)}
            </span>
          )}
          <Icon name="next" />
        </button>
      ))}
    </Page>
  );
}
