"use strict";
// An append-only journal beside a LokiJS database file, in numbered parts.
//
// One line is what one HTTP response acknowledges: a checksum, a space, and a JSON array of
// entries. A line is written whole or, by a kill in the middle, is cut off at the end of the last
// part; then nobody was told that it had happened, and it is left out on reading.

const fs = require("node:fs");
const path = require("node:path");
const zlib = require("node:zlib");

const checksum = (text) => zlib.crc32(text).toString(16).padStart(8, "0");

/** Ends the process: to go on would be to acknowledge what is not written down. */
function refuse(message) {
  console.error(`Azurite's journal: ${message}`);
  process.exit(70);
}

class Journal {
  /** @param {string} database path of the LokiJS file; the parts lie beside it */
  constructor(database) {
    this.database = database;
    this.pending = [];
    this.bytes = 0; // in the current part
    this.file = null;
    const parts = this.#parts();
    this.number = parts.length === 0 ? 1 : parts[parts.length - 1] + 1;
    this.#settleWithoutDatabase(parts);
  }

  /** Notes one change, as it is now; `flush` makes it last. */
  record(entry) {
    this.pending.push(JSON.stringify(entry));
  }

  /** Writes what was recorded as one line. Survives the death of the process, not of the machine. */
  flush() {
    if (this.pending.length === 0) {
      return;
    }
    const text = `[${this.pending.join(",")}]`;
    this.pending = [];
    const line = Buffer.from(`${checksum(text)} ${text}\n`);
    try {
      this.file ??= fs.openSync(this.#part(this.number), "ax");
      for (let written = 0; written < line.length; ) {
        written += fs.writeSync(this.file, line, written);
      }
    } catch (error) {
      refuse(`${this.#part(this.number)} cannot be written (${error.message}). Make room, restart.`);
    }
    this.bytes += line.length;
  }

  /** Begins the next part; returns the number of the last one that a save beginning now covers. */
  rotate() {
    this.flush();
    if (this.file !== null) {
      fs.closeSync(this.file);
    }
    this.file = null;
    this.bytes = 0;
    this.number += 1;
    return this.number - 1;
  }

  /** Removes the parts up to `number`, once the database file holds what they say. */
  forget(number) {
    for (const part of this.#parts().filter((part) => part <= number)) {
      fs.unlinkSync(this.#part(part));
    }
  }

  /** All entries of all parts, oldest first. */
  *entries() {
    const parts = this.#parts();
    for (const part of parts) {
      const lines = fs.readFileSync(this.#part(part), "utf8").split("\n");
      const tail = lines.pop();
      if (tail !== "" && part !== parts[parts.length - 1]) {
        refuse(`${this.#part(part)} ends in the middle of a line but is not the last part.`);
      }
      for (const line of lines) {
        if (line.slice(0, 8) !== checksum(line.slice(9))) {
          refuse(`${this.#part(part)} is damaged. Restore it, or begin with an empty folder.`);
        }
        yield* JSON.parse(line.slice(9));
      }
    }
  }

  #part(number) {
    return `${this.database}.journal.${number}`;
  }

  #parts() {
    const prefix = `${path.basename(this.database)}.journal.`;
    return fs
      .readdirSync(path.dirname(this.database))
      .filter((name) => name.startsWith(prefix))
      .map((name) => Number(name.slice(prefix.length)))
      .sort((a, b) => a - b);
  }

  /** Azurite saves once before it listens, so part 1 alone holds nothing that was acknowledged. */
  #settleWithoutDatabase(parts) {
    if (parts.length === 0 || fs.existsSync(this.database)) {
      return;
    }
    if (parts[parts.length - 1] > 1) {
      refuse(`${this.database} is missing, its journal is not. Restore it, or empty the folder.`);
    }
    this.forget(1);
    this.number = 1;
  }
}

module.exports = { Journal, refuse };
