/** Twelve digits to be read aloud: four groups of three, never mirrored. */

/** Screen readers say them one by one. */
export function Digits({ digits }: { digits: string }) {
  const groups = digits.match(/.{3}/g) ?? [];
  return (
    <div class="digits num" data-testid="digits" role="img" aria-label={[...digits].join(" ")}>
      {groups.map((group) => (
        <span>{group}</span>
      ))}
    </div>
  );
}
