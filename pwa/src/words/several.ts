/** Several things named one after the other, as the language writes them. */
import { languageTag } from "./index";

const COMMA: Readonly<Record<string, string>> = { ar: "، " };

export function several(names: readonly string[]): string {
  return names.join(COMMA[languageTag()] ?? ", ");
}
