"use strict";
// Stands where Azurite's main script stands, and uses LokiJS as Azurite does.
// Arguments: database file, what to do, seed.

const http = require("node:http");
const Loki = require("lokijs");
const fs = require("node:fs");

const [, , file, action, seed] = process.argv;
const db = new Loki(file, { persistenceMethod: "fs", autosave: false });
const acknowledge = () => new http.ServerResponse(new http.IncomingMessage()).end();
const killed = () => process.kill(process.pid, "SIGKILL");

/** Everything a reader could notice, as text. */
function state() {
  const collections = db.collections.map((collection) => {
    const documents = [...collection.data].sort((a, b) => a.$loki - b.$loki);
    const broken = collection.checkAllIndexes();
    return { name: collection.name, maxId: collection.maxId, documents, broken };
  });
  return JSON.stringify(collections.sort((a, b) => (a.name < b.name ? -1 : 1)));
}

function random(from) {
  let x = Number(from) * 2654435761 + 1;
  return (below) => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return (x >>> 8) % below;
  };
}

function change(next) {
  const name = `c${next(3)}`;
  const collection = db.getCollection(name) ?? db.addCollection(name, { indices: ["k"] });
  const some = () => collection.data[next(collection.data.length)];
  const kind = next(12);
  if (kind < 5 || collection.data.length === 0) {
    collection.insert({ k: next(50), properties: { ttl: next(9), text: "ä\n☃" } });
  } else if (kind < 7) {
    const document = some();
    document.k = next(50);
    collection.update(document);
  } else if (kind < 8) {
    collection.remove(some());
  } else if (kind < 9) {
    collection.findAndRemove({ k: { $lt: next(10) } });
  } else if (kind < 10) { // what Azurite does to replace an entity
    const { k, properties } = collection.remove(some());
    collection.insert({ k: k + 1, properties });
  } else if (kind < 11) {
    collection.insert([{ k: next(50) }, { k: next(50) }]);
    collection.remove([some(), some()]);
  } else {
    db.removeCollection(name);
  }
}

function wander() {
  const next = random(seed);
  for (let step = 0; step < 200; step += 1) {
    change(next);
    if (next(4) === 0) {
      acknowledge();
    }
    if (next(40) === 0) {
      db.saveDatabase(); // goes on behind the next changes
    }
  }
  acknowledge();
}

const actions = {
  show: () => console.log(state()),
  wander: () => {
    wander();
    console.log(state());
    setImmediate(killed);
  },
  "wander-on": () => {
    wander();
    setTimeout(() => { // lets saves finish, or not
      console.log(state());
      killed();
    }, Number(seed) % 7);
  },
  "killed-before-the-save-is-in-place": () => {
    db.addCollection("c", { indices: ["k"] }).insert({ k: 1 });
    acknowledge();
    db.persistenceAdapter.saveDatabase = (name, text, done) => {
      db.getCollection("c").insert({ k: 2 });
      acknowledge();
      killed();
    };
    db.saveDatabase();
  },
  "killed-after-the-save-is-in-place": () => {
    const save = db.persistenceAdapter.saveDatabase;
    db.addCollection("c", { indices: ["k"] }).insert({ k: 1 });
    acknowledge();
    db.persistenceAdapter.saveDatabase = function (name, text, done) {
      db.getCollection("c").insert({ k: 2 });
      acknowledge();
      save.call(this, name, text, killed);
    };
    db.saveDatabase();
  },
  "save-fails": () => {
    db.addCollection("c", { indices: ["k"] }).insert({ k: 1 });
    db.persistenceAdapter.saveDatabase = (name, text, done) => done(new Error("disk full"));
    db.saveDatabase(killed);
  },
  "save-succeeds": () => {
    db.addCollection("c", { indices: ["k"] }).insert({ k: 1 });
    acknowledge();
    db.saveDatabase(killed);
  },
  grown: () => {
    const collection = db.addCollection("c", { indices: ["k"] });
    const dirty = [1, 2].map((k) => {
      collection.insert({ k, text: k === 1 ? "" : "x".repeat(17 * 1024 * 1024) });
      acknowledge();
      return db.autosaveDirty();
    });
    console.log(JSON.stringify(dirty));
  },
  "one-response": () => {
    const collection = db.addCollection("c", { indices: ["k"] });
    collection.remove(collection.insert({ k: 1 }));
    collection.insert({ k: 2 });
    acknowledge();
    killed();
  },
  unacknowledged: () => {
    db.addCollection("c", { indices: ["k"] }).insert({ k: 1 });
    killed();
  },
};

const begin = () => (fs.existsSync(file) ? db.loadDatabase({}, run) : db.saveDatabase(run));
const run = (error) => {
  if (error) {
    throw error;
  }
  actions[action]();
};
begin();
