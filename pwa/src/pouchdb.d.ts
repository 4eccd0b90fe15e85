/** The part of PouchDB 9 that `records.ts` uses; the packages bring no types. */

declare module "pouchdb-core" {
  export interface PouchDocument {
    _id: string;
    _rev: string;
    _deleted?: boolean;
    _conflicts?: string[];
    [member: string]: unknown;
  }

  export interface PouchRow {
    id: string;
    value: { rev: string };
    doc?: PouchDocument;
  }

  export interface PouchChange {
    id: string;
    seq: number;
    deleted?: boolean;
    changes: { rev: string }[];
    doc?: PouchDocument;
  }

  export interface PouchFeed extends PromiseLike<{ results: PouchChange[]; last_seq: number }> {
    on(event: "change", listener: (change: PouchChange) => void): this;
    on(event: "error", listener: (error: unknown) => void): this;
    cancel(): void;
  }

  export interface PouchReplication
    extends PromiseLike<{ docs_read: number; docs_written: number }> {
    on(event: "change", listener: () => void): this;
    cancel(): void;
  }

  export interface ReplicationOptions {
    batch_size: number;
    batches_limit: number;
    since?: number;
    checkpoint?: false;
  }

  export default class PouchDB {
    constructor(name: string, options: Record<string, unknown>);
    static plugin(plugin: unknown): typeof PouchDB;
    bulkDocs(
      documents: unknown[],
      options: { new_edits: boolean },
    ): Promise<{ id?: string; error?: unknown; message?: string }[]>;
    allDocs(options: Record<string, unknown>): Promise<{ rows: PouchRow[] }>;
    get(id: string, options?: Record<string, unknown>): Promise<PouchDocument>;
    changes(options: Record<string, unknown>): PouchFeed;
    info(): Promise<{ update_seq: number; doc_count: number }>;
    replicate: {
      to(target: PouchDB, options: ReplicationOptions): PouchReplication;
      from(source: PouchDB, options: ReplicationOptions): PouchReplication;
    };
    close(): Promise<void>;
    destroy(): Promise<void>;
  }
}

declare module "pouchdb-adapter-idb" {
  const plugin: unknown;

  export default plugin;
}

declare module "pouchdb-adapter-http" {
  const plugin: unknown;

  export default plugin;
}

declare module "pouchdb-replication" {
  const plugin: unknown;

  export default plugin;
}
