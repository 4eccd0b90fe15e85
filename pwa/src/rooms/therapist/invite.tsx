/** The link and the square code that let a patient's phone join. */
import { type ReadonlySignal, signal, useSignal } from "@preact/signals";
import { encode } from "uqr";
import type { Care, Client } from "../../client";
import { Icon } from "../../ui/icon";
import { Banner } from "../../ui/parts";
import { t } from "../../words";
import { nameOf } from "./patients";

/** Links made since the app was opened, by circle: a secret is not kept longer. */
const links = signal<ReadonlyMap<string, string>>(new Map());

export const madeLinks: ReadonlySignal<ReadonlyMap<string, string>> = links;

export function rememberLink(circle: string, link: string): void {
  links.value = new Map(links.peek()).set(circle, link);
}

/** Everything a therapist needs until the phone has joined. */
export function Invitation({ client, care }: { client: Client; care: Care }) {
  const state = useSignal<"" | "busy" | "failed">("");
  const link = links.value.get(care.circle);
  const make = async () => {
    if (state.peek() === "busy") return;
    state.value = "busy";
    try {
      rememberLink(care.circle, await client.invitePatient(care.circle));
      state.value = "";
    } catch {
      state.value = "failed";
    }
  };
  const name = nameOf(care);
  return (
    <section class="card" data-testid="invitation">
      <h2>{link ? t("invite.title", { name }) : t("desk.waiting")}</h2>
      <p>{t(link ? "invite.how" : "invite.waiting", { name })}</p>
      {link && <LinkCard link={link} name={name} />}
      <div role="alert">
        {state.value === "failed" && (
          <Banner icon="alert" tone="warn" testid="invite-failed">
            <p>{t("invite.failed")}</p>
          </Banner>
        )}
      </div>
      <button
        type="button"
        class={link ? "btn wide" : "btn act wide"}
        data-testid="invite-make"
        aria-disabled={state.value === "busy"}
        onClick={() => void make()}
      >
        <Icon name="qr" />
        {t(state.value === "busy" ? "wait.moment" : link ? "invite.makeNew" : "invite.make")}
      </button>
    </section>
  );
}

function LinkCard({ link, name }: { link: string; name: string }) {
  const copied = useSignal(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      copied.value = true;
    } catch {
      copied.value = false; // Not allowed here: the link stands above, to be marked by hand.
    }
  };
  return (
    <div class="stack">
      <Code link={link} />
      {onlyHere(link) && (
        <Banner icon="alert" tone="warn" testid="invite-local">
          <p>{t("invite.local")}</p>
        </Banner>
      )}
      <p class="code link" data-testid="invite-link" dir="ltr">
        {link}
      </p>
      <p class="small soft">{t("invite.body", { name })}</p>
      <div class="two-btn">
        <button type="button" class="btn" onClick={() => void copy()}>
          <Icon name={copied.value ? "check" : "edit"} />
          <span role="status">{t(copied.value ? "act.copied" : "act.copy")}</span>
        </button>
        {"share" in navigator && (
          <button
            type="button"
            class="btn"
            onClick={() => void navigator.share({ url: link }).catch(() => undefined)}
          >
            <Icon name="next" />
            {t("act.share")}
          </button>
        )}
      </div>
    </div>
  );
}

/** Whether a link leads to this very device only. */
function onlyHere(link: string): boolean {
  return /^https?:\/\/(127\.|localhost|\[::1\])/.test(link);
}

/** The square code, black on white in every theme. */
function Code({ link }: { link: string }) {
  const { data, size } = encode(link, { border: 2 });
  const squares = data.flatMap((row, y) =>
    row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])),
  );
  return (
    <div class="qr">
      <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t("invite.code")}>
        <path d={squares.join("")} shape-rendering="crispEdges" />
      </svg>
    </div>
  );
}
