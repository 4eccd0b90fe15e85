/**
 * Contact sheets of the figures: `node tools/figures.ts [folder] [id…]` writes build/figures.html,
 * each exercise from its start to its end. For the eyes of those who draw.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "vite";

const STEPS = [0, 0.5, 1] as const;

/** The page as text: one card for each exercise, three poses and the name. */
async function sheet(asked: readonly string[]): Promise<string> {
  const server = await createServer({ server: { middlewareMode: true }, logLevel: "silent" });
  try {
    const { NAMES } = await server.ssrLoadModule("/src/library/names.en.ts");
    const { drawingOf } = await server.ssrLoadModule("/src/library/frames.ts");
    const { outlines, partsOf, poseAt, propPath } =
      await server.ssrLoadModule("/src/ui/figure/pose.ts");
    const { partClass } = await server.ssrLoadModule("/src/ui/figure/figure.tsx");
    const ids = Object.keys(NAMES).filter((id) => asked.length === 0 || asked.includes(id));
    const cards = ids.map((id) => {
      const drawing = drawingOf(id);
      if (!drawing)
        return `<figure class="none"><figcaption>${id} ${NAMES[id]}</figcaption></figure>`;
      const props = (arrows: boolean) =>
        drawing.props
          .filter(({ kind }: { kind: string }) => (kind === "a") === arrows)
          .map((prop: { kind: string }) => {
            const name = arrows ? "arrow" : prop.kind === "r" ? "towel" : "prop";
            return `<path class="f-${name}" d="${propPath(prop)}"/>`;
          })
          .join("");
      const drawn = STEPS.map((u) => {
        const lines = outlines(poseAt(drawing.frames, u), drawing);
        const body = partsOf(drawing)
          .map((part: string) => `<path class="${partClass(part, drawing)}" d="${lines[part]}"/>`)
          .join("");
        return `<svg viewBox="${drawing.window.join(" ")}"><path class="f-floor" d="M-4 96H104"/>${props(false)}${body}<path class="f-band" d="${lines.b}"/>${props(true)}</svg>`;
      });
      return `<figure>${drawn.join("")}<figcaption>${id} ${NAMES[id]}</figcaption></figure>`;
    });
    return cards.join("\n");
  } finally {
    await server.close();
  }
}

const [folder = "../build", ...asked] = process.argv.slice(2);
const style = ["tokens", "figure"]
  .map((name) => readFileSync(join("src/ui/styles", `${name}.css`), "utf8"))
  .join("\n");
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, "figures.html"),
  `<!doctype html><meta charset="utf-8"><title>Figures</title><style>${style}
body{margin:8px;background:var(--paper);color:var(--ink);display:grid;grid-template-columns:repeat(3,1fr);gap:8px;font:14px sans-serif}
figure{margin:0;padding:6px;background:var(--card);border:1px solid var(--line)}
figure svg{inline-size:32%;block-size:150px}</style>${await sheet(asked)}`,
);
