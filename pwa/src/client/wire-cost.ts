/**
 * What a request costs on the wire, reckoned: a page cannot see its own socket.
 *
 * Counted is the payload of TCP: handshakes, TLS records, frames and headers of HTTP/2, bodies as
 * they were compressed; not the heads of packets.
 */
import type { Timing } from "./phone.ts";

/** A warm request: HEADERS from the table of names, DATA, TLS records; its answer likewise. */
const WARM_UP = 120;
const WARM_DOWN = 110;
/** A new connection: ClientHello with a post-quantum share, preface; certificates, settings. */
const NEW_UP = 2_300;
const NEW_DOWN = 3_300;
/** Content of a TLS record, and what is around it with the head of an HTTP/2 frame. */
const RECORD = 16_384;
const AROUND = 31;

/**
 * Bytes up and down.
 *
 * @param sent Bytes of the request's body.
 * @param got Bytes of the answer's body, compressed as it came.
 * @param timing What the browser tells; without it the connection is taken for a warm one.
 */
export function wireCost(
  sent: number,
  got: number,
  timing: Timing | undefined,
): [up: number, down: number] {
  const isNew = (timing?.setupMs ?? 0) > 0;
  return [
    (isNew ? NEW_UP : 0) + WARM_UP + sent + Math.floor(sent / RECORD) * AROUND,
    (isNew ? NEW_DOWN : 0) + WARM_DOWN + got + Math.floor(got / RECORD) * AROUND,
  ];
}
