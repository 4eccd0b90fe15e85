/** Sending: what it costs, whether all is there, what is stuck, other phones; fetched when opened. */
import "../../ui/styles/sending.css";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Client } from "../../client";
import type { Sending } from "../../sending";
import { Page } from "../../ui/page";
import { route } from "../../ui/route";
import { addWords, t } from "../../words";
import { enSending } from "../../words/en-sending";
import { Bring } from "./bring";
import { Check } from "./check";
import { DataUsed } from "./data-used";
import { Diagnosis } from "./diagnosis";
import { Menu } from "./menu";
import { Relay } from "./relay";
import { RoomHere } from "./room";
import { WhatIsStuck } from "./stuck";

addWords(enSending);

/** What every screen here is given. */
export interface SendingProps {
  readonly client: Client;
  readonly sending: Sending;
}

export function SendingRoom({ client }: { client: Client }) {
  const here = route.value;
  const sending = useSignal<Sending | undefined>(undefined);
  useEffect(() => {
    let isGone = false;
    let opened: Sending | undefined;
    const take = (found: Sending) => {
      opened = found;
      if (isGone) found.close();
      else sending.value = found;
    };
    client.sending().then(take, () => undefined);
    return () => {
      isGone = true;
      opened?.close();
    };
  }, [client]);
  if (here.room !== "sending" || sending.value === undefined) {
    return (
      <Page canGoBack testid="sending-wait">
        <h1>{t("wait.moment")}</h1>
      </Page>
    );
  }
  const props = { client, sending: sending.value };
  switch (here.step) {
    case "data":
      return <DataUsed key="data" {...props} />;
    case "check":
      return <Check key="check" {...props} />;
    case "stuck":
      return <WhatIsStuck key="stuck" {...props} />;
    case "room":
      return <RoomHere key="room" {...props} />;
    case "relay":
      return <Relay key="relay" {...props} />;
    case "bring":
      return <Bring key="bring" {...props} />;
    case "diagnosis":
      return <Diagnosis key="diagnosis" {...props} />;
    default:
      return <Menu key="menu" {...props} />;
  }
}
