/** What was: my days, the therapist's notes, and the plan on paper. */
import { route } from "../../ui/route";
import { Days } from "./history";
import { Notes } from "./notes";
import { Print } from "./print";
import type { PatientProps } from "./today";

export function Past(props: PatientProps) {
  switch (route.value.room) {
    case "print":
      return <Print {...props} />;
    case "notes":
      return <Notes {...props} />;
    default:
      return <Days {...props} />;
  }
}
