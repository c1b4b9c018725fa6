// mcp-remote, which brings hosts that speak stdio alone to a server like ours: a host starts it as its child. It
// prints where to sign in and listens on loopback for the answer; the next time it uses what it kept.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { walk } from './pages.mjs';
import { startServer, until } from './server.mjs';

const BRIDGE = fileURLToPath(new URL('node_modules/mcp-remote/dist/proxy.js', import.meta.url));
const ASKS = /Please authorize this client by visiting:\s+(http\S+)\s/g;

let server; let home;
before(async () => {
  // Long enough for a call to arrive, short enough to be waited for.
  server = await startServer({ TOOL_RATE_LIMIT: 'off', AUTH_RATE_LIMIT: 'off', ACCESS_TOKEN_TTL: '3' });
  home = mkdtempSync(join(tmpdir(), 'chess-mcp-bridge-'));
});
after(async () => {
  rmSync(home, { recursive: true, force: true });
  await server.stop();
});

/** Starts the bridge as a host does; whenever it asks for a sign-in, the person walks the pages to its callback. */
async function connect(...args) {
  // Without a PATH it finds no browser and says where to go.
  const env = { PATH: '', HOME: home, MCP_REMOTE_CONFIG_DIR: home };
  const transport = new StdioClientTransport({ command: process.execPath, args: [BRIDGE, server.resource, ...args], env, stderr: 'pipe' });
  let said = '';
  const seen = { signIns: 0, said: () => said };
  transport.stderr.on('data', (chunk) => {
    said += chunk;
    const asked = [...said.matchAll(ASKS)].slice(seen.signIns);
    seen.signIns += asked.length;
    for (const [, url] of asked) signIn(url).catch((fault) => { seen.fault = fault; transport.close(); });
  });
  const client = new Client({ name: 'web-tests', version: '1' });
  try {
    await client.connect(transport);
  } catch (fault) {
    throw new Error(`the bridge does not connect: ${seen.fault ?? fault}\n${said}`, { cause: fault });
  }
  return { client, seen };
}

async function signIn(url) {
  const callback = new URL(url).searchParams.get('redirect_uri');
  const landed = await fetch(await walk(url, callback));
  assert.equal(landed.status, 200, await landed.text());
}

async function play(client) {
  const result = await client.callTool({ name: 'chess_new_game', arguments: { opponent: 'nobody' } });
  assert.ok(!result.isError, JSON.stringify(result.content));
  return result.structuredContent.game_id;
}

/** What the bridge keeps in its directory, by the end of the file's name. */
function kept(name) {
  const files = readdirSync(home, { recursive: true }).filter((file) => file.endsWith(name));
  assert.equal(files.length, 1, `${name}: ${files}`);
  return JSON.parse(readFileSync(join(home, files[0]), 'utf8'));
}

for (const protocol of ['legacy', 'auto']) {
  test(`a bridge signs in, comes back and refreshes (--protocol ${protocol})`, { timeout: 300_000 }, async () => {
    rmSync(home, { recursive: true, force: true });
    const first = await connect('--protocol', protocol);
    assert.equal(first.client.getServerVersion().name, 'chess-mcp');
    await play(first.client);
    assert.equal(first.seen.signIns, 1, first.seen.said());
    const registered = kept('client_info.json').client_id;
    assert.match(registered, /^chess-mcp-/);

    // The access token runs out while the host is idle.
    const before = kept('tokens.json');
    await until('the access token runs out', async () => !(await server.admits(before.access_token)));
    await play(first.client);
    assert.notEqual(kept('tokens.json').refresh_token, before.refresh_token, 'it refreshed');
    assert.equal(first.seen.signIns, 1, first.seen.said());
    await first.client.close();

    // And again between two starts of the host.
    const between = kept('tokens.json');
    await until('the access token runs out', async () => !(await server.admits(between.access_token)));
    const second = await connect('--protocol', protocol);
    await play(second.client);
    assert.equal(second.seen.signIns, 0, second.seen.said());
    assert.equal(kept('client_info.json').client_id, registered);
    assert.notEqual(kept('tokens.json').refresh_token, between.refresh_token, 'it refreshed');

    // The grant is revoked: the person is asked once more.
    const revoked = await fetch(`${server.origin}/oauth/revoke`, { method: 'POST', body: new URLSearchParams({ token: kept('tokens.json').refresh_token, client_id: registered }) });
    assert.equal(revoked.status, 200);
    await second.client.close();
    const third = await connect('--protocol', protocol);
    await play(third.client);
    assert.equal(third.seen.signIns, 1, third.seen.said());
    await third.client.close();
  });
}
