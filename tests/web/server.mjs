// The release executable as a child: a state directory of its own, a free port, ended by its own pid.
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export const PERSON = 'alice';
export const PASSWORD = 'correct horse battery staple';

/**
 * Starts the server named by CHESS_MCP_EXE and waits for the line that says where it listens.
 * `admits` tells whether a token opens the endpoint now; `kill` takes the server away without warning, `restart` brings
 * it back at the same address with the same state.
 */
export async function startServer(settings = {}) {
  const executable = process.env.CHESS_MCP_EXE;
  if (!executable) throw new Error('CHESS_MCP_EXE names the executable to test');
  const root = mkdtempSync(join(tmpdir(), 'chess-mcp-web-'));
  const env = { PATH: '/usr/bin:/bin', HOME: root, STATE_DIR: join(root, 'state'), TOOL_RATE_LIMIT: 'off', AUTH_RATE_LIMIT: 'off', ...settings };
  let child;
  let log = '';
  const run = (bind) => new Promise((resolve, reject) => {
    child = spawn(executable, ['serve', '--bind', bind], { env, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr.on('data', (chunk) => { log += chunk; });
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed += chunk;
      const line = printed.match(/^listening on (http:\S+)$/m);
      if (line) resolve(line[1]);
    });
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${log}`)));
  });
  const origin = await run('127.0.0.1:0');
  const command = (args, input = '') => execFileSync(executable, args, { env, cwd: root, input, encoding: 'utf8' }).trim();
  command(['users', 'add', PERSON, '--password-stdin'], `${PASSWORD}\n`);
  const stop = () => new Promise((resolve) => {
    child.on('exit', () => { rmSync(root, { recursive: true, force: true }); resolve(); });
    child.kill('SIGTERM');
  });
  const kill = () => new Promise((resolve) => { child.on('exit', resolve); child.kill('SIGKILL'); });
  const restart = () => run(new URL(origin).host);
  const resource = `${origin}/mcp`;
  const admits = async (token) => {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json, text/event-stream', 'content-type': 'application/json', 'mcp-protocol-version': '2025-11-25' };
    const answer = await fetch(resource, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }) });
    if (![200, 401].includes(answer.status)) throw new Error(`a token is admitted or not: ${answer.status} ${await answer.text()}`);
    return answer.status === 200;
  };
  return { origin, resource, command, admits, stop, kill, restart, log: () => log };
}

/** Waits until a fact can be observed; a minute at most. */
export async function until(what, fact) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = await fact();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`);
    await pause(50);
  }
}
