// mcp-remote as a host starts it: a child that speaks stdio, prints where to sign in, and listens on loopback for
// the answer. Here the person walks the pages whenever it asks.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { walk } from './pages.mjs';
import { until } from './server.mjs';

const BRIDGE = fileURLToPath(new URL('node_modules/mcp-remote/dist/proxy.js', import.meta.url));
// A busy machine is no reason to give up.
const PATIENCE = { timeout: 180_000 };
const ASKS = /Please authorize this client by visiting:\s+(http\S+)\s/g;

/** Starts a bridge to a server; `home` is the directory of an earlier one that it may go on from. */
export async function startBridge(server, args, home = mkdtempSync(join(tmpdir(), 'chess-mcp-bridge-'))) {
  // Without a PATH it finds no browser and says where to go.
  const env = { PATH: '', HOME: home, MCP_REMOTE_CONFIG_DIR: home };
  const transport = new StdioClientTransport({ command: process.execPath, args: [BRIDGE, server.resource, '--auth-timeout', '120', ...args], env, stderr: 'pipe' });
  let said = '';
  let signIns = 0;
  let fault;
  transport.stderr.on('data', (chunk) => {
    said += chunk;
    const asked = [...said.matchAll(ASKS)].slice(signIns);
    signIns += asked.length;
    for (const [, url] of asked) signIn(url).catch((why) => { fault = why; transport.close(); });
  });
  const client = new Client({ name: 'web-tests', version: '1' });
  try {
    await client.connect(transport, PATIENCE);
  } catch (why) {
    throw new Error(`the bridge does not connect: ${fault ?? why}\n${said}`, { cause: why });
  }
  return {
    client,
    home,
    /** How often it asked for a sign-in. */
    signIns: () => signIns,
    said: () => said,
    /** What it keeps in its directory, by the end of the file's name. */
    kept(name) {
      const files = readdirSync(home, { recursive: true }).filter((file) => file.endsWith(name));
      assert.equal(files.length, 1, `${name}: ${files}`);
      return JSON.parse(readFileSync(join(home, files[0]), 'utf8'));
    },
    /** Calls a tool through it. */
    async play() {
      const result = await client.callTool({ name: 'chess_new_game', arguments: { opponent: 'nobody' } }, undefined, PATIENCE);
      assert.ok(!result.isError, JSON.stringify(result.content));
    },
    close: () => client.close(),
    forget: () => rmSync(home, { recursive: true, force: true }),
  };
}

async function signIn(url) {
  const callback = new URL(url).searchParams.get('redirect_uri');
  const answer = await walk(url, callback);
  // It says where to go a moment before it listens; people are slower than that.
  await until('the bridge listens', () => listens(new URL(callback)));
  const landed = await fetch(answer);
  assert.equal(landed.status, 200, await landed.text());
}

const listens = ({ hostname, port }) => new Promise((resolve) => {
  const probe = connect({ host: hostname, port: Number(port) });
  probe.once('connect', () => { probe.destroy(); resolve(true); });
  probe.once('error', () => resolve(false));
});
