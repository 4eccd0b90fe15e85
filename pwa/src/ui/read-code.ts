/** Reads square codes from pictures, where the browser does not; a large part, fetched for that. */
import jsQR from "jsqr";

/** What the code in a picture says, undefined where none is seen. */
export function readCode({ data, width, height }: ImageData): string | undefined {
  return jsQR(data, width, height, { inversionAttempts: "dontInvert" })?.data;
}
