// Where a click on Allow leads, in a real browser with scripts off: to an https site, to an app on loopback, to an
// app's own scheme. All three are other origins than ours, and a page policy can hold a browser back without a word
// from the server: `form-action` applies to every redirect after a form (CSP3 section 6.4.1).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { authorizationUrl } from './app.mjs';
import { launch } from './chromium.mjs';
import { PASSWORD, PERSON, startServer } from './server.mjs';

let server; let browser; let site; let app; let certificates;

before(async () => {
  server = await startServer({ AUTH_RATE_LIMIT: 'off' });
  certificates = mkdtempSync(join(tmpdir(), 'chess-mcp-certificate-'));
  site = https.createServer(selfMade(), arrived);
  app = http.createServer(arrived);
  await Promise.all([site, app].map((callback) => new Promise((resolve) => { callback.listen(0, '127.0.0.1', resolve); })));
  browser = await launch([`--host-resolver-rules=MAP app.example 127.0.0.1:${site.address().port}`, '--ignore-certificate-errors']);
});

after(async () => {
  await browser?.close();
  site?.close();
  app?.close();
  rmSync(certificates, { recursive: true, force: true });
  await server?.stop();
});

/** The app's end: says that one has landed, or, asked with `to`, holds the browser back as an unlucky page would. */
function arrived(request, response) {
  const to = new URL(request.url, 'http://localhost').searchParams.get('to');
  if (to && request.method === 'POST') {
    response.writeHead(303, { location: to }).end();
    return;
  }
  response.setHeader('content-type', 'text/html');
  if (to) response.setHeader('content-security-policy', "form-action 'self'");
  response.end(to ? `<form method="post" action="${request.url}"><button>Allow</button></form>` : '<h1>Landed</h1>');
}

/** A certificate for app.example that nobody signed but itself. */
function selfMade() {
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(certificates, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=app.example', '-addext', 'subjectAltName=DNS:app.example', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

/**
 * A fresh window without scripts. `outcome` is the address at which it left for the app, or why it did not: a scheme
 * that no program here opens ends in nothing on the screen, but the browser asks for it or says that it may not.
 */
async function open(callback) {
  const context = await browser.newContext({ javaScriptEnabled: false, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  const outcome = new Promise((resolve) => {
    devtools.on('Network.requestWillBeSent', ({ request }) => { if (request.url.startsWith(callback)) resolve({ left: new URL(request.url) }); });
    page.on('console', (message) => { if (message.type() === 'error') resolve({ held: message.text() }); });
  });
  return { page, outcome, close: () => context.close() };
}

const DESTINATIONS = {
  'an https site': () => 'https://app.example/callback',
  'an app on loopback': () => `http://127.0.0.1:${app.address().port}/callback`,
  "an app's own scheme": () => 'com.example.app:/callback',
  'a scheme that one app is known by': () => 'cursor://anysphere.cursor-mcp/oauth/callback',
};
for (const [name, destination] of Object.entries(DESTINATIONS)) {
  test(`a click on Allow leads to ${name}`, { timeout: 180_000 }, async () => {
    const callback = destination();
    const { page, outcome, close } = await open(callback);
    await page.goto(await authorizationUrl(server, 'Landing', callback));
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.locator('input[name=username]').fill(PERSON);
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    const { left, held } = await outcome;
    assert.equal(held, undefined);
    assert.match(left.searchParams.get('code'), /^\S{20,}$/);
    assert.equal(left.searchParams.get('state'), 'xyz');
    assert.equal(left.searchParams.get('iss'), server.origin);
    if (left.protocol.startsWith('http')) await page.getByRole('heading', { name: 'Landed' }).waitFor();
    await close();
  });

  test(`a policy that keeps the browser from ${name} would be noticed`, { timeout: 180_000 }, async () => {
    const callback = destination();
    const { page, outcome, close } = await open(callback);
    await page.goto(`http://localhost:${app.address().port}/?to=${encodeURIComponent(callback)}`);
    await page.getByRole('button', { name: 'Allow' }).click();
    assert.match((await outcome).held ?? 'it left', /form-action/);
    await close();
  });
}
