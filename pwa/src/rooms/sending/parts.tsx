/** Small parts of the room of sending. */
import { Banner } from "../../ui/parts";
import { t, type WordId } from "../../words";

const KB = 1_000;
const MB = 1_000_000;

/** An amount of data as phones show it: 340 KB, 1.2 MB. */
export function sayBytes(bytes: number): string {
  if (bytes < MB) return t("bytes.kb", { n: Math.ceil(bytes / KB) });
  const tenths = Math.round((bytes / MB) * 10) / 10;
  return t("bytes.mb", { n: tenths });
}

/** What was not done, said where it was asked for. */
export function Failed({ words }: { readonly words: WordId | "" }) {
  return (
    <div role="alert">
      {words !== "" && (
        <Banner icon="alert" tone="warn" testid="sending-failed">
          <p>{t(words)}</p>
        </Banner>
      )}
    </div>
  );
}
