/** What was: my days, and the plan on paper. */
import { route } from "../../ui/route";
import { Days } from "./history";
import { Print } from "./print";
import type { PatientProps } from "./today";

export function Past(props: PatientProps) {
  switch (route.value.room) {
    case "print":
      return <Print {...props} />;
    default:
      return <Days {...props} />;
  }
}
