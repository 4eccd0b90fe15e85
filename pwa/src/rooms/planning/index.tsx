/** A new patient, and the change of a plan; fetched beside the desk, kept with it. */
import "../../ui/styles/planning.css";
import type { Care, Client } from "../../client";
import { addWords } from "../../words";
import { enPlan } from "../../words/en-plan";
import { AddPatient, ChangePlan } from "./add";

addWords(enPlan);

/** @param care Whose plan is changed; undefined for somebody new. */
export function PlanningRoom({ client, care }: { client: Client; care: Care | undefined }) {
  if (care === undefined) return <AddPatient key="add" client={client} />;
  return <ChangePlan key={care.circle} client={client} care={care} />;
}
