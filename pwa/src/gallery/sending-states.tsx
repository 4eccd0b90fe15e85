/** The room of sending, in the states that press on its screens. */
import type { ComponentChildren } from "preact";
import { SendingRoom } from "../rooms/sending";
import { Look } from "../rooms/sending/bring";
import { Check } from "../rooms/sending/check";
import { Moving } from "../rooms/sending/moving";
import type { Brought } from "../sending";
import { type SendingStep, show } from "../ui/route";
import { addWords } from "../words";
import { enSending } from "../words/en-sending";
import { at, fakeClient, TODAY } from "./fake";
import { type FakeSendingParts, fakeSending, stuck } from "./fake-sending";

function room(step?: SendingStep, parts: FakeSendingParts = {}): () => ComponentChildren {
  return () => {
    show({ room: "sending", ...(step && { step }) });
    return <SendingRoom client={fakeClient({ sending: fakeSending(parts) })} />;
  };
}

const BROUGHT: readonly Brought[] = [
  { id: "b1", at: at(TODAY, 18.2), bytes: 1_133, state: "here" },
  { id: "b2", at: at("2025-11-14", 9.5), bytes: 69_000, state: "there" },
  { id: "b3", at: at("2025-11-02", 9.5), bytes: 2_090_000, state: "refused" },
];
const EVERY_UNSENT = ["limit", "removed", "stale", "closed", "taken", "schema"];
const EVERY_UNOPENED = ["epoch", "codec", "tag"];

export const SENDING_STATES: Readonly<Record<string, () => ComponentChildren>> = {
  sending: room(),
  "sending-diagnosis": room("diagnosis"),
  "sending-much": room(undefined, {
    limit: 5_000_000,
    waiting: 2_300,
    unsent: [stuck("limit")],
    unopened: [stuck("tag")],
    brought: BROUGHT,
  }),
  "data-used": room("data", { limit: 5_000_000, waiting: 3 }),
  "data-used-over": room("data", { limit: 1_000_000, used: 1_240_000, waiting: 41 }),
  "data-used-none": room("data", { used: 0 }),
  check: room("check"),
  ...Object.fromEntries(
    (["whole", "mended", "lacking", "unreached"] as const).map((found) => [
      `check-${found}`,
      () => {
        addWords(enSending);
        return <Check client={fakeClient()} sending={fakeSending()} found={found} />;
      },
    ]),
  ),
  stuck: room("stuck", {
    unsent: [
      ...EVERY_UNSENT.map((code, n) => stuck(code, n + 1)),
      ...Array.from({ length: 40 }, (_, n) => stuck("closed", 100 + n)),
    ],
    unopened: EVERY_UNOPENED.map((code, n) => stuck(code, 900_000 + n)),
  }),
  "stuck-none": room("stuck"),
  "stuck-unopened": room("stuck", { unopened: [stuck("epoch"), { id: "odd", code: "schema" }] }),
  relay: room("relay", { waiting: 12 }),
  "relay-none": room("relay"),
  "relay-no-key": room("relay", { waiting: 1, canSeal: false }),
  moving: () => {
    addWords(enSending);
    const file = Uint8Array.from({ length: 24_000 }, (_, byte) => (byte * 73) & 255);
    return <Moving file={file} onDone={() => undefined} />;
  },
  bring: room("bring", { brought: BROUGHT }),
  "bring-look": () => {
    addWords(enSending);
    return <Look onFile={() => undefined} onStop={() => undefined} />;
  },
  "bring-none": room("bring"),
};
