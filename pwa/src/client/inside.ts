/** What is behind the door of this phone: all that opens profiles and makes them. */
import { type Entrance, enter } from "./admission.ts";
import { browserPhone, type Phone } from "./phone.ts";
import type { Shelf } from "./shelf.ts";

/** For those who come without a screen, as the benches do. */
export { openDoor } from "./open.ts";

export interface Inside {
  readonly phone: Phone;
  readonly entrance: Entrance;
}

/** Go inside; settles first what an earlier run left unanswered. */
export async function goInside(shelf: Shelf): Promise<Inside> {
  const phone = browserPhone();
  return { phone, entrance: await enter(phone, shelf) };
}
