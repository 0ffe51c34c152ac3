// An unmodified openid-client: discovery, the address to send the browser to, the tokens, who signed in, a refresh.
// argv: the file of the package.
"use strict";
const { pathToFileURL } = require("node:url");
const { serve } = require("./lines.cjs");

const loaded = import(pathToFileURL(process.argv[2]));
let client, config, checks;

const steps = {
  discover: async ({ issuer, key, secret }) => {
    client = await loaded;
    // without the second one the signature is taken on trust, as it comes over TLS
    const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
    config = await client.discovery(new URL(issuer), key, secret, undefined, { execute });
    return config.serverMetadata();
  },
  begin: async ({ callback }) => {
    checks = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
      idTokenExpected: true,
    };
    return client.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: "openid api refresh_token",
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: "S256",
      state: checks.expectedState,
      nonce: checks.expectedNonce,
    });
  },
  complete: async ({ address }) => {
    const tokens = await client.authorizationCodeGrant(config, new URL(address), checks);
    return { ...tokens, claims: tokens.claims() };
  },
  userinfo: ({ token, subject }) => client.fetchUserInfo(config, token, subject),
  refresh: ({ token }) => client.refreshTokenGrant(config, token),
  introspect: ({ token }) => client.tokenIntrospection(config, token),
  revoke: async ({ token }) => {
    await client.tokenRevocation(config, token);
    return {};
  },
};

serve(steps);
