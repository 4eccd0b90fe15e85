/**
 * Every number a circle is bounded by.
 *
 * Source: docs/circle.md, "Limits".
 */

/** Characters of one entry's JWS. */
export const ENTRY_BYTES_MAX = 16 * 1024;
/** Characters of the sealed part of one document. */
export const DOCUMENT_BYTES_MAX = 256 * 1024;
/** Nested arrays and objects in signed JSON. */
export const JSON_DEPTH_MAX = 16;
/** Bytes of one record before it is packed: no small document unpacks into a flood. */
export const INFLATED_BYTES_MAX = 1024 * 1024;
/** Last number an entry can have; the last 200 only close or repair. */
export const SEQ_MAX = 2199;
/** Last number an entry can have that brings something in. */
export const SEQ_ORDINARY_MAX = 1999;
/** Live devices: each one costs a wrap at every removal. */
export const DEVICES_LIVE_MAX = 200;
/** Devices that ever stood in a log: each reader replays them all. */
export const DEVICES_EVER_MAX = 1000;
/** Open invitations: each one is a key that lies around. */
export const INVITATIONS_OPEN_MAX = 20;
/** Life in seconds of an invitation that is handed over in person. */
export const DIRECT_SECONDS_MAX = 3600;
/** Life in seconds of an invitation that is sent by a messenger: it only lets one ask. */
export const APPROVE_SECONDS_MAX = 1_209_600;
/** Life in seconds of an invitation by its mode. */
export const INVITED_SECONDS_MAX = {
  direct: DIRECT_SECONDS_MAX,
  approve: APPROVE_SECONDS_MAX,
} as const;
/** Greatest counter of a document: six digits. */
export const COUNTER_MAX = 999_999;
/** Life in seconds of a login token. */
export const LOGIN_SECONDS_MAX = 300;
/** Greatest `lam` of an operation. */
export const LAMPORT_MAX = 2 ** 40 - 1;
/** An operation whose `lam` exceeds this plus the number before it is set aside. */
export const LAMPORT_AHEAD_MAX = 1_000_000;
/** Characters of a checkpoint: marks of 1,000 devices, the most that ever stand in a log. */
export const CHECKPOINT_BYTES_MAX = 128 * 1024;
/** A device signs what it has seen at most once in so many seconds. */
export const CHECKPOINT_EVERY_SECONDS = 86_400;
/** Records in a snapshot besides plans: three months of a patient, 100 KB before packing. */
export const SNAPSHOT_RECORDS_MAX = 300;
/** Memory of Argon2id for a printed code, in KiB: half a second on an old phone. */
export const KDF_MEMORY_KIB = 32 * 1024;
/** The least that is taken: a server could hand out a document that is cheap to guess at. */
export const KDF_MEMORY_KIB_MIN = 19 * 1024;
/** The most that is taken: an old phone can bear it. */
export const KDF_MEMORY_KIB_MAX = 128 * 1024;
/** Passes of Argon2id. */
export const KDF_PASSES = 3;
/** The least that is taken. */
export const KDF_PASSES_MIN = 2;
/** The most that is taken. */
export const KDF_PASSES_MAX = 8;
/** Characters of the sealed keys of a card: they need under 500. */
export const RECOVERY_BYTES_MAX = 4096;
/** Sealed bytes of one chunk: what a weak link carries in one go. */
export const CHUNK_BYTES_MAX = 64 * 1024;
/** Bytes of one attachment: a minute of video, 1,025 chunks. */
export const ATTACHMENT_BYTES_MAX = 64 * 1024 * 1024;
