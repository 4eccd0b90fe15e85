/** What the build makes of a catalogue, see `tools/catalogue.ts`. */
declare module "*.icu?patient" {
  const words: import("./index").Catalogue;
  export default words;
}
declare module "*.icu?rest" {
  const words: import("./index").Catalogue;
  export default words;
}
