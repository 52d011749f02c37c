"use strict";
// Preloaded into Azurite (`node --require`), before all else: it starts in half the time.
//
// What it has compiled is kept beside it for the next start. And the library by which it would tell
// its makers how it is used is not loaded: that is switched off, and loading it takes nearly as long
// as all the rest.

const fs = require("node:fs");
const path = require("node:path");
const { createRequire, enableCompileCache } = require("node:module");

const TELEMETRY = "applicationinsights";

const main = fs.realpathSync(process.argv[1]);
const [modules] = main.split(`${path.sep}azurite${path.sep}dist${path.sep}`);
enableCompileCache(path.join(modules, ".compiled"));

const place = createRequire(main).resolve(TELEMETRY);
require.cache[place] = { id: place, filename: place, loaded: true, exports: left(TELEMETRY) };

/** Stands for a library that is not there: whoever uses it all the same is told. */
function left(name) {
  const refuse = () => {
    throw new Error(`${name} is left out of this Azurite: start it with --disableTelemetry.`);
  };
  return new Proxy({}, { get: refuse, set: refuse, has: refuse });
}
