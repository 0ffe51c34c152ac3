// The control API of freshtoken from Node 18 on, without a package. `freshtoken serve run --control` sets both variables.
const { FRESHTOKEN_CONTROL_URL, FRESHTOKEN_CONTROL_TOKEN } = process.env;

async function call(control, method, path, body) {
  const answer = await fetch(control + path, {
    method,
    headers: { Authorization: `Bearer ${FRESHTOKEN_CONTROL_TOKEN}` },
    body: body && JSON.stringify(body),
  });
  const found = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${found.error.message}`);
  return found;
}

// A training org for one test: org.http is its address, org.get() and org.post() drive it.
async function makeOrg(beginning = {}) {
  const made = await call(FRESHTOKEN_CONTROL_URL, "POST", "/orgs", beginning);
  return {
    ...made,
    get: (path) => call(made.control, "GET", path),
    post: (path, body = {}) => call(made.control, "POST", path, body),
    remove: () => call(FRESHTOKEN_CONTROL_URL, "DELETE", `/orgs/${made.org}`),
  };
}

module.exports = { makeOrg };
