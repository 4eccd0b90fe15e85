/**
 * Argon2id, in a file of its own: it is fetched when a card is printed or read, and never else.
 *
 * Source: RFC 9106.
 */
export { argon2id } from "hash-wasm";
