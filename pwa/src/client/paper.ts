/** Making a printed card, and taking one's own devices out everywhere. */
import { computed, type ReadonlySignal } from "@preact/signals";
import * as entries from "../circle/entries.ts";
import { CircleError } from "../circle/errors.ts";
import { deviceId, drawWritten, type Pub } from "../circle/keys.ts";
import { drawCode, printCode, readCode, recoveryId, sealPaper } from "../circle/recovery.ts";
import type { Card, CardView } from "../members.ts";
import type { Setting } from "../records.gen.ts";
import { FOUND_PATH, refusal } from "./bundles.ts";
import type { OpenCare } from "./care.ts";
import { paperOf } from "./own-devices.ts";
import type { Surroundings } from "./surroundings.ts";

export class OpenCard implements Card {
  readonly view: ReadonlySignal<CardView>;
  readonly #cares: () => readonly OpenCare[];
  readonly #around: Surroundings;
  readonly #moved: () => void;
  #code = "";

  /** @param cares All circles of this profile, the card's own first. */
  constructor(cares: () => readonly OpenCare[], around: Surroundings, moved: () => void) {
    this.#cares = cares;
    this.#around = around;
    this.#moved = moved;
    this.view = computed(() => viewOf(cares(), around.keys.id));
  }

  async make(): Promise<string> {
    const { keys } = this.#around;
    const [home, ...others] = this.#cares();
    if (home === undefined) throw new CircleError("target", "a card needs a circle to be kept in");
    home.checkTrusted();
    const { secret, pub } = await drawWritten(keys.pub.kem);
    const device = await deviceId(pub);
    const code = drawCode();
    const rid = await recoveryId(code);
    const old = paperOf(home);
    await this.#bringIn(home, pub, device, rid);
    const { circle, membership } = home;
    const rec = await sealPaper(code, { secret, circle, head: [membership.seq, membership.head] });
    const path = `${FOUND_PATH}/${circle}/recovery/${rid}`;
    const answer = await this.#around.ask(path, { method: "PUT", body: JSON.stringify({ rec }) });
    if (answer.status >= 300) throw refusal(answer);
    for (const care of others) await this.#bringIn(care, pub, device, rid);
    if (old.device !== "") await this.takeOut([old.device]);
    if (old.rid !== "") {
      await this.#around.ask(`${FOUND_PATH}/${circle}/recovery/${old.rid}`, { method: "DELETE" });
    }
    this.#code = code;
    this.#moved();
    return printCode(code);
  }

  isRight(typed: string): boolean {
    const isRight = this.#code !== "" && readOr(typed) === this.#code;
    if (isRight) this.#noteTried().catch(() => {});
    return isRight;
  }

  async tryOut(typed: string): Promise<boolean> {
    const [home] = this.#cares();
    const code = readOr(typed);
    if (home === undefined || code === undefined) return false;
    const isRight = (await recoveryId(code)) === paperOf(home).rid;
    if (isRight) await this.#noteTried();
    return isRight;
  }

  /** That the paper can be read is known from now on, on every phone of this person. */
  async #noteTried(): Promise<void> {
    const [home] = this.#cares();
    const { member } = home ?? {};
    if (home === undefined || member === undefined) return;
    const values = { paper_tried: this.#around.clock.serverS };
    await home.write<Setting>({ type: "set", about: "member", member, values });
    this.#moved();
  }

  async takeOut(devices: readonly string[]): Promise<void> {
    const { keys, clock, writer } = this.#around;
    for (const care of this.#cares()) {
      await writer.append(care, async () => {
        const { membership, secrets } = care;
        const targets = devices.filter((device) => membership.live(device) !== undefined);
        if (targets.length === 0 || membership.live(keys.id) === undefined) return undefined;
        const markOf = await care.reach.marksOf(targets);
        return entries.remove(keys, membership, secrets, targets, markOf, clock.serverS);
      });
    }
    this.#moved();
  }

  forget(): void {
    this.#code = "";
  }

  async #bringIn(care: OpenCare, dev: Pub, device: string, rid: string): Promise<void> {
    const { keys, clock, writer } = this.#around;
    await care.loaded;
    if (care.membership.live(keys.id) === undefined) return;
    await writer.append(care, async () => {
      const { membership, secrets } = care;
      if (membership.devices.has(device)) return undefined;
      const { role, member, s } = membership.author(keys.id);
      return entries.add(keys, membership, secrets, { role, member, s, dev }, clock.serverS);
    });
    const { member = "" } = care;
    const values = { paper: device, paper_rid: rid };
    await care.write<Setting>({ type: "set", about: "member", member, values });
  }
}

/** What was typed, as a code; undefined where it is none. */
function readOr(typed: string): string | undefined {
  try {
    return readCode(typed);
  } catch (error) {
    if (error instanceof CircleError) return undefined;
    throw error;
  }
}

function viewOf(cares: readonly OpenCare[], here: string): CardView {
  const [home] = cares;
  if (home === undefined) return { since: 0, tried: 0, others: [] };
  void home.drawn.value;
  const { membership, member } = home;
  const paper = membership.live(paperOf(home).device);
  const own = membership.liveDevices().filter((device) => device.member === member);
  const at = (seq: number) => membership.stamps[seq]?.ts ?? 0;
  const since = paper === undefined ? 0 : at(paper.since);
  const tried = triedAt(home);
  return {
    since,
    tried: tried >= since ? tried : 0,
    others: own
      .filter(({ device }) => device !== here && device !== paper?.device)
      .map(({ device, since }) => ({
        id: device,
        since: at(since),
        heard: home.heardFrom(device),
      })),
  };
}

/** When somebody has last typed their card's letters rightly, unix seconds; 0 = never. */
function triedAt({ ordered, member }: OpenCare): number {
  const said = ordered
    .filter(({ author }) => author === member)
    .map(({ value }) => value)
    .filter((value): value is Setting => value.type === "set" && value.member === member)
    .map(({ values }) => values.paper_tried)
    .filter((at) => typeof at === "number");
  return said.at(-1) ?? 0;
}
