/**
 * How each group of vectors is run: by nothing but `src/circle`, so Node and a browser run the same.
 *
 * A run throws when the vector does not hold.
 */
import { chunkDocument, cut, joined, readChunk } from "../../src/circle/attachment.ts";
import { checkAfter, readCheckpoint, writeCheckpoint } from "../../src/circle/checkpoint.ts";
import { type SealedDocument, verify } from "../../src/circle/document.ts";
import {
  type Bytes,
  b64uDecode,
  b64uEncode,
  hex,
  jcs,
  parseJcs,
  utf8,
  utf8Text,
} from "../../src/circle/encoding.ts";
import { aesOpen, aesSeal, es256Verify, sha256 } from "../../src/circle/envelope.ts";
import {
  back,
  commit,
  EpochSecrets,
  type NamedWrap,
  pieces,
  repairWraps,
  requiredWraps,
  unback,
  unwrap,
  wrapId,
} from "../../src/circle/epochs.ts";
import { type Claim, chains, checkWhole, endOf } from "../../src/circle/feed.ts";
import { fold, type Operation, orderOperations } from "../../src/circle/fold.ts";
import { bucketBytes, frame, unframe } from "../../src/circle/frame.ts";
import type { Stream } from "../../src/circle/grammar.ts";
import {
  formatLink,
  invitationId,
  openInvitation,
  parseLink,
  sealInvitation,
} from "../../src/circle/invitation.ts";
import { importDevice, loginToken } from "../../src/circle/keys.ts";
import { type LogDocument, type Member, Membership } from "../../src/circle/log.ts";
import {
  openPaper,
  paperDevice,
  readClinicPub,
  readCode,
  recoveryId,
  sealPaper,
} from "../../src/circle/recovery.ts";
import { readRequest, requestCode } from "../../src/circle/request.ts";
import {
  checkSnapshot,
  parseSnapshot,
  snapshotBody,
  snapshotOf,
} from "../../src/circle/snapshot.ts";
import {
  anyPub,
  type Case,
  deviceOf,
  judge,
  markTree,
  publicHalf,
  runAccept,
  runDocument,
  runEntry,
  statementsOf,
} from "./cases.ts";
import { same } from "./same.ts";

/** By group. */
export const runs: Record<string, (vector: Case) => Promise<void>> = {
  async encoding(vector) {
    if (vector.what === "b64u") {
      await judge(
        vector,
        () => b64uDecode(vector.text),
        (bytes) => {
          same(hex(bytes), vector.bytes);
          same(b64uEncode(bytes), vector.text);
        },
      );
      return;
    }
    await judge(
      vector,
      () => parseJcs(utf8(vector.text)),
      (value) => {
        same(utf8Text(jcs(vector.value ?? value)), vector.text);
        if (vector.value !== undefined) {
          same(value, vector.value);
        }
      },
    );
  },

  async device(vector) {
    const any = await anyPub();
    const act = () =>
      vector.expect === "success" ? deviceOf(vector.secret) : importDevice(vector.secret, any);
    await judge(vector, act, ({ pub, id }) => {
      same({ pub, id }, { pub: vector.pub, id: vector.id });
    });
  },

  async epoch(vector) {
    const { circle, stream, e, device } = vector;
    const es = b64uDecode(vector.es);
    same(await commit(es, stream, e), vector.commit);
    same(wrapId(stream, { e, commit: vector.commit, at: 0 }, device), vector.wrap_id);
    const key = await new EpochSecrets(circle).with(stream, e, es).documentKey(stream, e, device);
    const raw = b64uDecode(vector.key);
    const again = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
    const sealed = await aesSeal(key, utf8("x"), utf8(""));
    same(await aesOpen(again, sealed, utf8("")), utf8("x"));
  },

  async wrap(vector) {
    const { circle, stream, doc } = vector;
    const keys = await deviceOf(vector.secret);
    const act = () => unwrap(keys, circle, stream, { ...vector.epoch, at: 0 }, doc);
    await judge(vector, act, (es) => same(b64uEncode(es), vector.es));
  },

  async frame(vector) {
    if (vector.what === "bucket") {
      const sizes: [number, number][] = vector.sizes;
      same(
        sizes.map(([size]) => [size, bucketBytes(size)]),
        sizes,
      );
      return;
    }
    const act = () => unframe(b64uDecode(vector.frame));
    await judge(vector, act, (obj) => {
      same(obj, vector.obj);
      same(b64uEncode(frame(vector.obj, 0)), vector.frame);
    });
  },

  async deflate(vector) {
    const act = () => unframe(b64uDecode(vector.frame));
    await judge(vector, act, (obj) => {
      same(obj, vector.obj);
      same(unframe(frame(vector.obj, 1)), vector.obj);
    });
  },

  async invitation(vector) {
    const { circle, secret, inv } = vector;
    if (vector.what === "open") {
      await judge(
        vector,
        () => openInvitation(circle, secret, inv),
        async (content) => {
          same({ v: 1, ...content }, vector.body);
          same(await invitationId(circle, secret), vector.iid);
          const again = await sealInvitation(circle, secret, content, b64uDecode(vector.nonce));
          same(again, inv);
        },
      );
      return;
    }
    await runAccept(vector);
  },

  async link(vector) {
    await judge(
      vector,
      () => parseLink(vector.text),
      (link) => {
        same(link.secret, vector.secret);
        same(link.kind, vector.kind === "j1" ? "join" : "setup");
        same(link.kind === "join" ? link.circle : "", vector.circle);
        if (vector.formatted !== "") {
          same(formatLink(vector.origin, link), vector.formatted);
        }
      },
    );
  },

  async login(vector) {
    const keys = await deviceOf(vector.secret);
    const token = await loginToken(keys, vector.audience, vector.made_at_s);
    // A browser's signature differs each time; what is signed does not.
    const input = vector.token.slice(0, vector.token.lastIndexOf("."));
    same(token.slice(0, token.lastIndexOf(".")), input);
    const signature = b64uDecode(token.slice(input.length + 1));
    same(await es256Verify(keys.pub.spk, utf8(input), signature), true);
  },

  async log(vector) {
    await runEntry(vector);
  },

  async replay(vector) {
    await judge(
      vector,
      () => Membership.replay(vector.circle, vector.log),
      ({ seq, head }) => same([seq, head], [vector.seq, vector.head]),
    );
  },

  async membership(vector) {
    await runEntry(vector, (after) => {
      const devices = [...after.devices.values()];
      const by = (of: (member: Member) => unknown) =>
        Object.fromEntries(devices.map((member) => [member.device, of(member)]));
      const pairs = ({ marks }: Member) =>
        Object.fromEntries(
          Object.entries(marks).map(([stream, of]) => [stream, of.map(({ n, d }) => [n, d])]),
        );
      const opened = Object.entries(after.epochs).filter(([, chain]) => chain.length > 0);
      const state: Record<string, unknown> = {
        live: after.liveDevices().map(({ device }) => device),
        epochs: Object.fromEntries(opened.map(([stream, chain]) => [stream, chain.at(-1)?.e])),
        stale: (["c", "k"] as const).filter((stream) => after.isStale(stream)),
        marks: Object.fromEntries(
          Object.entries(by(pairs)).filter(([, of]) => Object.keys(of as object).length > 0),
        ),
        streams: by(({ s }) => s),
        closed: after.closedAt !== null,
      };
      for (const name of Object.keys(state).filter((known) => vector[known] !== undefined)) {
        // Of streams a case names only those devices that matter to it.
        const of = state[name] as Record<string, unknown>;
        const named = Object.keys(vector[name]).map((device) => [device, of[device]]);
        same(name === "streams" ? Object.fromEntries(named) : of, vector[name], name);
      }
    });
  },

  async document(vector) {
    await runDocument(vector);
  },

  async kinds(vector) {
    await runDocument(vector);
  },

  async history(vector) {
    await runDocument(vector);
  },

  async xwing(vector) {
    const { circle, stream, doc, pub, id } = vector;
    const keys = await importDevice(vector.secret, pub);
    same({ pub: keys.pub, id: keys.id }, { pub, id });
    const act = () => unwrap(keys, circle, stream, { ...vector.epoch, at: 0 }, doc);
    await judge(vector, act, (es) => same(b64uEncode(es), vector.es));
  },

  async chain(vector) {
    if (vector.what === "link") {
      const { circle, stream, epoch, before } = vector;
      const es = b64uDecode(vector.es);
      const act = () => unback(circle, stream, { ...epoch, at: 0 }, es, { ...before, at: 0 });
      await judge(vector, act, async (older) => {
        same(b64uEncode(older), vector.es_before);
        const nonce = b64uDecode(vector.nonce);
        same(await back(circle, stream, epoch.e, es, older, nonce), epoch.back);
      });
      return;
    }
    if (vector.what === "walk") {
      const membership = await Membership.replay(vector.circle, vector.log);
      const held = EpochSecrets.of(vector.circle, vector.secrets);
      const { secrets, bad } = await held.walked(membership);
      same({ k: {}, ...vector.found }, secrets.toKnown());
      same(
        bad.map(({ stream, e, device }) => [stream, e, device]),
        vector.broken,
      );
      const missing = (stream: Stream) =>
        pieces(membership, bad).flatMap((piece) => (piece.stream === stream ? [piece.e] : []));
      same(missing("c"), vector.pieces.c ?? []);
      same(missing("k"), vector.pieces.k ?? []);
      return;
    }
    const [genesis, ...rest]: LogDocument[] = vector.log;
    let before = await Membership.founded(genesis as LogDocument);
    for (const doc of rest) {
      before = await before.append(doc);
    }
    const after = await before.append(vector.entry);
    const ids = (wraps: readonly NamedWrap[]) => wraps.map(({ id }) => id).sort();
    same(ids(requiredWraps(before, after)), vector.required);
    same(ids(repairWraps(before, after)), vector.allowed);
  },

  async attachment(vector) {
    if (vector.what === "chunk") {
      const membership = await Membership.replay(vector.circle, vector.log);
      await judge(
        vector,
        () => readChunk(membership, vector.doc),
        async (sealed) => {
          if (vector.secret !== undefined) {
            const keys = await deviceOf(vector.secret);
            const doc = await chunkDocument(membership, keys, sealed);
            same({ ...doc, s: "" }, { ...vector.doc, s: "" });
          }
        },
      );
      return;
    }
    const { circle, index } = vector;
    const chunks: Bytes[] = vector.chunks.map(b64uDecode);
    await judge(
      vector,
      () => joined(circle, index, chunks),
      async (content) => {
        same(b64uEncode(await sha256(content)), vector.content_sha256);
        const nonces = chunks.map((chunk) => chunk.slice(0, 12));
        const again = await cut(circle, content, { key: b64uDecode(index.key), nonces });
        same(again.index, index);
        same(again.chunks.map(b64uEncode), vector.chunks);
      },
    );
  },

  async recovery(vector) {
    if (vector.what === "code") {
      await judge(
        vector,
        () => readCode(vector.text),
        async (code) => same([code, await recoveryId(code)], [vector.code, vector.rid]),
      );
      return;
    }
    if (vector.what === "open") {
      const { code, doc, secret, circle, head, nonce } = vector;
      await judge(
        vector,
        () => openPaper(code, doc),
        async (paper) => {
          same(paper, { secret, circle, head });
          if (nonce !== undefined) {
            const { salt, m: memory, t: passes } = doc.kdf;
            const how = { salt: b64uDecode(salt), nonce: b64uDecode(nonce), memory, passes };
            same(await sealPaper(code, paper, how), doc);
          }
        },
      );
      return;
    }
    if (vector.what === "pub") {
      await judge(
        vector,
        () => readClinicPub(vector.text),
        (pub) => same(pub, vector.pub),
      );
      return;
    }
    const membership = await Membership.replay(vector.circle, vector.log);
    const { paper } = vector;
    await judge(
      vector,
      () => paperDevice(paper, membership),
      async (keys) => {
        const { ssk } = paper.secret;
        same(keys.pub.spk, await publicHalf(ssk));
        same(membership.live(keys.id) !== undefined, true);
      },
    );
  },

  async approval(vector) {
    if (vector.what === "accept") {
      await runAccept(vector);
      return;
    }
    const membership = await Membership.replay(vector.circle, vector.log);
    const act = () => readRequest(membership, vector.doc, vector.now_s);
    await judge(vector, act, async ({ invitation: { iid }, device }) => {
      const code = await requestCode(vector.circle, device);
      const { iid: expected, device: asks, code: digits } = vector;
      same({ iid, device, code }, { iid: expected, device: asks, code: digits });
    });
  },

  async feed(vector) {
    const membership = await Membership.replay(vector.circle, vector.log);
    const documents = await Promise.all(
      vector.documents.map((doc: SealedDocument) => verify(membership, doc)),
    );
    const starts = markTree(vector.starts ?? {});
    // biome-ignore lint/suspicious/noExplicitAny: as in `Case`
    const claims: Claim[] = vector.claims.map(({ n, d, ...rest }: any) => ({
      ...rest,
      mark: { n, d },
    }));
    const held = await chains(documents, starts);
    const ends = held.map((chain) => ({ ...chain, mark: endOf(chain) }));
    await judge(
      vector,
      () => checkWhole(held, claims),
      () => {
        const tree: Record<string, Record<string, unknown>> = {};
        for (const { device, stream, mark } of ends) {
          tree[device] = { ...tree[device], [stream]: [mark.n, mark.d] };
        }
        same(tree, vector.marks);
      },
    );
  },

  async checkpoint(vector) {
    const membership = await Membership.replay(vector.circle, vector.log);
    const act = async () => {
      const found = await readCheckpoint(membership, vector.doc);
      if (vector.pinned !== undefined) {
        checkAfter(found, await readCheckpoint(membership, vector.pinned));
      }
      return found;
    };
    await judge(vector, act, async ({ i, head, vec }) => {
      if (vector.secret === undefined) {
        return;
      }
      const pairs = [...vec].map(([device, { n, d }]) => [device, [n, d]]);
      same([i, head, Object.fromEntries(pairs)], [vector.i, vector.head, vector.vec]);
      const keys = await deviceOf(vector.secret);
      const again = await writeCheckpoint(membership, keys, { stream: "c", i, vec });
      // A browser's signature differs each time; nothing else does.
      const signed = ({ j }: { j: string }) => j.slice(0, j.lastIndexOf("."));
      same({ ...again, j: signed(again) }, { ...vector.doc, j: signed(vector.doc) });
    });
  },

  async fold(vector) {
    const { ordered, aside } = orderOperations<Operation>(vector.operations);
    const digests = (list: readonly Operation[]) => list.map(({ digest }) => digest);
    same(digests(ordered), vector.order);
    same(digests(aside), vector.aside);
  },

  async snapshot(vector) {
    const { purpose, stream, body, most } = vector;
    const of = { purpose, stream };
    const statements = statementsOf(vector);
    const act = () => {
      const found = parseSnapshot(body);
      if (vector.what === "read") {
        return found;
      }
      checkSnapshot(found, statements, of);
      return found;
    };
    await judge(vector, act, ({ feeds }) => {
      const { at, tz_min } = body;
      same(snapshotBody(snapshotOf(statements, feeds, of, most), { at, tz_min }), body);
    });
  },

  async merge(vector) {
    const { purpose, stream } = vector;
    const folded = fold(statementsOf(vector), { purpose, stream });
    const settings = [...folded.settings].map(([whose, of]) => [whose, Object.fromEntries(of)]);
    same(
      {
        records: folded.records.map(({ statement, ...rest }) => ({ id: statement.id, ...rest })),
        plans: folded.plans,
        settings: Object.fromEntries(settings),
        idle: folded.idle.map(({ id }) => id),
        aside: folded.aside.map(({ id }) => id),
        next_lam: folded.nextLam,
      },
      {
        records: vector.records,
        plans: vector.plans,
        settings: vector.settings,
        idle: vector.idle,
        aside: vector.aside,
        next_lam: vector.next_lam,
      },
    );
  },
};

/** Whether a browser does this: not what servers decide, nor logins to them, nor offline keys. */
export function isRun({ group, made_at_s, what }: Case): boolean {
  const isLogin = group === "login" && made_at_s === undefined;
  return group !== "judge" && !isLogin && what !== "key" && what !== "stored";
}
