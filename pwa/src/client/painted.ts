/** When the rooms of a profile were seen first: what nobody waits for is begun then. */

/** So long it is waited for at most: a page in the background paints nothing. */
const PATIENCE_MS = 1_000;

let tell = () => {};
const seen = new Promise<void>((resolve) => {
  tell = resolve;
});

/** The rooms are on the screen. */
export function tellPainted(): void {
  tell();
}

/** Resolves when they are, or after a while. */
export function painted(): Promise<void> {
  return Promise.race([seen, new Promise<void>((after) => setTimeout(after, PATIENCE_MS))]);
}
