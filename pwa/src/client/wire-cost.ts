/**
 * What a request costs on the wire, reckoned: a page cannot see its own socket.
 *
 * Counted is the payload of TCP: handshakes, TLS records, frames and headers of HTTP/2, bodies as
 * they were compressed; not the heads of packets. The constants were measured with Chromium 150 on
 * the socket of this server behind TLS 1.3, and `tests/e2e/test_meter.py` holds them against it;
 * what they consist of stands in RFC 9113 (frames), RFC 7541 (headers) and RFC 8446 (records).
 */

/** Headers that the other side knows already, a DATA frame, a TLS record around each. */
const WARM_UP = 93;
/** The same; a `Date` that is another one costs 23 more where the server sends one. */
const WARM_DOWN = 59;
/** Around each further record of a long body. */
const RECORD_BYTES = 16_384;
const AROUND = 32;
/** Letters of a header that is new to the other side, in Huffman's code. */
const LETTER = 0.75;
/** A path that is no part of `WARM_UP`. */
const PATH_LETTERS = "/sync".length;
/** An idle connection is first asked whether it is still there. */
const IDLE_MS = 10_000;
const IDLE_UP = 74;
const IDLE_DOWN = 75;
/** ClientHello with a share of ML-KEM, settings, all headers for the first time. */
const NEW_UP = 2_570;
/** ServerHello with its share, tickets, settings, all headers; a session that is taken up again. */
const NEW_DOWN = 1_050;
/** Two certificates with keys on P-256, as public authorities issue them, and the signature. */
const CERTIFICATES = 2_000;

/** A request that is over. */
export interface Spending {
  readonly path: string;
  readonly authorization: string;
  /** Bytes of its body. */
  readonly sent: number;
  /** Bytes of the answer's body, compressed as it came. */
  readonly got: number;
  /** Whether a connection was made for it; of the first that is taken for granted. */
  readonly isNew: boolean;
  /** When it was asked, by any clock. */
  readonly atMs: number;
}

/** Reckons the requests of one page, one after another. */
export class WireCost {
  #lastMs = 0;
  #isKnown = false;
  #authorization = "";

  /** Bytes up and down. */
  of({ path, authorization, sent, got, atMs, ...told }: Spending): [up: number, down: number] {
    const isNew = told.isNew || !this.#isKnown;
    let up = WARM_UP + long(sent);
    let down = WARM_DOWN + long(got);
    if (isNew) {
      up += NEW_UP;
      down += NEW_DOWN + (this.#isKnown ? 0 : CERTIFICATES);
      this.#isKnown = true;
    } else if (atMs - this.#lastMs > IDLE_MS) {
      up += IDLE_UP;
      down += IDLE_DOWN;
    }
    if (isNew || authorization !== this.#authorization) up += LETTER * authorization.length;
    up += LETTER * Math.max(0, path.length - PATH_LETTERS);
    this.#authorization = authorization;
    this.#lastMs = atMs;
    return [Math.round(up), down];
  }
}

function long(bytes: number): number {
  return bytes + Math.floor(bytes / RECORD_BYTES) * AROUND;
}
