/** Names as they are compared. Pure. */

/** A name without case and accents. */
export function plain(name: string): string {
  return name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
