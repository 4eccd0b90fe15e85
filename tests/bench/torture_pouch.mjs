/** Stock PouchDB in a page: `fillPouch` stores documents, `startPouch` lets it go. */
import http from "pouchdb-adapter-http";
import idb from "pouchdb-adapter-idb";
import PouchDB from "pouchdb-core";
import replication from "pouchdb-replication";

PouchDB.plugin(idb).plugin(http).plugin(replication);
const local = new PouchDB("bench", { adapter: "idb" });

globalThis.fillPouch = async (docs) => {
  const failed = await local.bulkDocs(docs, { new_edits: false });
  if (failed.length > 0) throw new Error(JSON.stringify(failed[0]));
  return (await local.info()).doc_count;
};

globalThis.startPouch = (url, login, options) => {
  const fetchLoggedIn = (address, init) => {
    init.headers.set("Authorization", login);
    return PouchDB.fetch(address, init);
  };
  const remote = new PouchDB(url, { fetch: fetchLoggedIn });
  globalThis.going = local.sync(remote, { live: true, retry: true, ...options });
  globalThis.going.on("error", () => {});
};
