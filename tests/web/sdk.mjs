// The official TypeScript SDKs as an app uses them: what one remembers about a server, how it gets in, how it calls.
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import * as modern from '@modelcontextprotocol/client';
import { walk } from './pages.mjs';

// Nobody listens there: the walk stops at the door.
const CALLBACK = 'http://127.0.0.1:3457/callback';

/** What an app remembers about one server. */
export class Memory {
  #state = crypto.randomUUID();
  #signIn;
  signIns = 0;

  /** `signIn` takes a person from an authorization URL to the callback, whose address with its parameters it returns. */
  constructor(server, callback = CALLBACK, signIn = (start) => walk(start, callback)) {
    this.server = server;
    this.redirectUrl = callback;
    this.clientMetadata = {
      client_name: 'SDK',
      redirect_uris: [callback],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
    this.#signIn = signIn;
  }

  state() { return this.#state; }
  clientInformation() { return this.information; }
  saveClientInformation(information) { this.information = information; }
  tokens() { return this.current; }
  saveTokens(tokens) { this.current = tokens; }
  invalidateCredentials(scope) {
    if (['all', 'tokens'].includes(scope)) this.current = undefined;
    if (['all', 'client'].includes(scope)) this.information = undefined;
    if (['all', 'discovery'].includes(scope)) this.discovery = undefined;
  }
  // With these the next SDK binds the answer to the server that the person was sent to.
  discoveryState() { return this.discovery; }
  saveDiscoveryState(state) { this.discovery = state; }
  codeVerifier() { return this.verifier; }
  saveCodeVerifier(verifier) { this.verifier = verifier; }
  async redirectToAuthorization(url) {
    this.signIns += 1;
    this.answer = (await this.#signIn(url.href)).searchParams;
    assert.equal(this.answer.get('state'), this.#state);
    assert.equal(this.answer.get('iss'), this.server.origin);
  }
}

/** Connects, signing in through the pages if the server asks for it. */
export async function connect(memory, kit) {
  const reach = () => new kit.StreamableHTTPClientTransport(new URL(memory.server.resource), { authProvider: memory });
  const attempt = async () => {
    const client = new kit.Client({ name: 'web-tests', version: '1' });
    await client.connect(reach());
    return client;
  };
  try {
    return await attempt();
  } catch (fault) {
    if (!(fault instanceof kit.UnauthorizedError)) throw fault;
    await kit.finish(reach(), memory.answer);
    return attempt();
  }
}

export const legacyKit = {
  Client, StreamableHTTPClientTransport, UnauthorizedError,
  finish: (transport, answer) => transport.finishAuth(answer.get('code')),
};
export const modernKit = { ...modern, finish: (transport, answer) => transport.finishAuth(answer) };

/** Calls a tool that has to succeed. */
export async function call(client, name, args = {}) {
  const result = await client.callTool({ name, arguments: args });
  assert.ok(!result.isError, JSON.stringify(result.content));
  return result.structuredContent;
}
