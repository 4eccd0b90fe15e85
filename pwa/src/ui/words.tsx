import { type Args, t, type WordId } from "../words";

/** A text of the catalogue; `*words*` in it stand out. */
export function Words({ id, args }: { id: WordId; args?: Args }) {
  const pieces = t(id, args).split("*");
  return <>{pieces.map((piece, i) => (i % 2 === 1 ? <strong>{piece}</strong> : piece))}</>;
}
