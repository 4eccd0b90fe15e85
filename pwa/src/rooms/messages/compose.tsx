/** Ready words and writing, for both sides. */
import { useSignal } from "@preact/signals";
import type { Care, Client } from "../../client";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { Banner } from "../../ui/parts";
import { t, type WordId } from "../../words";
import { otherName } from "./thread";

/** Letters of a message, as the record allows. */
const LETTERS_MAX = 2000;

const READY: Readonly<Record<"staff" | "person", readonly WordId[]>> = {
  person: ["msg.p1", "msg.p2", "msg.p3", "msg.p4", "msg.p5"],
  staff: ["msg.t1", "msg.t2", "msg.t3", "msg.t4", "msg.t5", "msg.t6"],
};

interface ComposeProps {
  readonly client: Client;
  readonly care: Care;
  /** It is durable. */
  readonly done: () => void;
}

/** Sends a text; `true` when it is durable here. */
function useSending({ client, care, done }: ComposeProps) {
  const state = useSignal<"" | "busy" | "failed">("");
  const send = async (text: string): Promise<boolean> => {
    if (state.peek() === "busy") return false;
    state.value = "busy";
    try {
      await client.write(care.circle, { type: "message", text });
      state.value = "";
      done();
      return true;
    } catch {
      state.value = "failed";
      return false;
    }
  };
  return { state, send };
}

function Failed({ isShown }: { isShown: boolean }) {
  return (
    <div role="alert">
      {isShown && (
        <Banner icon="alert" tone="bad" testid="save-failed">
          <p>{t("log.failed")}</p>
        </Banner>
      )}
    </div>
  );
}

/** Sentences that are sent by one tap, in the language of who taps. */
export function Ready(props: ComposeProps) {
  const { state, send } = useSending(props);
  const { role } = props.care;
  const words = READY[role === "therapist" || role === "admin" ? "staff" : "person"];
  return (
    <>
      <Failed isShown={state.value === "failed"} />
      {words.map((id) => (
        <button
          type="button"
          class="btn wide big-ans"
          data-testid={id.replace("msg.", "ready-")}
          aria-disabled={state.value === "busy"}
          onClick={() => void send(t(id))}
        >
          {t(id)}
        </button>
      ))}
    </>
  );
}

export function Write(props: ComposeProps) {
  const { state, send } = useSending(props);
  const text = useSignal("");
  const isEmpty = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    const trimmed = text.peek().trim();
    isEmpty.value = trimmed === "";
    if (trimmed !== "" && (await send(trimmed))) text.value = "";
  };
  return (
    <form class="stack" onSubmit={(event) => void submit(event)}>
      <Failed isShown={state.value === "failed"} />
      <Field
        id="write-text"
        label={t("msg.writeLabel", { name: otherName(props.care) })}
        value={text}
        max={LETTERS_MAX}
        error={isEmpty.value && !text.value.trim() ? t("msg.empty") : ""}
        long
      />
      <button
        type="submit"
        class="btn main-act"
        data-testid="write-send"
        aria-disabled={state.value === "busy"}
      >
        <Icon name="check" />
        {t("msg.send")}
      </button>
    </form>
  );
}
