// The node end of a pipe: each JSON line names a step of `steps`, and a JSON line tells what came of it.
"use strict";
const readline = require("node:readline");

async function answer(steps, line) {
  const step = JSON.parse(line);
  let told;
  try {
    told = { ok: await steps[step.do](step) };
  } catch (error) {
    const code = error.errorCode ?? error.error ?? null;
    told = { error: { name: error.name, code, message: error.message } };
  }
  process.stdout.write(JSON.stringify(told) + "\n");
}

exports.serve = (steps) => {
  const lines = readline.createInterface({ input: process.stdin });
  let queue = Promise.resolve();
  lines.on("line", (line) => (queue = queue.then(() => answer(steps, line))));
  lines.on("close", () => queue.then(() => process.exit(0)));
};
