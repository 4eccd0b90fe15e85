/** "This was someone else": out of this record, and locked on this phone for whose it is. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ProfileView } from "../../client";
import type { Handed } from "../../elsewhere";
import { Page } from "../../ui/page";
import { Portrait, pictureName } from "../../ui/portrait";
import { goHome } from "../../ui/route";
import { say } from "../../ui/toast";
import { t } from "../../words";
import { Failed, type OneProps } from "./told";

/** What is handed on of a record: nothing that belongs to the circle it leaves. */
function handed({ value }: OneProps["row"]): Handed {
  const { type, day, performed_at } = value;
  if (type === "pain")
    return { type, day, performed_at, context: value.context, score: value.score };
  const { done, items, pain, effort } = value;
  const told = { type, day, performed_at, done, items, pain };
  return effort === undefined ? told : { ...told, effort };
}

export function SomeoneElse({ client, care, row, failed }: OneProps) {
  const people = useSignal<readonly ProfileView[] | undefined>(undefined);
  const busy = useSignal(false);
  useEffect(() => {
    const load = async () => {
      people.value = await (await client.elsewhere()).profiles();
    };
    load().catch(() => {
      failed.value = true;
    });
  }, []);
  const give = async (person: ProfileView) => {
    if (busy.peek()) return;
    busy.value = true;
    try {
      // First it is safe with the other person, then it leaves this record.
      await (await client.elsewhere()).give(person.id, row.id, handed(row));
      const gone = { type: "void", target: row.id, reason: "someone_else" } as const;
      await client.write(care.circle, gone);
      say(t("told.elseDone", { picture: pictureName(person.picture) }));
      goHome();
    } catch {
      failed.value = true;
    }
    busy.value = false;
  };
  return (
    <Page canGoBack testid="told-someone">
      <h1>{t("told.elseAsk")}</h1>
      <p>{t("told.elseBody")}</p>
      {row.place === "server" && <p class="soft">{t("told.elseSeen")}</p>}
      <Failed failed={failed} />
      {people.value?.length === 0 && <p data-testid="told-nobody">{t("told.elseNobody")}</p>}
      <ul class="who mid">
        {people.value?.map((person) => (
          <li key={person.id}>
            <button
              type="button"
              data-testid={`told-to-${person.picture}`}
              onClick={() => void give(person)}
            >
              <Portrait picture={person.picture} />
              <span>{pictureName(person.picture)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Page>
  );
}
