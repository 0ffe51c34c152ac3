// Tests of a client with jsforce 3, for node's own test runner. Run them with:
//   freshtoken serve run --control -- node --test
const assert = require("node:assert");
const { afterEach, beforeEach, test } = require("node:test");
const jsforce = require("jsforce");
const { makeOrg } = require("./freshtoken.cjs");

const USER = "integration@acme.example", OLD = "Harbour-Light-7", NEW = "Fresh-Start-88";
let org;

beforeEach(async () => { org = await makeOrg({ seed: "recipe" }); });
afterEach(() => org.remove());

async function logIn(password, token) {
  // as in production, through the proxy of this test's org; jsforce uses no other URL while it is set
  const at = { loginUrl: "https://login.salesforce.com", httpProxy: org.proxy, version: "64.0" };
  const connection = new jsforce.Connection(at);
  await connection.login(USER, password + token);
  return connection;
}

test("after a password change the old token is refused, and the mailed one lets in", async () => {
  const { token } = await org.get("/users/integration/token");
  await logIn(OLD, token);
  await org.post("/users/integration/password", { old: OLD, new: NEW });
  await assert.rejects(logIn(NEW, token), /INVALID_LOGIN/);
  const { verdicts } = await org.get("/verdicts");
  assert.strictEqual(verdicts.at(-1).refused_by, "token"); // what Salesforce never tells
  const mail = await org.get("/mail/latest?user=integration");
  await logIn(NEW, mail.token);
});

test("an org without API requests left is told by its code, and jsforce tries no more", async () => {
  const connection = await logIn(OLD, (await org.get("/users/integration/token")).token);
  const { last } = await org.get("/requests");
  await org.post("/faults", { fault: "request_limit_exceeded", operation: "query" });
  await assert.rejects(connection.query("SELECT Id FROM Account"), { errorCode: "REQUEST_LIMIT_EXCEEDED" });
  const { requests } = await org.get(`/requests?since=${last}`);
  assert.deepStrictEqual(requests.map((one) => one.injected), ["request_limit_exceeded"]);
});

test("a server that is too busy is asked again by jsforce itself", async () => {
  const connection = await logIn(OLD, (await org.get("/users/integration/token")).token);
  const { last } = await org.get("/requests");
  await org.post("/faults", { fault: "server_unavailable", operation: "query" });
  assert.ok((await connection.query("SELECT Id FROM Account")).totalSize > 0);
  const { requests } = await org.get(`/requests?since=${last}`);
  assert.deepStrictEqual(requests.map((one) => one.status), [503, 200]);
});
