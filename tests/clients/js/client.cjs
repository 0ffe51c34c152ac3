// An unmodified jsforce at the other end of a pipe: a JSON line asks for a step, a JSON line tells what came of it.
// argv: the folder of the package.
"use strict";
const readline = require("node:readline");
const jsforce = require(process.argv[2]);

let conn;

const steps = {
  open: ({ options }) => {
    conn = new jsforce.Connection(options);
    return { version: conn.version };
  },
  login: ({ user, password }) => conn.login(user, password),
  authorize: ({ params }) => conn.authorize(params),
  query: async ({ soql }) => {
    const found = await conn.query(soql);
    return { total: found.totalSize, names: found.records.map((row) => row.Name) };
  },
  post: async ({ url, body }) => {
    await conn.requestPost(url, body);
    return {};
  },
  identity: () => conn.identity(),
  logout: async () => {
    await conn.logout();
    return {};
  },
  session: () => ({ instanceUrl: conn.instanceUrl, hasToken: Boolean(conn.accessToken) }),
};

async function answer(line) {
  const step = JSON.parse(line);
  let told;
  try {
    told = { ok: await steps[step.do](step) };
  } catch (error) {
    told = { error: { name: error.name, code: error.errorCode ?? null, message: error.message } };
  }
  process.stdout.write(JSON.stringify(told) + "\n");
}

const lines = readline.createInterface({ input: process.stdin });
let queue = Promise.resolve();
lines.on("line", (line) => (queue = queue.then(() => answer(line))));
lines.on("close", () => queue.then(() => process.exit(0)));
