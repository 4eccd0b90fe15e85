/** Telling in detail and telling anew; on every phone soon after the first start. */
import { route } from "../../ui/route";
import { addWords } from "../../words";
import { enTold } from "../../words/en-told";
import type { PatientProps } from "../patient/today";
import { Each } from "./each";
import { Told } from "./told";

addWords(enTold);

export function Telling(props: PatientProps) {
  const here = route.value;
  if (here.room === "each") return <Each key={here.at} {...props} at={here.at} />;
  if (here.room !== "told") return null;
  return <Told key={here.step} {...props} id={here.id} step={here.step} />;
}
