// An app of our own making, for tests of the pages: it registers and knows where to send a person.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

/** Registers a public app and returns its authorization request; `state` is `xyz`. */
export async function authorizationUrl(server, name, callback) {
  const registration = await fetch(`${server.origin}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: name, redirect_uris: [callback], token_endpoint_auth_method: 'none' }),
  });
  const answer = await registration.text();
  assert.equal(registration.status, 201, answer);
  const challenge = createHash('sha256').update('a'.repeat(43)).digest('base64url');
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: JSON.parse(answer).client_id,
    redirect_uri: callback,
    scope: 'chess offline_access',
    state: 'xyz',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    resource: server.resource,
  });
  return `${server.origin}/oauth/authorize?${query}`;
}
