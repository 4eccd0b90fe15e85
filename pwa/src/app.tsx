/**
 * The app: from a link or a profile to the rooms of a patient or of a therapist.
 *
 * Rooms are chosen by state, not by address (see `ui/route.ts`). A link's secret leaves the address
 * bar and the history before anything else happens.
 *
 * Test ids, by screen (`data-testid`):
 * - door: starting, door-none, door-who, door-failed, door-without (-> unopened with unopened-{call, log,
 *   back, one} and each exercise), profile-{picture}; link-{incomplete, used,
 *   expired, unknown, offline}, link-retry, link-leave; join, join-accept, join-as-{picture},
 *   join-failed; setup, setup-clinic, setup-person, setup-save, setup-failed; door-someone, someone
 * - locks: locked with pin-{0..9}, pin-delete, pin-end, pin-refused, pin-forgot, unlock-phone,
 *   someone-else; forgot with forgot-back, forgot-wipe; wipe with wipe-yes, wipe-no, wipe-lost,
 *   wipe-failed; keys-pin, keys-none; hide (every bar); lock with lock-{put, change, take, phone,
 *   someone, wipe}, idle-{1, 2, 5, 15}, hidden-{true, false}; lock-{old, new, take, phone}, pin-differs
 * - patient, every screen: help (-> wrong), toast
 * - language: language with language-{tag}; open-language (at the door, in status)
 * - today: today, exercise-{place}, exercise-start, done-all (tells "all done" at once: 4 taps are
 *   done-all, pain-N, effort-N, save), log-start (-> log-done), morning-open, morning-answer,
 *   note-card, open-messages, open-better, open-cards, open-days, open-record, open-more (-> more with
 *   open-reminders, open-print, open-status, open-language), net-offline, net-trouble, net-refused
 * - exercise: exercise, exercise-run, exercise-phase, exercise-too-hard, exercise-done
 * - log: log-done with done-all, done-some, done-none; log-which with which-{place}, which-next;
 *   log-why with reason-{too_hard, pain, not_understood, no_time}, reason-skip; log-pain with
 *   pain-0 to pain-10, pain-skip; log-effort with effort-{0, 2, 5, 7, 10}, effort-skip, save;
 *   save-failed
 * - saved: saved, advice-{go, slow, stop, none}, not-seen, saved-wrong, saved-home
 * - morning: morning, pain-0 to pain-10 (save at once), pain-skip
 * - days: days, history-row (data-day), days-more, place-phone, place-server, pain-chart
 * - messages: messages with message, note-body, state-{phone, server, seen}, take-back, voice-play,
 *   voice-state; speak, speaking with speak-{count, send, stop, drop}, spoken with speak-hear,
 *   speak-{mic, save} (troubles), no-voice; open-ready with ready-{p1…, t1…}; open-write with
 *   write-text, write-send
 * - status: status, unsent, refused, sync-now
 * - something is wrong (help): check with check-{yes, no, not_sure}, check-call; check-{emergency,
 *   same_day, tell_first, none} with said-yes, check-unkept; check-help; both with call-emergency,
 *   call-contact, no-emergency, no-contacts, check-home, not-seen or seen, approved or not-approved
 * - sending (from status: open-sending): sending with sending-{data, check, stuck, relay, bring},
 *   count-{relay, bring, stuck}; data-used with used, left, limit-{1000000, 5000000, 20000000, 0}; check
 *   with check-now, check-{whole, mended, lacking, unreached}; stuck with stuck-unsent, stuck-unopened,
 *   stuck-again, stuck-file; relay with relay-waits, relay-file, relay-picture, relay-no-key; moving
 *   with moving-code, moving-done; bring with bring-camera, bring-choose, bring-file, brought
 *   (data-state), drop-{id}; bring-look with scan-video, bring-seen, bring-stop; sending-failed
 * - reminders (from more: open-reminders, from saved: saved-remind): remind-proposed with remind-take,
 *   remind-other; remind-choose with remind-{07:00, 09:00, 15:00, 18:00}, remind-earlier,
 *   remind-later, remind-time, remind-day-{1..7},
 *   remind-save, remind-no; remind-ask with remind-allow, remind-not; remind with remind-when,
 *   remind-{there, waits, failed, not-yet}, remind-{no, home, never}-allowed, remind-to-ask,
 *   remind-calendar, remind-pause, remind-week, remind-paused, remind-on, remind-change, remind-more;
 *   remind-choices with nudge-{0, 1, 2, 4}, quiet-{none, 20:00, 21:00, 22:00}, notes-{yes, no},
 *   plain-{yes, no}, remind-off; today-due
 * - ask: ask with digits, ask-no; members: members with members-add, members-asks, members-compare,
 *   members-strong, members-weak, members-leave, members-out, members-export, member (data-role),
 *   member-device, member-added, member-remove; add-who with add-{mine, patient, caregiver, therapist, admin},
 *   add-how with add-{direct, approve}, add-link, member-link; compare with digits,
 *   compare-same, compare-other; remove-yes, remove-no; leave-yes, leave-no; members-failed
 * - record (from today: open-record, open-notice): record with record-{rest, stop, end, notice, members,
 *   paper, copy}, record-standing, record-on; notice with notice-{yes, no, later, state, for};
 *   record-resting with rest-{3, 7, 14, 0}, why-{better, too_hard, pain, no_time, away, other},
 *   record-done; record-ending with end-{yes, no}; record-copy-room with copy-{read, data, open};
 *   record-failed; beside records entered-by, clock-{moved, unsure}
 * - paper: paper with paper-make, paper-later, paper-has, paper-other, paper-take-out, paper-failed;
 *   paper-shown with paper-code, paper-print, paper-kept; paper-try with paper-typed, paper-check,
 *   paper-again, paper-done; door-card; card with card-typed, card-enter, card-back, card-{target,
 *   removed, limit, tag, failed}
 * - side by side: door-beside; beside with beside-code, beside-next, beside-back, beside-failed;
 *   beside-look; add-beside (a way of add-how), add-answer with beside-answer; scan-camera, scan-video,
 *   scan-failed, scan-typed, scan-take; awaited; checking (a summary is shown)
 * - clinic (members-more): clinic-more with more-{enrol, late, notes, wishes, handover, stop, stopped,
 *   key}, count-{late, wishes, stopped}, own-name, own-name-save; enrol with staff, enrol-make,
 *   enrol-link; stop with stop-act, serve-again; stopped with take-out; handover with batch, staff,
 *   handover-wish; wishes with wish-yes, wish-all; late with late-up-to, late-all; clinic-notes with
 *   knotes-begin, knotes-let, knote-text, knote-save; clinic-key with key-line, key-add. What takes
 *   two taps has one id for both
 * - therapist: room-home, room-status, back; patients, add-patient, need-{stop, asks,
 *   silent, slow, words, waiting, track}, patient-row, find, track-show; add, patient-name,
 *   starter-{back, knee, shoulder}, plan-editor, patient-save; patient, invitation, invite-make,
 *   invite-link (text = the link), invite-local, session-row (data-day) with session-day, since
 *   with since-line, review, review-failed;
 *   session-done, row-wish, wish with wish-{see, close, failed}, wish-closed, session-pain, session-effort, session-reasons; note-text, note-save, note,
 *   note-body; two-plans, plan-change, plan, plan-name, plan-save,
 *   plan-heads with plan-head, plan-item with item-{open, load, note, remove}, load-offer, plan.{earlier,
 *   later}, library with library-open, exercise-find, exercise-{id}; plan-when with plan-start,
 *   plan-remind, plan-remind-time, plan-day-{1..7}
 */
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { Asking, Client, Door, ProfileView } from "./client";
import { keepPart } from "./client/offline";
import { tellPainted } from "./client/painted";
import { onTap, type Tap, takeTap } from "./client/tapped";
import { fetchTexts } from "./library/texts";
import { DoorRoom, type DoorState } from "./rooms/door/door";
import { forPatients } from "./ui/for-patients";
import { hide } from "./ui/hide";
import { later } from "./ui/later";
import { go, goHome, HOME, route, swap } from "./ui/route";
import { ToastVoice } from "./ui/toast";
import { languageTag, moreWords } from "./words";

const patient = later(async () => {
  await fetchTexts(languageTag());
  return (await import("./rooms/patient")).PatientRooms;
});
const therapist = later(async () => {
  await Promise.all([
    ...[moreWords(), moreWords("safety"), moreWords("care")],
    fetchTexts(languageTag()),
  ]);
  keepPart("desk");
  keepPart("planning");
  keepPart("members");
  return (await import("./rooms/therapist")).TherapistRooms;
});
const members = later(async () => {
  await moreWords();
  keepPart("members");
  return (await import("./rooms/members")).MembersRoom;
});
const paper = later(async () => {
  await moreWords();
  return (await import("./rooms/paper")).PaperRoom;
});
const sending = later(async () => {
  await moreWords();
  keepPart("sending");
  return (await import("./rooms/sending")).SendingRoom;
});
const reminders = later(async () => {
  await moreWords();
  keepPart("reminders");
  return (await import("./rooms/reminders")).RemindersRoom;
});
const record = later(async () => {
  await moreWords();
  return (await import("./rooms/record")).RecordRoom;
});
const language = later(async () => (await import("./rooms/language")).LanguageRoom);
const check = later(async () => {
  await moreWords("safety");
  return (await import("./rooms/check")).CheckRoom;
});
const lock = later(async () => (await import("./rooms/lock")).LockRoom);

function roomsOf({ role }: ProfileView) {
  return role === "patient" || role === "caregiver" ? patient : therapist;
}

interface RoomsProps {
  readonly client: Client;
  readonly door: Door;
  readonly onOpen: (client: Client) => void;
}

/** Rooms of an opened profile. */
export function Rooms({ client, door, onOpen }: RoomsProps) {
  const { Part } = roomsOf(client.profile);
  const { room } = route.value;
  useEffect(tellPainted, []);
  return (
    <>
      {room === "lock" ? (
        <lock.Part client={client} door={door} onOpen={onOpen} />
      ) : room === "members" ? (
        <members.Part client={client} />
      ) : room === "record" ? (
        <record.Part client={client} />
      ) : room === "paper" ? (
        <paper.Part client={client} />
      ) : room === "sending" ? (
        <sending.Part client={client} />
      ) : room === "reminders" ? (
        <reminders.Part client={client} />
      ) : (
        <Part client={client} />
      )}
      <ToastVoice />
    </>
  );
}

export function App({ door }: { readonly door: Door }) {
  const [way] = useState(() => new Entrance(door));
  useEffect(() => {
    const enter = () => void way.enter();
    enter();
    addEventListener("hashchange", enter);
    const stop = onTap(() => void way.tapped());
    return () => {
      removeEventListener("hashchange", enter);
      stop();
    };
  }, [way]);
  const client = way.client.value;
  const onOpen = (opened: Client) => void way.show(opened);
  if (route.value.room === "language") return <language.Part />;
  // Who is in danger needs no number: what can be said without a record is said.
  if (route.value.room === "wrong" && !client) {
    return <check.Part client={undefined} care={undefined} />;
  }
  if (client) return <Rooms client={client} door={door} onOpen={onOpen} />;
  return (
    <DoorRoom
      door={door}
      state={way.state.value}
      onOpen={onOpen}
      onProfile={(id) => void way.openProfile(id)}
      onRetry={() => void way.lookAgain()}
      onLeave={() => void way.enterWithoutLink()}
      onCard={() => {
        way.state.value = { at: "card" };
      }}
      onBeside={() => {
        way.state.value = { at: "beside" };
      }}
      onSomeone={() => {
        way.state.value = { at: "someone" };
      }}
      onStuck={(...stuck) => way.stuck(...stuck)}
    />
  );
}

/** Takes the secret out of the address bar and out of this history entry. */
function takeFragment(): string {
  const fragment = location.hash.slice(1);
  if (fragment) history.replaceState(history.state, "", location.pathname + location.search);
  return fragment;
}

/** The steps from the opened page to an opened profile. */
class Entrance {
  readonly client = signal<Client | undefined>(undefined);
  readonly state = signal<DoorState>({ at: "starting" });
  readonly #door: Door;
  /** A notification that was tapped, until its room is shown. */
  #tap: Tap | undefined;

  constructor(door: Door) {
    this.#door = door;
  }

  /** By the link in the address, or by the profiles of this phone. */
  async enter(): Promise<void> {
    const fragment = takeFragment();
    if (!fragment) {
      if (this.client.peek()) return;
      const tapped = takeTap().then((tap) => {
        this.#tap = tap;
        return tap?.profile;
      });
      await this.enterWithoutLink(tapped);
      return;
    }
    await this.#putAway();
    await this.#lookAt(fragment);
  }

  /** Shows what a notification was about; whoever is in the middle of telling goes on. */
  async tapped(): Promise<void> {
    const tap = await takeTap();
    if (!tap) return;
    this.#tap = tap;
    const open = this.client.peek();
    if (open && (!tap.profile || tap.profile === open.profile.id)) this.#showTapped();
    else {
      await this.#putAway();
      await this.enterWithoutLink(tap.profile);
    }
  }

  #showTapped(): void {
    const { room } = route.peek();
    if (this.#tap?.kind === "note") go({ room: "messages" });
    else if (this.#tap && room !== "log" && room !== "exercise") goHome();
    this.#tap = undefined;
  }

  /** One profile opens by itself, several are asked for by picture, none needs a link. */
  async enterWithoutLink(wanted?: string | Promise<string | undefined>): Promise<void> {
    await this.#atDoor(async () => {
      const [profiles, last] = await Promise.all([this.#door.profiles(), wanted]);
      const [only = undefined, ...others] = profiles;
      const one = others.length === 0 ? only : profiles.find((each) => each.id === last);
      if (one) await this.#open(one);
      else if (profiles.length > 0) this.state.value = { at: "chooser", profiles };
      else this.#goOnAsking(await this.#door.asked());
    });
  }

  /** Somebody who asked to be let in sees the same digits again. */
  #goOnAsking([asking]: readonly Asking[]): void {
    this.state.value = asking ? { at: "asking", asking } : { at: "chooser", profiles: [] };
  }

  async openProfile(id: string): Promise<void> {
    await this.#atDoor(async () => {
      const profile = (await this.#door.profiles()).find((each) => each.id === id);
      if (profile) await this.#open(profile);
    });
  }

  /** What is open goes out of sight at once, and then out of memory. */
  async hide(): Promise<void> {
    const client = this.client.peek();
    if (!client) return;
    const { id, locked } = client.profile;
    this.state.value = { at: "starting" };
    await this.#putAway();
    await this.enterWithoutLink(locked ? id : undefined);
  }

  /** A way in that keys stand in the way of: shows what to do; false for any other error. */
  stuck(error: unknown, again: (pin?: string) => Promise<Client>, profileId = ""): boolean {
    const { name, why } = error as { name?: string; why?: string };
    if (name === "ProfileLocked") {
      void this.#atDoor(() => this.#askNumber(profileId, again));
      return true;
    }
    if (name !== "KeyStoreError" || (why !== "opaque" && why !== "none")) return false;
    this.state.value = { at: "keys", why, again };
    return true;
  }

  async lookAgain(): Promise<void> {
    const current = this.state.peek();
    if (current.at === "link") await this.#lookAt(current.fragment);
  }

  /** Shows the rooms once their code is there. */
  async show(client: Client): Promise<void> {
    await roomsOf(client.profile).ready();
    const several = (await this.#door.profiles()).length > 1;
    if (this.client.peek() === client) return;
    goHome();
    const { role } = client.profile;
    forPatients.value = role === "patient" || role === "caregiver";
    this.client.value = client;
    this.#showTapped();
    hide.value = client.profile.locked || several ? () => void this.hide() : undefined;
    client.ended.subscribe((ended) => {
      if (ended && this.client.peek() === client) void this.hide();
    });
  }

  async #putAway(): Promise<void> {
    const client = this.client.peek();
    // What was open is nobody's business at the door.
    swap(HOME);
    forPatients.value = true;
    this.client.value = undefined;
    hide.value = undefined;
    await client?.close();
  }

  async #open(profile: ProfileView): Promise<void> {
    const { id } = profile;
    // Fetched while keys and records are.
    if (!profile.locked) void roomsOf(profile).ready();
    try {
      await this.show(await this.#door.open(id));
    } catch (error) {
      if ((error as Error).name !== "ProfileLocked") throw error;
      await this.#askNumber(id);
    }
  }

  async #askNumber(id: string, then?: () => Promise<Client>): Promise<void> {
    const profiles = await this.#door.profiles();
    const profile = profiles.find((each) => each.id === id);
    if (!profile) throw new Error("there is no such profile on this phone");
    const several = profiles.length > 1;
    this.state.value = { at: "locked", profile, several, ...(then && { then }) };
  }

  async #lookAt(fragment: string): Promise<void> {
    await this.#atDoor(async () => {
      const looks = [this.#door.look(fragment), this.#door.profiles()] as const;
      const [view, profiles] = await Promise.all(looks);
      this.state.value = { at: "link", view, fragment, profiles };
    });
  }

  /** Runs `step`; when anything breaks, says so and offers the same step again. */
  async #atDoor(step: () => Promise<void>): Promise<void> {
    this.state.value = { at: "starting" };
    try {
      await step();
    } catch {
      this.state.value = { at: "failed", retry: () => void this.#atDoor(step) };
    }
  }
}
