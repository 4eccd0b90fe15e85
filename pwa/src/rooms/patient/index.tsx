/** The patient's rooms: today is here, the others are fetched as soon as today stands. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Care, Client } from "../../client";
import { later } from "../../ui/later";
import { Page } from "../../ui/page";
import { route } from "../../ui/route";
import { moreWords, t } from "../../words";
import { resumeDraft } from "./draft";
import { Today } from "./today";

const more = later(async () => {
  await moreWords("safety");
  return (await import("./more")).More;
});
const check = later(async () => {
  await moreWords("safety");
  return (await import("../check")).CheckRoom;
});

export function PatientRooms({ client }: { client: Client }) {
  const picked = useSignal("");
  useEffect(() => {
    void check.ready();
    void more.ready();
  }, []);
  const cares = client.cares.value.filter(({ role }) => role === "patient" || role === "caregiver");
  const care = cares.find(({ circle }) => circle === picked.value) ?? cares[0];
  const today = client.today.value;
  useEffect(() => {
    if (!care) return;
    const { loaded = Promise.resolve() } = care;
    const resume = () => resumeDraft(client, care.circle, today, care.sessions.peek());
    loaded.then(resume).catch(() => undefined);
  }, [client, care, today]);
  const home = route.value.room === "home";
  if (route.value.room === "wrong") return <check.Part client={client} care={care} />;
  if (!care) {
    return (
      <Page testid="today">
        <h1>{t("today.noPlan")}</h1>
      </Page>
    );
  }
  if (cares.length > 1 && home && picked.value === "") {
    return (
      <WhichCare
        cares={cares}
        onPick={(circle) => {
          picked.value = circle;
        }}
      />
    );
  }
  if (home) return <Today key="today" client={client} care={care} />;
  return <more.Part client={client} care={care} />;
}

function WhichCare({
  cares,
  onPick,
}: {
  cares: readonly Care[];
  onPick: (circle: string) => void;
}) {
  return (
    <Page testid="which-care">
      <h1>{t("today.which")}</h1>
      {cares.map((care) => (
        <button type="button" class="btn wide big-ans" onClick={() => onPick(care.circle)}>
          {care.therapist.value || care.name.value || t("who.therapistStart")}
        </button>
      ))}
    </Page>
  );
}
