// The pages in a real browser: a click on Allow must land at the app, whose callback is another origin
// (a `form-action` or an opener policy on the pages would stop it there), in light, dark and narrow windows.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { authorizationUrl } from './app.mjs';
import { launch } from './chromium.mjs';
import { PASSWORD, PERSON, startServer } from './server.mjs';

const SHOTS = process.env.WEB_SHOTS ?? fileURLToPath(new URL('.cache/shots', import.meta.url));

let server; let browser; let app; let callback;

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  server = await startServer({ AUTH_RATE_LIMIT: 'off' });
  app = createServer((request, response) => { response.setHeader('content-type', 'text/html'); response.end('<title>landed</title><h1>Landed</h1>'); });
  await new Promise((resolve) => { app.listen(0, 'localhost', resolve); });
  callback = `http://localhost:${app.address().port}/callback`;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  app?.close();
  await server?.stop();
});

const shot = (page, name) => page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });

/** Fails on anything that a page could not load or run. */
function watch(page) {
  const faults = [];
  page.on('console', (message) => { if (message.type() === 'error') faults.push(message.text()); });
  page.on('pageerror', (fault) => faults.push(String(fault)));
  return faults;
}

test('a person allows, signs in and lands at the app', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const faults = watch(page);
  await page.goto(await authorizationUrl(server, 'Browser Test', callback));
  await shot(page, 'consent');
  await page.getByRole('button', { name: 'Allow' }).click();
  await shot(page, 'sign-in');
  await page.locator('input[name=username]').fill(PERSON);
  await page.locator('input[name=password]').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await shot(page, 'sign-in-refused');
  // The refused answer is a 4xx by design, which the console reports.
  faults.splice(0, faults.length, ...faults.filter((fault) => !/status of 4\d\d/.test(fault)));
  await page.locator('input[name=username]').fill(PERSON);
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${callback}?**`);
  const landed = new URL(page.url()).searchParams;
  assert.ok(landed.get('code'));
  assert.equal(landed.get('state'), 'xyz');
  assert.equal(landed.get('iss'), server.origin);

  // The second time the session is known: one click.
  await page.goto(await authorizationUrl(server, 'Browser Test', callback));
  await shot(page, 'consent-again');
  await page.locator('button[name=decision][value=allow]').click();
  await page.waitForURL(`${callback}?**`);
  assert.deepEqual(faults.filter((fault) => !/favicon/.test(fault)), []);
  await context.close();
});

test('a person denies and lands at the app', async () => {
  const context = await browser.newContext({ colorScheme: 'dark', viewport: { width: 360, height: 700 } });
  const page = await context.newPage();
  await page.goto(await authorizationUrl(server, 'An app with a rather long name for a narrow window', callback));
  await shot(page, 'consent-dark-narrow');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  assert.equal(wide, false, 'nothing sticks out of a narrow window');
  await page.getByRole('button', { name: 'Deny' }).click();
  await page.waitForURL(`${callback}?**`);
  assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied');
  await context.close();
});

test('the keyboard alone is enough', async () => {
  const context = await browser.newContext({ colorScheme: 'dark' });
  const page = await context.newPage();
  await page.goto(await authorizationUrl(server, 'Keyboard Test', callback));
  for (let press = 0; press < 12; press += 1) {
    await page.keyboard.press('Tab');
    const label = await page.evaluate(() => document.activeElement?.textContent?.trim());
    if (label === 'Allow') break;
  }
  await page.keyboard.press('Enter');
  await page.waitForSelector('input[name=password]');
  await shot(page, 'sign-in-dark');
  await context.close();
});

test('the other pages look like the rest', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.origin);
  assert.match(await page.textContent('body'), new RegExp(server.resource.replaceAll('.', '\\.')));
  await shot(page, 'front');
  await page.goto(`${server.origin}/oauth/authorize?client_id=nobody`);
  await shot(page, 'unknown-app');
  await context.close();
});
