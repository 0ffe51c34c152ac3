// Node's own fetch, without any package: a SOAP login, the password flow, a query, a new password.
// argv: the address of the login host.
"use strict";
const { serve } = require("./lines.cjs");

const host = process.argv[2];
let session, instance;

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

function ask(path, options = {}) {
  return fetch(instance + path, { ...options, headers: { Authorization: `Bearer ${session}`, ...options.headers } });
}

async function failure(answer) {
  return Object.assign(new Error(await answer.text()), { errorCode: answer.status });
}

const steps = {
  soap: async ({ user, password }) => {
    const answer = await fetch(`${host}/services/Soap/u/64.0`, {
      method: "POST",
      headers: { "Content-Type": "text/xml; charset=UTF-8", SOAPAction: "login" },
      body: `<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>
<login xmlns="urn:partner.soap.sforce.com"><username>${escaped(user)}</username>
<password>${escaped(password)}</password></login></env:Body></env:Envelope>`,
    });
    if (!answer.ok) throw await failure(answer);
    const text = await answer.text();
    session = text.match(/<sessionId>([^<]+)</)[1];
    instance = new URL(text.match(/<serverUrl>([^<]+)</)[1]).origin;
    return instance;
  },
  password: async ({ user, password, key, secret }) => {
    const body = new URLSearchParams({
      grant_type: "password", client_id: key, client_secret: secret, username: user, password,
    });
    const answer = await fetch(`${host}/services/oauth2/token`, { method: "POST", body });
    if (!answer.ok) throw await failure(answer);
    ({ access_token: session, instance_url: instance } = await answer.json());
    return instance;
  },
  query: async ({ soql }) => {
    const answer = await ask(`/services/data/v64.0/query?q=${encodeURIComponent(soql)}`);
    if (!answer.ok) throw await failure(answer);
    return (await answer.json()).totalSize;
  },
  change: async ({ id, password }) => {
    const answer = await ask(`/services/data/v64.0/sobjects/User/${id}/password`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ NewPassword: password }),
    });
    if (!answer.ok) throw await failure(answer);
    return answer.status;
  },
};

serve(steps);
