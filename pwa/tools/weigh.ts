/**
 * What the app consists of: `npm run weigh` prints each file with the modules that are in it.
 *
 * The build is made in memory, with source maps. A file's size is its brotli bytes; a module gets
 * the share of them that it has of the file's characters, so that the sum is right.
 */
import { brotliCompressSync } from "node:zlib";
import { build, type Rolldown } from "vite";

/** Modules below this share of bytes are summed up. */
const LEAST = 100;
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of one segment of a source map. Source: ECMA-426, base64 VLQ. */
function numbers(segment: string): number[] {
  const found: number[] = [];
  let value = 0;
  let shift = 0;
  for (const letter of segment) {
    const digit = DIGITS.indexOf(letter);
    value += (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    found.push((value & 1) === 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return found;
}

/** Characters of each source in a built file; -1 is what the bundler added. */
export function charactersOf(code: string, mappings: string): Map<number, number> {
  const shares = new Map<number, number>();
  const lines = code.split("\n");
  let source = 0;
  for (const [index, line] of mappings.split(";").entries()) {
    let column = 0;
    const marks = line.split(",").map((segment): [column: number, source: number] => {
      const [columns = 0, sources] = numbers(segment);
      column += columns;
      source += sources ?? 0;
      return [column, sources === undefined ? -1 : source];
    });
    for (const [place, [from, of]] of marks.entries()) {
      const to = marks[place + 1]?.[0] ?? lines[index]?.length ?? from;
      shares.set(of, (shares.get(of) ?? 0) + to - from);
    }
  }
  return shares;
}

function print({ fileName, code, map }: Rolldown.OutputChunk): void {
  const bytes = brotliCompressSync(code.replace(/\n\/\/# sourceMappingURL.*/, "")).length;
  console.log(`${String(bytes).padStart(7)} ${fileName}`);
  const shares = charactersOf(code, map?.mappings ?? "");
  const all = [...shares.values()].reduce((sum, share) => sum + share, 0);
  let rest = 0;
  for (const [source, share] of [...shares].sort((left, right) => right[1] - left[1])) {
    const part = Math.round((share / all) * bytes);
    const name = map?.sources[source]?.replace(/^.*?(node_modules|src)\//, "") ?? "(bundler)";
    if (part < LEAST) rest += part;
    else console.log(`${String(part).padStart(15)} ${name}`);
  }
  if (rest > 0) console.log(`${String(rest).padStart(15)} others`);
}

/** Build in memory and print what is in it, the greatest first. */
async function weigh(): Promise<void> {
  const built = await build({ logLevel: "silent", build: { write: false, sourcemap: true } });
  const { output } = built as Rolldown.RolldownOutput;
  const chunks = output.filter((file) => file.type === "chunk");
  for (const chunk of chunks.sort((left, right) => right.code.length - left.code.length)) {
    print(chunk);
  }
}

if (import.meta.main) await weigh();
