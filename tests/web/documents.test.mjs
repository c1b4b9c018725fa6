// Clients that nobody registers: their id is the address of a metadata document. Most insist on https, where a test
// cannot serve one, so they go by the document of a well-known app, which the program brings along for hosts that it
// cannot read; a library that does not insist serves its own.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import * as modern from '@modelcontextprotocol/client';
import * as legacy from '@modelcontextprotocol/sdk/client/auth.js';
import * as openid from 'openid-client';
import { startBridge } from './bridge.mjs';
import { walk } from './pages.mjs';
import { runPython } from './python.mjs';
import { startServer } from './server.mjs';

// The document names both loopback hosts without a port, so any port is right.
const WELL_KNOWN = 'https://claude.ai/oauth/claude-code-client-metadata';
const CALLBACK = 'http://127.0.0.1:3457/callback';

let server;
before(async () => {
  // Nobody can register, so whoever gets in came by a document.
  server = await startServer({ TOOL_RATE_LIMIT: 'off', AUTH_RATE_LIMIT: 'off', REGISTRATION: 'off' });
});
after(() => server.stop());

const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

test('openid-client gets in by a document of its own', { timeout: 180_000 }, async () => {
  const asked = [];
  const site = createServer((request, response) => {
    asked.push(request.url);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ client_id, client_name: 'By document', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }));
  });
  await new Promise((resolve) => { site.listen(0, '127.0.0.1', resolve); });
  const client_id = `http://127.0.0.1:${site.address().port}/client.json`;
  const config = await openid.discovery(new URL(server.origin), client_id, undefined, openid.None(), { execute: [openid.allowInsecureRequests] });
  assert.equal(config.serverMetadata().client_id_metadata_document_supported, true);
  assert.equal(config.serverMetadata().registration_endpoint, undefined);

  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const expectedState = openid.randomState();
  const start = openid.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'chess',
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    resource: server.resource,
  });
  const landed = await walk(start.href, CALLBACK);
  const tokens = await openid.authorizationCodeGrant(config, landed, { pkceCodeVerifier, expectedState });
  assert.deepEqual(asked, ['/client.json'], 'it was read once');
  assert.equal(claims(tokens.access_token).client_id, client_id);
  assert.equal(await server.admits(tokens.access_token), true);

  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token);
  await openid.tokenRevocation(config, refreshed.refresh_token);
  assert.equal(await server.admits(refreshed.access_token), false);
  site.close();
});

for (const [name, { auth }] of [['SDK', legacy], ['next SDK', modern]]) {
  test(`the ${name} gets in by a document and refreshes`, { timeout: 180_000 }, async () => {
    const kept = {};
    const provider = {
      redirectUrl: CALLBACK,
      clientMetadataUrl: WELL_KNOWN,
      clientMetadata: { client_name: name, redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' },
      clientInformation: () => kept.client,
      saveClientInformation: (client) => { kept.client = client; },
      tokens: () => kept.tokens,
      saveTokens: (tokens) => { kept.tokens = tokens; },
      codeVerifier: () => kept.verifier,
      saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
      discoveryState: () => kept.discovery,
      saveDiscoveryState: (discovery) => { kept.discovery = discovery; },
      redirectToAuthorization: async (url) => { kept.landed = (await walk(url.href, CALLBACK)).searchParams; },
    };
    assert.equal(await auth(provider, { serverUrl: server.resource }), 'REDIRECT');
    const answer = { authorizationCode: kept.landed.get('code'), iss: kept.landed.get('iss') };
    assert.equal(await auth(provider, { serverUrl: server.resource, ...answer }), 'AUTHORIZED');
    assert.equal(claims(kept.tokens.access_token).client_id, WELL_KNOWN);
    const first = kept.tokens;
    assert.equal(await auth(provider, { serverUrl: server.resource }), 'AUTHORIZED');
    assert.notEqual(kept.tokens.refresh_token, first.refresh_token, 'it refreshed');
    assert.equal(await server.admits(kept.tokens.access_token), true);
  });
}

test('mcp-remote gets in by a document', { timeout: 180_000 }, async () => {
  const bridge = await startBridge(server, ['--client-metadata-url', WELL_KNOWN, '--callback-path', '/callback']);
  await bridge.play();
  assert.equal(bridge.signIns(), 1, bridge.said());
  assert.equal(claims(bridge.kept('tokens.json').access_token).client_id, WELL_KNOWN);
  await bridge.close();
  bridge.forget();
});

for (const script of ['sdk.py', 'fast.py']) {
  test(`python/${script} gets in by a document`, { timeout: 300_000 }, async () => {
    const seen = await runPython(server, script, WELL_KNOWN);
    assert.equal(seen.client_id, WELL_KNOWN);
    assert.equal(seen.rotated, true, 'it refreshed');
  });
}
