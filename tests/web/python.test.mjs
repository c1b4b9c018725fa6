// The Python clients: the official SDK and FastMCP, in a virtual environment that `run` makes. Each script walks
// the pages with its own language's HTTP client and prints what it saw.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runPython } from './python.mjs';
import { startServer } from './server.mjs';

let server;
before(async () => { server = await startServer({ TOOL_RATE_LIMIT: 'off', AUTH_RATE_LIMIT: 'off' }); });
after(() => server.stop());

test('the Python SDK gets in, stays in, and asks again when it was cut off', { timeout: 300_000 }, async () => {
  const seen = await runPython(server, 'sdk.py');
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
  const seen = await runPython(server, 'fast.py');
  assert.equal(seen.opponent, 'nobody');
  assert.equal(seen.rotated, true, 'it refreshed');
  assert.equal(seen.sign_ins, 1);
  assert.match(seen.client_id, /^chess-mcp-/);
});
