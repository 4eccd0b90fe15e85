/**
 * What the screens of members and of recovery see and may ask for; fetched when they are opened.
 */
import type { ReadonlySignal } from "@preact/signals";
import type { Role } from "./client";
import type { ClinicActs } from "./clinic";

/** One phone, tablet or paper card of a person. */
export interface DeviceView {
  readonly id: string;
  /** The one that is held in the hand now. */
  readonly here: boolean;
  /** A printed card, where its owner said so. */
  readonly isPaper: boolean;
  /** When it came, unix seconds by the server's clock. */
  readonly since: number;
  /** Name of the member that brought it in; "" where it is not known. */
  readonly by: string;
  /** Whether that was its own owner, or who founded the circle. */
  readonly byOwner: boolean;
  /** It was put under somebody's name by another member: shown beside all that it writes. */
  readonly setUnder: boolean;
  /** When its newest record was written, unix seconds; 0 = never heard from. */
  readonly heard: number;
  /** Whether its key withstands a quantum computer. */
  readonly strong: boolean;
}

/** A person, or a key that only reads, with the devices that can read now. */
export interface PersonView {
  readonly member: string;
  readonly role: Role | "recovery";
  /** "" until the record with it has arrived. */
  readonly name: string;
  readonly mine: boolean;
  readonly devices: readonly DeviceView[];
  /** Whether this device may take all of it out. */
  readonly canRemove: boolean;
}

/** A phone that asks to be let in. */
export interface RequestView {
  readonly device: string;
  readonly iid: string;
  readonly role: Role | "recovery";
  /** Of the member under which it would come; "" where there is none yet. */
  readonly name: string;
  /** Twelve digits that its screen shows too. */
  readonly digits: string;
}

export interface MembersView {
  readonly people: readonly PersonView[];
  readonly requests: readonly RequestView[];
  /** Whether every device that can read has a key that withstands a quantum computer. */
  readonly isStrong: boolean;
  /** Roles in which this device may invite somebody new, or one more phone of a member. */
  readonly canInvite: readonly Role[];
  readonly canLeave: boolean;
  /** Whether there is more to do here than members: for clinicians, and where phones were taken out. */
  readonly hasMore: boolean;
  readonly purpose: "patient" | "clinic";
}

/** Whom a link is for. */
export interface Place {
  readonly role: Role;
  /** A member that is there already; absent for a new one. */
  readonly member?: string;
}

/** What the other phone is shown, and whether it has still to be let in. */
export interface Admission {
  readonly answer: string;
  readonly queued: boolean;
}

/** The members of one circle. Every act needs the network; it throws when it was not done. */
export interface Members {
  readonly view: ReadonlySignal<MembersView>;
  /**
   * A link to be shown in person ("direct"), or to be sent, by which one only can ask ("approve").
   */
  invite(place: Place, mode: "direct" | "approve"): Promise<string>;
  /** The digits are the same. */
  approve(device: string): Promise<void>;
  /** They are not: the link is good for nothing any more. */
  refuse(iid: string): Promise<void>;
  /**
   * Let a phone in whose square code was scanned; `code` is what it says. Without a network it is
   * done later.
   */
  admit(code: string, place: Place): Promise<Admission>;
  remove(devices: readonly string[]): Promise<void>;
  leave(): Promise<void>;
  /** What clinicians, and whoever takes a phone out, can do beyond this. */
  acts(): Promise<ClinicActs>;
  close(): void;
}

/** A person's printed card, and their other devices. */
export interface CardView {
  /** When the card that is good now was made, unix seconds; 0 = there is none. */
  readonly since: number;
  /** When its letters were last typed from the paper and were right, unix seconds; 0 = never. */
  readonly tried: number;
  /** Other phones of the same person, such as one that was lost. */
  readonly others: readonly {
    readonly id: string;
    readonly since: number;
    readonly heard: number;
  }[];
}

/** Every act needs the network; it throws when it was not done, and can be done again. */
export interface Card {
  readonly view: ReadonlySignal<CardView>;
  /** Make a card; an older one is worth nothing then. Gives what is printed, shown once. */
  make(): Promise<string>;
  /** Whether this is what stands on the card that was just made; that it was tried is kept. */
  isRight(typed: string): boolean;
  /** Whether this is what stands on the card that is good now. Needs no network. */
  tryOut(typed: string): Promise<boolean>;
  /** Take devices of one's own out of every circle. */
  takeOut(devices: readonly string[]): Promise<void>;
  /** What was printed is not shown any more. */
  forget(): void;
}
