// An unmodified jsforce at the other end of a pipe: a JSON line asks for a step, a JSON line tells what came of it.
// argv: the folder of the package.
"use strict";
const { serve } = require("./lines.cjs");
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

serve(steps);
