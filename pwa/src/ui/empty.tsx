/** An empty place with a picture, what it is and what comes. */
import type { ComponentChildren } from "preact";
import { Icon } from "./icon";
import type { IconName } from "./icons";

export function Empty({
  icon,
  title,
  children,
}: {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="card empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}
