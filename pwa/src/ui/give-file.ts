/** Hands a file on: by the phone's own way of sharing, else as a download. */
import type { Bytes } from "../circle/encoding";
import { spelled } from "../exchange/relay";

/** Nothing in the name says whose it is, or what. Only files that look like text can be shared. */
const NAME = "rejoint-sealed.txt";

/** What became of it: shared, saved, or given up by the person. */
export type Given = "shared" | "saved" | "not";

/** Hand on a sealed file; see `give`. */
export function giveFile(file: Bytes): Promise<Given> {
  return give(new File([spelled(file)], NAME, { type: "text/plain" }));
}

/** Resolves when the person has chosen where it goes, or it lies among the downloads. */
export async function give(file: File): Promise<Given> {
  const data = { files: [file] };
  if (navigator.canShare?.(data)) {
    try {
      await navigator.share(data);
      return "shared";
    } catch (error) {
      if ((error as Error).name === "AbortError") return "not";
      // Not allowed any more, or not by this browser: it can still be saved.
    }
  }
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = file.name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return "saved";
}
