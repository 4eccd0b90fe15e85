/** One person's devices, and the circle that knows them all. */
import type { Member } from "../circle/log.ts";
import type { OpenCare } from "./care.ts";

/** The circle in which a card is kept: the clinic for its staff, else one's own record. */
export function homeFirst(cares: readonly OpenCare[]): OpenCare[] {
  const isHome = ({ purpose }: OpenCare) => Number(purpose === "clinic");
  return cares.filter(({ isWhole }) => isWhole).sort((left, right) => isHome(right) - isHome(left));
}

/** The printed card that this person's settings name; "" where there is none. */
export function paperOf(care: OpenCare): { readonly device: string; readonly rid: string } {
  return care.settingsOf(care.member ?? "");
}

/** This person's live devices in a circle, this one included. */
export function ownIn(care: OpenCare): Member[] {
  const { membership, member } = care;
  return membership.liveDevices().filter((device) => device.member === member);
}
