/** Whom patients call, and words that a clinician signs; fetched when it is opened. */
import type { Client } from "../../client";
import { route } from "../../ui/route";
import { addWords } from "../../words";
import { enSafeDesk } from "../../words/en-safe-desk";
import { Contacts } from "./contacts";
import { Texts } from "./texts";

addWords(enSafeDesk);

export function SigningRoom({ client }: { client: Client }) {
  const here = route.value;
  if (here.room === "contacts") return <Contacts client={client} />;
  if (here.room !== "texts") return null;
  const { set, language } = here;
  return <Texts key={`${set}${language}`} client={client} set={set} language={language} />;
}
