// The official conformance suite: what it requires of servers in both revisions, and of authorization servers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { startProxy } from './bearer-proxy.mjs';
import { walk } from './pages.mjs';
import { PERSON, startServer } from './server.mjs';

const SUITE = fileURLToPath(new URL('node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url));
const OUT = process.env.WEB_OUT ?? fileURLToPath(new URL('.cache/out', import.meta.url));
const baseline = (revision) => fileURLToPath(new URL(`conformance/baseline-${revision}.yaml`, import.meta.url));

let server;
before(async () => { server = await startServer({ TOOL_RATE_LIMIT: 'off', AUTH_RATE_LIMIT: 'off' }); });
after(() => server.stop());

/** Runs the suite to its end; `onOutput` sees what it prints as it comes. */
function suite(args, onOutput = () => {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [SUITE, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    const take = (chunk) => { printed += chunk; onOutput(printed, child); };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('exit', (code) => resolve({ code, printed }));
  });
}

for (const revision of ['2025-11-25', '2026-07-28']) {
  test(`the server requirements of ${revision}`, { timeout: 600_000 }, async () => {
    const token = server.command(['token', '--user', PERSON]);
    const proxy = await startProxy(server.origin, token);
    const args = ['server', '--url', `${proxy.url}/mcp`, '--requirements', revision];
    const { code, printed } = await suite([...args, '--expected-failures', baseline(revision), '-o', `${OUT}/${revision}`]);
    proxy.close();
    assert.equal(code, 0, printed.slice(-6000));
  });
}

/** A port that was free a moment ago: the suite wants to be told one. */
function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

test('the authorization server scenarios', { timeout: 300_000 }, async () => {
  const port = await freePort();
  const callback = `http://127.0.0.1:${port}/callback`;
  const registration = await fetch(`${server.origin}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'conformance', redirect_uris: [callback], token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }),
  });
  assert.equal(registration.status, 201);
  const { client_id: client } = await registration.json();
  const args = ['authorization', '--url', server.origin, '--client-id', client, '--port', String(port), '--resource', server.resource, '-o', `${OUT}/authorization`];
  let walked;
  const { code, printed } = await suite(args, (text, child) => {
    const url = text.match(/https?:\/\/\S*response_type=code\S*(?=\s)/)?.[0];
    if (!url || walked) return;
    walked = walk(url, callback).then((target) => fetch(target)).catch((fault) => { child.kill(); return fault; });
  });
  assert.ok(walked, `the suite asks for a sign-in: ${printed}`);
  assert.ok(!((await walked) instanceof Error), String(await walked));
  assert.equal(code, 0, printed.slice(-6000));
  assert.match(printed, /\b0 failed/);
});
