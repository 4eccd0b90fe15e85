/**
 * What is used of HPKE, in a file of its own: fetched when the first key is wrapped or opened, and
 * without the curves that nobody here has.
 *
 * Source: RFC 9180.
 */
export { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
