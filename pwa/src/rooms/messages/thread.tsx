/** What was said, oldest first, each with who has it by now. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Care, Client } from "../../client";
import { type Media, type Voice, VoiceMissing } from "../../media";
import { AddedBy } from "../../ui/added-by";
import { Icon } from "../../ui/icon";
import { type Playing, sound } from "../../ui/sound-of-voice";
import { t } from "../../words";
import { dayOf, sayDay } from "../../words/dates";
import { heardBy, type Said, saidIn, unheard } from "../talk";
import { tellHeard } from "./media";

export interface TalkProps {
  readonly client: Client;
  readonly care: Care;
  readonly media: Media | undefined;
}

const STREAM_AT = -7;

/** The other side by name, as the one who reads calls it. */
export function otherName(care: Care): string {
  const isStaff = care.role === "therapist" || care.role === "admin";
  return isStaff ? care.name.value : care.therapist.value || t("who.therapist");
}

function nameOf(said: Said, care: Care): string {
  if (said.mine) return t("notes.me");
  const byStaff = said.staff === true || said.value.type === "note";
  return (byStaff ? care.therapist.value : care.name.value) || t("who.therapistStart");
}

/** Share of a message that must be in view to have been seen; a long one never is as a whole. */
const SEEN_SHARE = 0.1;

/** Calls `tell` with those of `ids` that come into view; gives the way to stop. */
function whenSeen(
  list: HTMLElement | null,
  ids: readonly string[],
  tell: (seen: readonly string[]) => void,
): () => void {
  if (ids.length === 0 || list === null) return () => undefined;
  if (!("IntersectionObserver" in globalThis)) {
    tell(ids);
    return () => undefined;
  }
  const observer = new IntersectionObserver(
    (entries) => {
      const seen = entries.filter(({ isIntersecting }) => isIntersecting);
      for (const { target } of seen) observer.unobserve(target);
      if (seen.length > 0) tell(seen.map(({ target }) => (target as HTMLElement).dataset.id ?? ""));
    },
    { threshold: SEEN_SHARE },
  );
  for (const one of list.querySelectorAll<HTMLElement>("[data-id]")) {
    if (ids.includes(one.dataset.id ?? "")) observer.observe(one);
  }
  return () => observer.disconnect();
}

export function Thread({ client, care, media }: TalkProps) {
  const today = client.today.value;
  const voices = media?.voices.value;
  const all = saidIn(care);
  const news = unheard(care);
  // A voice is heard when it was listened to; what is written, when it stands here.
  const read = news.filter(({ id, value }) => value.text !== undefined && !voices?.has(id));
  const list = useRef<HTMLDivElement>(null);
  const ids = read.map(({ id }) => id);
  useEffect(
    () => whenSeen(list.current, ids, (seen) => void tellHeard(client, care, seen)),
    [ids.join(), care.circle],
  );
  const heard = heardBy(care);
  let day = "";
  return (
    <div class="talk" data-testid="talk" ref={list}>
      {all.map((said) => {
        const { id, value } = said;
        const its = dayOf(value.at, value.tz_min);
        const isNew = its !== day;
        day = its;
        const voice = voices?.get(id);
        const seen = heard.get(id);
        return (
          <>
            {isNew && <p class="soft small strong">{sayDay(its, today)}</p>}
            <article class={said.mine ? "mine" : ""} key={id} data-id={id} data-testid="message">
              <div class={`bubble ${said.mine ? "me" : ""}`}>
                <p class="kicker row wrap">
                  <span>{nameOf(said, care)}</span>
                  {id.at(STREAM_AT) === "k" && (
                    <span class="tag">{t("patient.noteClinicians")}</span>
                  )}
                </p>
                {value.text !== undefined && (
                  <p class="note-text" dir="auto" data-testid="note-body">
                    {value.text}
                  </p>
                )}
                {media && voice && (
                  <VoiceLine
                    {...{ care, media, id, voice }}
                    heard={() => void (said.mine || tellHeard(client, care, [id]))}
                  />
                )}
              </div>
              {said.mine && (
                <State
                  place={voice?.place === "phone" ? "phone" : said.place}
                  seen={
                    seen && {
                      isVoice: voice !== undefined,
                      name: otherName(care),
                      day: sayDay(dayOf(seen.value.at, seen.value.tz_min), today),
                    }
                  }
                />
              )}
              {said.mine && said.place === "phone" && value.type === "message" && (
                <TakeBack client={client} care={care} id={id} />
              )}
              <AddedBy added={said.added} today={today} />
            </article>
          </>
        );
      })}
    </div>
  );
}

interface StateProps {
  readonly place: "phone" | "server";
  readonly seen?:
    | { readonly isVoice: boolean; readonly name: string; readonly day: string }
    | undefined;
}

/** Waiting here, on the server, or seen by a person: three states, three marks. */
function State({ place, seen }: StateProps) {
  const icon = seen ? "seen" : place;
  const text = seen
    ? t(seen.isVoice ? "msg.heardBy" : "msg.seenBy", { name: seen.name, day: seen.day })
    : t(place === "phone" ? "msg.waits" : "msg.notSeen");
  return (
    <span class={`chip ${icon}`} data-testid={`state-${icon}`}>
      <Icon name={icon} size="s" />
      {text}
    </span>
  );
}

function TakeBack({ client, care, id }: { client: Client; care: Care; id: string }) {
  // What was said cannot be had again: one tap too many must not take it.
  const isSure = useSignal(false);
  const take = async () => {
    if (isSure.peek()) {
      await client.write(care.circle, { type: "void", target: id, reason: "mistake" });
    }
    isSure.value = true;
  };
  return (
    <button
      type="button"
      class="btn small-act"
      data-testid="take-back"
      onClick={() => void take().catch(() => undefined)}
    >
      <Icon name="close" size="s" />
      {t(isSure.value ? "msg.takeBackYes" : "msg.takeBack")}
    </button>
  );
}

type Trouble = VoiceMissing["why"] | "mute";

interface VoiceProps {
  readonly care: Care;
  readonly media: Media;
  /** Of the record that was spoken. */
  readonly id: string;
  readonly voice: Voice;
  readonly heard?: () => void;
}

/** A voice with its button, and what is in the way of hearing it. */
export function VoiceLine({ care, media, id, voice, heard }: VoiceProps) {
  const state = useSignal<"" | "busy" | Trouble>("");
  const playing = useSignal<Playing | undefined>(undefined);
  useEffect(() => () => playing.peek()?.stop(), []);
  const listen = async () => {
    if (playing.peek()) {
      playing.peek()?.stop();
      return;
    }
    if (state.peek() === "busy") return;
    state.value = "busy";
    try {
      const recording = await media.listen(id);
      const now = await sound.play(recording);
      playing.value = now;
      state.value = "";
      heard?.();
      await now.over;
      playing.value = undefined;
    } catch (error) {
      state.value = error instanceof VoiceMissing ? error.why : "mute";
    }
  };
  const isKnown = voice.toFetch === 0;
  const kb = Math.ceil(voice.toFetch / 1000);
  return (
    <>
      <button
        type="button"
        class="btn voice"
        data-testid="voice-play"
        aria-disabled={state.value === "busy"}
        onClick={() => void listen()}
      >
        <Icon name={playing.value ? "pause" : "play"} />
        <Wave />
        <span class="num">{t("msg.voice", { n: voice.seconds })}</span>
      </button>
      <p class="small soft" role="status" data-testid="voice-state">
        {state.value === "busy" && t("msg.fetching")}
        {state.value === "" && !isKnown && !playing.value && t("msg.fetch", { kb })}
        {voice.isRefused && t("msg.refused")}
        {isTrouble(state.value) && t(`msg.${state.value}`, { name: otherName(care) })}
      </p>
    </>
  );
}

function isTrouble(state: string): state is Trouble {
  return ["away", "offline", "damaged", "mute"].includes(state);
}

/** A voice, drawn: the same for everyone. */
function Wave() {
  return (
    <svg class="wave" viewBox="0 0 128 32" aria-hidden="true">
      <path d="M4 13V19M12 9V23M20 5V27M28 11V21M36 7V25M44 3V29M52 10V22M60 12V20M68 6V26M76 4V28M84 9V23M92 13V19M100 10V22M108 7V25M116 11V21M124 14V18" />
    </svg>
  );
}
