// The Python clients: the official SDK and FastMCP, in a virtual environment that `run` makes. Each script walks
// the pages with its own language's HTTP client and prints what it saw.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { after, before, test } from 'node:test';
import { PASSWORD, PERSON, startServer } from './server.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PYTHON = here('.cache/python/bin/python');

let server;
before(async () => { server = await startServer({ TOOL_RATE_LIMIT: 'off', AUTH_RATE_LIMIT: 'off' }); });
after(() => server.stop());

/** Runs a script against the server; what it printed at its end. */
async function run(script, ...args) {
  // An app that opens a browser finds a walker of the pages; the trailing `&` lets it go on meanwhile.
  const env = { PATH: '/usr/bin:/bin', PYTHONPYCACHEPREFIX: here('.cache/pycache'), PERSON, PASSWORD, BROWSER: `"${PYTHON}" "${here('python/pages.py')}" %s &` };
  const { stdout } = await promisify(execFile)(PYTHON, [here(`python/${script}`), server.resource, ...args], { env, timeout: 240_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

test('the Python SDK gets in, stays in, and asks again when it was cut off', { timeout: 300_000 }, async () => {
  const seen = await run('sdk.py');
  assert.deepEqual(seen.modern, { version: '2026-07-28', opponent: 'nobody' });
  assert.deepEqual(seen.legacy, { version: '2025-11-25', opponent: 'nobody' });
  assert.ok(seen.scope.split(' ').includes('chess'), seen.scope);
  assert.equal(seen.rotated, true, 'it refreshed');
  assert.equal(seen.sign_ins_before_revocation, 1);
  assert.equal(seen.revocation, 200);
  assert.equal(seen.sign_ins, 2);
  assert.match(seen.client_id, /^chess-mcp-/);
});

test('FastMCP opens a browser, listens at its own callback, and stays in', { timeout: 300_000 }, async () => {
  const seen = await run('fast.py');
  assert.equal(seen.opponent, 'nobody');
  assert.equal(seen.rotated, true, 'it refreshed');
  assert.equal(seen.sign_ins, 1);
  assert.match(seen.client_id, /^chess-mcp-/);
});
