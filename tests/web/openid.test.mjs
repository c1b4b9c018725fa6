// openid-client, the library behind many OAuth and OpenID Connect apps, told nothing but the URL to paste. It
// checks whatever the standards let a client check: documents, issuer, `iss`, state, PKCE, token types, claims.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as openid from 'openid-client';
import * as oauth from 'oauth4webapi';
import { walk } from './pages.mjs';
import { startServer } from './server.mjs';

// Nobody listens there: the walk stops at the door.
const CALLBACK = 'http://127.0.0.1:3457/callback';
// On loopback there is no TLS, which both libraries want to be told.
const PLAIN = { execute: [openid.allowInsecureRequests] };
const plain = { [oauth.allowInsecureRequests]: true };

let server;
before(async () => { server = await startServer({ TOOL_RATE_LIMIT: 'off', AUTH_RATE_LIMIT: 'off' }); });
after(() => server.stop());

/** The issuer behind an endpoint, by its protected resource metadata (RFC 9728). */
async function issuerOf(resource) {
  const url = new URL(resource);
  const document = await oauth.processResourceDiscoveryResponse(url, await oauth.resourceDiscoveryRequest(url, plain));
  return new URL(document.authorization_servers[0]);
}

/** Registers an app (RFC 7591) at a server discovered in the way of `algorithm`: `oauth2` or `oidc`. */
async function register(method, authentication, algorithm) {
  const metadata = { client_name: `App with ${method}`, redirect_uris: [CALLBACK], token_endpoint_auth_method: method };
  return openid.dynamicClientRegistration(await issuerOf(server.resource), metadata, authentication, { ...PLAIN, algorithm });
}

/** One authorization through the pages; `parameters` are added to the request, `checks` to what is expected. */
async function signIn(config, parameters = {}, checks = {}) {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const expectedState = openid.randomState();
  const start = openid.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'chess offline_access',
    resource: server.resource,
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  const landed = await walk(start.href, CALLBACK);
  const tokens = await openid.authorizationCodeGrant(config, landed, { pkceCodeVerifier, expectedState, ...checks }, { resource: server.resource });
  return { tokens, landed, checks: { pkceCodeVerifier, expectedState } };
}

/** Calls a tool with an access token, as a protected resource. */
async function callTool(config, token) {
  const headers = new Headers({ accept: 'application/json, text/event-stream', 'content-type': 'application/json', 'mcp-protocol-version': '2025-11-25' });
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'chess_new_game', arguments: { opponent: 'nobody' } } });
  const answer = await openid.fetchProtectedResource(config, token, new URL(server.resource), 'POST', body, headers);
  const { result } = await answer.json();
  assert.ok(!result.isError, JSON.stringify(result));
  return result.structuredContent;
}

/** What a resource server may read from an access token, validated with the published keys (RFC 9068). */
function claimsOf(config, token) {
  const request = new Request(server.resource, { headers: { authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(config.serverMetadata(), request, server.resource, plain);
}

const APPS = [
  ['none', openid.None(), 'oauth2'],
  ['client_secret_basic', openid.ClientSecretBasic(), 'oidc'],
  ['client_secret_post', openid.ClientSecretPost(), 'oauth2'],
];
for (const [method, authentication, algorithm] of APPS) {
  test(`an app with ${method} signs in, plays, refreshes and revokes`, { timeout: 180_000 }, async () => {
    const config = await register(method, authentication, algorithm);
    const document = config.serverMetadata();
    assert.equal(document.authorization_response_iss_parameter_supported, true, 'so that the library insists on `iss`');
    assert.equal(config.clientMetadata().token_endpoint_auth_method, method);

    const { tokens } = await signIn(config);
    const claims = await claimsOf(config, tokens.access_token);
    assert.equal(claims.client_id, config.clientMetadata().client_id);
    const board = await callTool(config, tokens.access_token);
    assert.equal(board.opponent.kind, 'nobody');

    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token, { resource: server.resource });
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token, 'refresh tokens rotate');
    assert.equal((await claimsOf(config, refreshed.access_token)).sub, claims.sub);
    await callTool(config, refreshed.access_token);

    await openid.tokenRevocation(config, refreshed.refresh_token, { token_type_hint: 'refresh_token' });
    await assert.rejects(callTool(config, refreshed.access_token), (fault) => {
      assert.ok(fault instanceof openid.WWWAuthenticateChallengeError, String(fault));
      const [challenge] = fault.cause;
      assert.equal(challenge.scheme, 'bearer');
      assert.equal(challenge.parameters.error, 'invalid_token');
      assert.equal(challenge.parameters.resource_metadata, `${server.origin}/.well-known/oauth-protected-resource/mcp`);
      return true;
    });
    await assert.rejects(openid.refreshTokenGrant(config, refreshed.refresh_token), { error: 'invalid_grant', status: 400 });
  });
}

test('both kinds of discovery find the same server', async () => {
  const issuer = await issuerOf(server.resource);
  const found = [];
  for (const algorithm of ['oauth2', 'oidc']) {
    found.push((await openid.discovery(issuer, 'anyone', undefined, openid.None(), { ...PLAIN, algorithm })).serverMetadata());
  }
  assert.deepEqual({ ...found[0] }, { ...found[1] });
  assert.equal(found[0].issuer, server.origin);
});

test('a refusal arrives as the error it is, and a code works once', { timeout: 180_000 }, async () => {
  const config = await register('none', openid.None(), 'oauth2');
  await assert.rejects(signIn(config, { scope: 'unheard-of' }), { error: 'invalid_scope' });
  await assert.rejects(signIn(config, { prompt: 'none' }), { error: 'login_required' });
  const { landed, checks } = await signIn(config);
  await assert.rejects(openid.authorizationCodeGrant(config, landed, checks), { error: 'invalid_grant', status: 400 });
});

for (const [method, authentication, algorithm] of APPS) {
  test(`an app with ${method} learns who the person is, and what a token is worth`, { timeout: 60_000 }, async () => {
    const config = await register(method, authentication, algorithm);
    // Signatures of id_tokens are checked too, though they come from the token endpoint itself.
    openid.enableNonRepudiationChecks(config);
    const expectedNonce = openid.randomNonce();
    const { tokens } = await signIn(config, { scope: 'openid profile chess offline_access', nonce: expectedNonce }, { expectedNonce });
    const person = tokens.claims();
    assert.equal(person.aud, config.clientMetadata().client_id);
    assert.equal(person.sub, (await claimsOf(config, tokens.access_token)).sub, 'one subject everywhere');
    const told = await openid.fetchUserInfo(config, tokens.access_token, person.sub);
    assert.ok(told.name, JSON.stringify(told));

    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token);
    for (const token of [refreshed.access_token, refreshed.refresh_token]) {
      const worth = await openid.tokenIntrospection(config, token);
      assert.equal(worth.active, true);
      assert.equal(worth.sub, person.sub);
      assert.equal(worth.client_id, config.clientMetadata().client_id);
      assert.ok(worth.scope.split(' ').includes('chess'), worth.scope);
    }
    await openid.tokenRevocation(config, refreshed.access_token, { token_type_hint: 'access_token' });
    assert.deepEqual(await openid.tokenIntrospection(config, refreshed.refresh_token), { active: false });
    await assert.rejects(openid.fetchUserInfo(config, refreshed.access_token, person.sub), openid.WWWAuthenticateChallengeError);
  });
}
