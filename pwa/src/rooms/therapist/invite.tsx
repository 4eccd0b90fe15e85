/** The link and the square code that let a patient's phone join. */
import { useSignal } from "@preact/signals";
import type { Care, Client } from "../../client";
import { HandOver, onlyHere } from "../../ui/hand-over";
import { Icon } from "../../ui/icon";
import { Banner } from "../../ui/parts";
import { SquareCode } from "../../ui/square-code";
import { t } from "../../words";
import { nameOf } from "./desk";
import { madeLinks, rememberLink } from "./links";

/** Everything a therapist needs until the phone has joined. */
export function Invitation({ client, care }: { client: Client; care: Care }) {
  const state = useSignal<"" | "busy" | "failed">("");
  const link = madeLinks.value.get(care.circle);
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
  return (
    <div class="stack">
      <SquareCode text={link} label={t("invite.code")} />
      {onlyHere(link) && (
        <Banner icon="alert" tone="warn" testid="invite-local">
          <p>{t("invite.local")}</p>
        </Banner>
      )}
      <p class="small soft">{t("invite.body", { name })}</p>
      <HandOver link={link} testid="invite-link" />
    </div>
  );
}
