/**
 * X-Wing, in a file of its own: it is fetched when the first key of that kind is made or used, and
 * most starts of the app do neither.
 *
 * Source: draft-connolly-cfrg-xwing-kem; FIPS 203.
 */
export { XWing } from "@hpke/hybridkem-x-wing";
