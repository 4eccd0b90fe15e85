/** The frame of a therapist's screen: rooms at the side, on a small screen a row above. */
import { type ComponentChildren, createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Care } from "../../client";
import { hide } from "../../ui/hide";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icons";
import { useNewPage } from "../../ui/page";
import { back, go, HOME, type Route, route, swap } from "../../ui/route";
import { t, type WordId } from "../../words";

/** What a patient is called at the desk. */
export function nameOf(care: Care): string {
  return care.name.value || t("desk.noName");
}

/** Circle of the clinic that this person is in; undefined without one. */
export const ClinicCircle = createContext<string | undefined>(undefined);

interface DeskProps {
  readonly title: string;
  readonly about?: ComponentChildren;
  readonly canGoBack?: boolean;
  /** Buttons at the end of the head. */
  readonly acts?: ComponentChildren;
  readonly testid: string;
  readonly children: ComponentChildren;
}

const ROOMS: readonly { readonly to: Route; readonly icon: IconName; readonly name: WordId }[] = [
  { to: HOME, icon: "person", name: "desk.patients" },
  { to: { room: "status" }, icon: "storage", name: "desk.sync" },
];

export function Desk({ title, about, canGoBack = false, acts, testid, children }: DeskProps) {
  const work = useNewPage();
  const inStatus = route.value.room === "status";
  const clinic = useContext(ClinicCircle);
  return (
    <div class="desk" data-testid={testid}>
      <nav class="rooms" aria-label={t("desk.rooms")}>
        {ROOMS.map(({ to, icon, name }) => (
          <button
            type="button"
            class="room"
            data-testid={`room-${to.room}`}
            aria-current={inStatus === (to.room === "status") ? "page" : undefined}
            onClick={() => swap(to)}
          >
            <Icon name={icon} />
            {t(name)}
          </button>
        ))}
        {clinic !== undefined && (
          <button
            type="button"
            class="room"
            data-testid="open-clinic"
            onClick={() => go({ room: "members", circle: clinic })}
          >
            <Icon name="group" />
            {t("desk.clinic")}
          </button>
        )}
        {hide.value && (
          <button type="button" class="room" data-testid="hide" onClick={hide.value}>
            <Icon name="lock" />
            {t("act.hide")}
          </button>
        )}
      </nav>
      <main class="work" ref={work}>
        <div class="head">
          {canGoBack && (
            <button
              type="button"
              class="btn icon edge"
              aria-label={t("act.back")}
              data-testid="back"
              onClick={back}
            >
              <Icon name="back" />
            </button>
          )}
          <div class="grow">
            <h1>{title}</h1>
            {about && <div class="soft">{about}</div>}
          </div>
          {acts}
        </div>
        {children}
      </main>
    </div>
  );
}
