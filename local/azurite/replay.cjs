"use strict";
// Brings a parsed LokiJS database file up to date from journal entries.

const { refuse } = require("./journal.cjs");

class Replay {
  /** @param {object} saved the parsed file; changed in place by `finish` */
  constructor(saved) {
    this.saved = saved;
    this.saved.collections ??= [];
    this.documents = new Map(); // name -> Map of id -> document, for the collections touched
  }

  apply(entry) {
    switch (entry.op) {
      case "add":
        this.#drop(entry.name);
        this.saved.collections.push(entry.collection);
        break;
      case "drop":
        this.#drop(entry.name);
        break;
      case "put":
        this.#put(entry);
        break;
      case "remove":
        entry.ids.forEach((id) => this.#open(entry.name)?.delete(id));
        break;
      case "clear":
        this.#open(entry.name)?.clear();
        break;
      default:
        refuse(`an entry of the unknown kind ${entry.op}. It was written by another version.`);
    }
  }

  /** Returns the names of the collections whose indexes have to be built again. */
  finish() {
    for (const [name, byId] of this.documents) {
      // In the order of their ids, by which LokiJS searches: what the file holds keeps its place,
      // and what it does not hold, and stays, was inserted after all of that.
      this.#find(name).data = [...byId.values()];
    }
    return [...this.documents.keys()];
  }

  #put({ name, document }) {
    this.#open(name)?.set(document.$loki, document);
    const collection = this.#find(name);
    if (collection) {
      // Also for documents removed later: an id is never given twice.
      collection.maxId = Math.max(collection.maxId, document.$loki);
    }
  }

  #find(name) {
    return this.saved.collections.find((collection) => collection.name === name);
  }

  /** Undefined where the file already knows that the collection was dropped later. */
  #open(name) {
    const collection = this.#find(name);
    if (collection && !this.documents.has(name)) {
      this.documents.set(name, new Map(collection.data.map((each) => [each.$loki, each])));
    }
    return this.documents.get(name);
  }

  #drop(name) {
    this.saved.collections = this.saved.collections.filter((each) => each.name !== name);
    this.documents.delete(name);
  }
}

module.exports = { Replay };
