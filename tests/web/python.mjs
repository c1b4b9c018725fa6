// Runs a script of the virtual environment that `run` makes.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PASSWORD, PERSON } from './server.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PYTHON = here('.cache/python/bin/python');

/** Runs a script of `python/` against a server to its end; what it printed last, as JSON. */
export async function runPython(server, script, ...args) {
  // An app that opens a browser finds a walker of the pages; the trailing `&` lets it go on meanwhile.
  const BROWSER = `"${PYTHON}" "${here('python/pages.py')}" %s &`;
  const env = { PATH: '/usr/bin:/bin', PYTHONPYCACHEPREFIX: here('.cache/pycache'), PERSON, PASSWORD, BROWSER };
  const { stdout } = await promisify(execFile)(PYTHON, [here(`python/${script}`), server.resource, ...args], { env, timeout: 240_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}
