// jsforce as in its documentation: log in, query, print. argv: the folder of the package.
"use strict";
const jsforce = require(process.argv[2]);
const held = (name) => process.env[`FRESHTOKEN_${name}`];
// jsforce 2 knows no HTTPS_PROXY: it is led here by its login address
const loginUrl = process.argv[3] === "plain" ? held("URL") : "https://login.salesforce.com";

async function main() {
  const conn = new jsforce.Connection({ loginUrl });
  await conn.login(held("USER"), held("PASSWORD") + held("TOKEN"));
  for (const soql of ["SELECT Id, Name FROM Account", "SELECT Id FROM User"]) {
    console.log((await conn.query(soql)).totalSize);
  }
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
