"use strict";
// Preloaded into Azurite (`node --require`): what it acknowledges survives `kill -9`.
//
// Azurite keeps the metadata of tables, queues and blobs in LokiJS and writes the whole database
// every five seconds. Here every change of a collection goes to a journal before the HTTP response
// that acknowledges it; the journal is replayed when the database is loaded, and the parts that a
// finished save covers are removed. Entries set or delete a document by its LokiJS id, so that
// replaying one that the database file already holds changes nothing.

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { createRequire } = require("node:module");
const { Journal, refuse } = require("./journal.cjs");
const { Replay } = require("./replay.cjs");

const AZURITE = "3.37.0";
const LOKIJS = "1.5.12";
// Between saves a journal may grow to this; a save blocks the server, so it is not made smaller.
const SAVE_AT_BYTES = 16 * 1024 * 1024;

const HOOKED = {
  loki: {
    addCollection: 2, removeCollection: 1, renameCollection: 2, serializeReplacer: 2,
    loadJSONObject: 2, saveDatabaseInternal: 1, autosaveDirty: 0,
  },
  collection: {
    insertOne: 2, update: 1, remove: 1, removeBatchByPositions: 1, clear: 1, ensureAllIndexes: 1,
  },
};

const journals = new Map(); // Loki -> Journal
const owners = new WeakMap(); // Collection -> Journal, for the collections that live in a database
const loading = new Set(); // Loki whose file is being read: adding its collections is no change

const main = fs.realpathSync(process.argv[1]);
const near = createRequire(main);
expectVersion("azurite", path.join(path.dirname(main), "..", "..", "package.json"), AZURITE);
expectVersion("lokijs", near.resolve("lokijs/package.json"), LOKIJS);
const Loki = near("lokijs");
expectMethods("Loki", Loki.prototype, HOOKED.loki);
expectMethods("Loki.Collection", Loki.Collection?.prototype, HOOKED.collection);
journalCollections(Loki.prototype);
journalDocuments(Loki.Collection.prototype);
replayOnLoad(Loki.prototype);
forgetOnSave(Loki.prototype);
keepDocumentsWhole(Loki.prototype);
flushBeforeResponses(http.ServerResponse.prototype);
process.on("exit", flush);

function expectVersion(name, file, version) {
  const found = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")).version : "none";
  if (found !== version) {
    refuse(`made for ${name} ${version}, found ${found}. Install azurite@${AZURITE}, or adapt it.`);
  }
}

function expectMethods(name, prototype, methods) {
  for (const [method, parameters] of Object.entries(methods)) {
    if (typeof prototype?.[method] !== "function" || prototype[method].length !== parameters) {
      refuse(`${name}.${method} is not the method it was made for. Install azurite@${AZURITE}.`);
    }
  }
}

/** Replaces a method; `body` gets the original, bound, then the arguments. */
function around(prototype, method, body) {
  const original = prototype[method];
  prototype[method] = function (...given) {
    return body.call(this, original.bind(this), ...given);
  };
}

function journalOf(loki) {
  if (loki.persistenceMethod !== "fs") {
    return undefined;
  }
  if (!journals.has(loki)) {
    journals.set(loki, new Journal(loki.filename));
  }
  return journals.get(loki);
}

function flush() {
  for (const journal of journals.values()) {
    journal.flush();
  }
}

function journalCollections(prototype) {
  around(prototype, "addCollection", function (original, name, options) {
    const before = this.collections.length;
    const collection = original(name, options);
    const journal = journalOf(this);
    if (journal && this.collections.length > before) {
      owners.set(collection, journal);
      if (!loading.has(this)) {
        const empty = JSON.parse(JSON.stringify(collection, this.serializeReplacer));
        journal.record({ op: "add", name, collection: empty });
      }
    }
    return collection;
  });
  around(prototype, "removeCollection", function (original, name) {
    const collection = this.getCollection(name);
    original(name);
    if (collection) {
      owners.get(collection)?.record({ op: "drop", name });
      owners.delete(collection);
    }
  });
  prototype.renameCollection = () => refuse("a collection is renamed, which is not journaled.");
}

function journalDocuments(prototype) {
  const put = (collection, document) =>
    owners.get(collection)?.record({ op: "put", name: collection.name, document });
  const remove = (collection, ids) =>
    owners.get(collection)?.record({ op: "remove", name: collection.name, ids });

  around(prototype, "insertOne", function (original, document, bulk) {
    const inserted = original(document, bulk);
    put(this, inserted);
    return inserted;
  });
  around(prototype, "update", function (original, document) {
    const updated = original(document);
    if (!Array.isArray(document)) { // an array comes back here one by one
      put(this, updated);
    }
    return updated;
  });
  around(prototype, "remove", function (original, document) {
    const id = typeof document === "number" ? document : document?.$loki;
    const removed = original(document);
    if (removed) { // null is a failure, undefined an array, which goes by positions
      remove(this, [id]);
    }
    return removed;
  });
  around(prototype, "removeBatchByPositions", function (original, positions) {
    const ids = positions.map((position) => this.data[position]?.$loki);
    const failed = original(positions);
    if (failed !== null) {
      remove(this, ids);
    }
    return failed;
  });
  around(prototype, "clear", function (original, options) {
    original(options);
    owners.get(this)?.record({ op: "clear", name: this.name });
  });
}

function replayOnLoad(prototype) {
  around(prototype, "loadJSONObject", function (original, saved, options) {
    const journal = journalOf(this);
    const replay = new Replay(saved);
    for (const entry of journal?.entries() ?? []) {
      replay.apply(entry);
    }
    const changed = replay.finish();
    loading.add(this);
    try {
      original(saved, options);
    } finally {
      loading.delete(this);
    }
    for (const name of changed) {
      this.getCollection(name)?.ensureAllIndexes(true);
    }
  });
}

function forgetOnSave(prototype) {
  around(prototype, "saveDatabaseInternal", function (original, callback) {
    const journal = journalOf(this);
    if (!journal) {
      original(callback);
      return;
    }
    // In the same turn of the event loop as the copy that is saved: later changes go to the next part.
    const covered = journal.rotate();
    original((error) => {
      if (error) {
        console.error(`${this.filename} was not saved (${error.message}); its journal is kept.`);
      } else {
        journal.forget(covered);
      }
      callback?.(error);
    });
  });
  around(prototype, "autosaveDirty", function (original) {
    const journal = journalOf(this);
    return journal ? journal.bytes >= SAVE_AT_BYTES : original();
  });
}

/** LokiJS leaves out its own bookkeeping by name, and with it a user's property called `ttl`. */
function keepDocumentsWhole(prototype) {
  const original = prototype.serializeReplacer;
  prototype.serializeReplacer = function (key, value) {
    const bookkeeping = this instanceof Loki || this instanceof Loki.Collection;
    return bookkeeping ? original(key, value) : value;
  };
}

/** Nothing of a response is on the wire before its head is, and a late change has its end. */
function flushBeforeResponses(prototype) {
  for (const method of ["writeHead", "end"]) {
    around(prototype, method, (original, ...given) => {
      flush();
      return original(...given);
    });
  }
}
