/** The way to another language, known by its sign and by the name of the one that is spoken. */
import { t } from "../words";
import { Icon } from "./icon";
import { go } from "./route";

export function LanguageRow() {
  return (
    <button
      type="button"
      class="card row act-row"
      data-testid="open-language"
      onClick={() => go({ room: "language" })}
    >
      <Icon name="language" />
      <span class="grow strong">{t("language.name")}</span>
      <Icon name="next" size="s" />
    </button>
  );
}
