/**
 * What the rooms of clinicians see and may ask for beyond the list of members; fetched when opened.
 */
import type { ReadonlySignal } from "@preact/signals";
import type { Role } from "./client";

/** Somebody of the clinic, by the clinic's own log. */
export interface StaffView {
  readonly member: string;
  /** "" until the record with it has arrived. */
  readonly name: string;
  readonly role: Role;
  readonly mine: boolean;
  /** Their live devices. */
  readonly devices: readonly string[];
}

/** The notes that clinicians write among themselves. */
export interface NotesView {
  /**
   * no: not for this role or not in this circle; none: nobody has begun; mine: this phone reads and
   * writes them; others: only other phones do.
   */
  readonly state: "no" | "none" | "mine" | "others";
  /** Who does not read them yet and could; `name` is "" where it is not known. */
  readonly waiting: readonly {
    readonly device: string;
    readonly name: string;
    readonly role: Role | "recovery";
  }[];
}

export interface ClinicView {
  readonly purpose: "patient" | "clinic";
  readonly isAdmin: boolean;
  /** Whether this device may let a key in that only reads, here or with any patient. */
  readonly canAddKey: boolean;
  readonly staff: readonly StaffView[];
  readonly notes: NotesView;
  /** Devices of this circle that are gone and whose late records this one may take in. */
  readonly gone: number;
}

/** A link by which a patient's phone founds its own circle. */
export interface TicketView {
  readonly link: string;
  /** Last unix second in which it can be used. */
  readonly expires: number;
}

/** A device that the server does not serve because an admin said so. */
export interface StoppedView {
  readonly device: string;
  /** Whose it is; "" where it is not known. */
  readonly name: string;
  /** Circles in which it still has the key and this phone may take it out. */
  readonly reach: number;
}

/** A device with reminders that the server did not hear of for 14 days. */
export interface SilentView {
  readonly device: string;
  /** The circle in which the server noted it. */
  readonly circle: string;
  /** No sign of it since this unix second, or longer. */
  readonly since: number;
  /** Whether it is somebody's of the clinic. */
  readonly isStaff: boolean;
  /** Whose it is; "" where this phone does not read that circle. */
  readonly name: string;
  /** Whose circle it is in; "" where this phone does not read it, and for the clinic's own. */
  readonly patient: string;
  /** Who of the clinic founded that circle, where the name is not known; "" for nobody of them. */
  readonly by: string;
}

/** Patients who can be handed on together: those in whose circles a member has acted. */
export interface BatchView {
  /** Member id in the clinic; "" for circles that patients' own phones founded. */
  readonly by: string;
  readonly name: string;
  readonly circles: readonly string[];
}

/** The clinic wishes that a clinician takes over a patient; nothing happens before a yes. */
export interface WishView {
  readonly circle: string;
  /** Name of the patient; "" until it has arrived. */
  readonly patient: string;
  /** Who is to come in, as the clinic's log names her. */
  readonly member: string;
  readonly name: string;
  /** Her devices that are not in yet. */
  readonly devices: number;
}

/** One record that came too late. */
export interface LateRecord {
  readonly n: number;
  /** What it is; "unread" when this phone can not open it. */
  readonly type: string;
  /** Local day of the person, `YYYY-MM-DD`; "" where the record has none. */
  readonly day: string;
  /** Worst pain, or the score; undefined where there is none. */
  readonly pain?: number | "not_said";
  readonly text?: string;
}

/** What a removed device has handed in after its end, of one stream, in order. */
export interface LateView {
  readonly device: string;
  readonly name: string;
  readonly stream: "c" | "k";
  readonly records: readonly LateRecord[];
  /** Up to which counter they can be taken in: nothing is missing before it; 0 = not one. */
  readonly through: number;
}

/** Every act needs the network; it throws when it was not done, and can be done again. */
export interface ClinicActs {
  readonly view: ReadonlySignal<ClinicView>;
  /** The name by which this person goes in the clinic. */
  sayName(name: string): Promise<void>;
  /** As an admin: a link for one patient, whose phone lets these therapists' devices in. */
  enrol(devices: readonly string[]): Promise<TicketView>;
  stopped(): Promise<readonly StoppedView[]>;
  /** As an admin: have the server not serve a device, or serve it again. */
  stop(device: string): Promise<void>;
  serve(device: string): Promise<void>;
  /** Take a device out wherever this phone may; gives in how many circles that was done. */
  takeOut(device: string): Promise<number>;
  /** As an admin: what could be handed on. */
  batches(): Promise<readonly BatchView[]>;
  /** As an admin: wish that a clinician takes these over. */
  wish(circles: readonly string[], member: string): Promise<void>;
  wishes(): Promise<readonly WishView[]>;
  /** The name is right: let her in. */
  confirm(wish: Pick<WishView, "circle" | "member">): Promise<void>;
  /** As an admin: phones that fell silent, the latest first; some may have come back unseen. */
  silent(): Promise<readonly SilentView[]>;
  late(): Promise<readonly LateView[]>;
  /** Let late records count up to counter `n`. */
  accept(device: string, stream: "c" | "k", n: number): Promise<void>;
  /** Begin the notes that clinicians write among themselves. */
  beginNotes(): Promise<void>;
  /** A note that clinicians alone read; durable on this phone when it resolves, also offline. */
  writeForClinicians(text: string): Promise<void>;
  grant(device: string): Promise<void>;
  /** Let a recovery key of the clinic in, by its public line; gives in how many circles it is new. */
  addKey(line: string): Promise<number>;
}
