/** What clinicians do beyond members; fetched when it is opened. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ClinicActs } from "../../clinic";
import { Page } from "../../ui/page";
import type { ClinicStep } from "../../ui/route";
import { addWords, t } from "../../words";
import { enClinic } from "../../words/en-clinic";
import type { MembersProps } from "../members";
import { Enrol } from "./enrol";
import { HandOn } from "./hand-on";
import { Key } from "./key";
import { Late } from "./late";
import { Menu } from "./menu";
import { ClinicNotes } from "./notes";
import { Silent } from "./silent";
import { Stop, Stopped } from "./stop";
import { Wishes } from "./wishes";

addWords(enClinic);

/** What every screen here is given. */
export interface ClinicProps extends MembersProps {
  readonly acts: ClinicActs;
}

const SCREENS = {
  more: Menu,
  enrol: Enrol,
  stop: Stop,
  stopped: Stopped,
  handover: HandOn,
  wishes: Wishes,
  late: Late,
  silent: Silent,
  notes: ClinicNotes,
  key: Key,
} as const satisfies Record<ClinicStep, unknown>;

export function ClinicRoom({ at, ...props }: MembersProps & { readonly at: ClinicStep }) {
  const acts = useSignal<ClinicActs | undefined>(undefined);
  useEffect(() => {
    props.members.acts().then(
      (opened) => {
        acts.value = opened;
      },
      () => undefined,
    );
  }, [props.members]);
  if (acts.value === undefined) {
    return (
      <Page canGoBack help={false} testid="clinic-wait">
        <h1>{t("wait.moment")}</h1>
      </Page>
    );
  }
  const Screen = SCREENS[at];
  return <Screen key={at} {...props} acts={acts.value} />;
}
