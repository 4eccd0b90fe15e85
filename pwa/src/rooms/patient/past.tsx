/** What was: my days, and the plan on paper. */
import { route } from "../../ui/route";
import { addWords } from "../../words";
import { enHanded } from "../../words/en-handed";
import { Days } from "./history";
import { Print } from "./print";
import type { PatientProps } from "./today";

addWords(enHanded);

export function Past(props: PatientProps) {
  switch (route.value.room) {
    case "print":
      return <Print {...props} />;
    default:
      return <Days {...props} />;
  }
}
