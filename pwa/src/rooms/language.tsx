/** Which language the app speaks: each by its own name, with whether somebody has checked it. */
import { keepPart } from "../client/offline";
import { Icon } from "../ui/icon";
import { Page } from "../ui/page";
import { back } from "../ui/route";
import { languageTag, t } from "../words";
import { type Choice, keepLanguage, LANGUAGES } from "../words/languages";

export function LanguageRoom() {
  return (
    <Page canGoBack testid="language">
      <h1>{t("language.title")}</h1>
      <ul class="card list">
        {LANGUAGES.map((choice) => (
          <li key={choice.tag}>
            <LanguageButton {...choice} />
          </li>
        ))}
      </ul>
      {LANGUAGES.some(({ tag, reviewed }) => tag === languageTag() && reviewed === "") && (
        <p class="notseen">
          <Icon name="alert" />
          <span class="grow">{t("language.unread")}</span>
        </p>
      )}
    </Page>
  );
}

function LanguageButton({ tag, name, dir }: Choice) {
  const isSpoken = tag === languageTag();
  return (
    <button
      type="button"
      class="row pad link-row"
      data-testid={`language-${tag}`}
      aria-pressed={isSpoken}
      lang={tag}
      dir={dir}
      onClick={() => (isSpoken ? back() : speak(tag))}
    >
      <span class="grow strong">{name}</span>
      {isSpoken && <Icon name="check" />}
    </button>
  );
}

/** The app begins anew in the other language; what was saved is not touched. */
function speak(tag: string): void {
  keepLanguage(tag);
  if (tag !== "en") keepPart(`words-${tag}`);
  location.reload();
}
