/** What the build makes of a catalogue, see `tools/catalogue.ts`. */
declare module "*.icu?patient" {
  const texts: readonly (0 | import("./index").Text)[];
  export default texts;
}
declare module "*.icu?safety" {
  const words: import("./index").Catalogue;
  export default words;
}
declare module "*.icu?care" {
  const words: import("./index").Catalogue;
  export default words;
}
declare module "*.icu?rest" {
  const words: import("./index").Catalogue;
  export default words;
}
