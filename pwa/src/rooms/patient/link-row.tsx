/** One way to another room, as a row of a list. */
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { go, type Route } from "../../ui/route";

interface LinkRowProps {
  readonly icon: IconName;
  readonly label: string;
  readonly to: Route;
  /** What is new there, in a few words. */
  readonly end?: string;
  readonly testid?: string;
}

export function LinkRow({ icon, label, to, end = "", testid = `open-${to.room}` }: LinkRowProps) {
  return (
    <button type="button" class="row pad link-row" data-testid={testid} onClick={() => go(to)}>
      <Icon name={icon} />
      <span class="grow">
        <strong>{label}</strong>
        {end && <span class="soft small num below">{end}</span>}
      </span>
      <Icon name="next" />
    </button>
  );
}
