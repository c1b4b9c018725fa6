// Every page as a person sees it, light and dark, on a telephone and on a wide screen: nothing sticks out, nothing is
// fetched or run that fails, and no text is too faint. The pictures go to WEB_SHOTS (by default an ignored folder).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { signInAt, startProvider } from './provider.mjs';
import { PASSWORD, PERSON, startServer } from './server.mjs';

const SHOTS = process.env.WEB_SHOTS ?? fileURLToPath(new URL('.cache/shots', import.meta.url));
const BROWSER = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const VIEWS = [
  { name: 'light-360', colorScheme: 'light', viewport: { width: 360, height: 740 } },
  { name: 'dark-360', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
  { name: 'light-1200', colorScheme: 'light', viewport: { width: 1200, height: 800 } },
  { name: 'dark-1200', colorScheme: 'dark', viewport: { width: 1200, height: 800 } },
];

let server; let crowded; let provider; let browser;

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  server = await startServer({ AUTH_RATE_LIMIT: 'off', TOOL_RATE_LIMIT: 'off', LOCAL_SIGN_UP: 'open' });
  provider = await startProvider();
  // Every way in at once: local accounts, a provider that answers, and one that nobody runs.
  const nowhere = { OIDC_AWAY_ISSUER: 'http://127.0.0.1:1', OIDC_AWAY_CLIENT_ID: 'chess', OIDC_AWAY_CLIENT_SECRET: 'secret', OIDC_AWAY_LABEL: 'A provider with a rather long name for a narrow window' };
  crowded = await startServer({ AUTH_RATE_LIMIT: 'off', LOCAL_SIGN_IN: 'on', LOCAL_SIGN_UP: 'open', ...provider.settings('HOUSE'), ...nowhere });
  await provider.welcome(`${crowded.origin}/oauth/callback/house`);
  browser = await chromium.launch({ executablePath: BROWSER, args: FLAGS });
  await play();
});

after(async () => {
  await browser?.close();
  await Promise.all([server, crowded, provider].map((running) => running?.stop()));
});

/** Some games, so that there is something to see. */
async function play() {
  const token = server.command(['token', '--user', PERSON]);
  const call = async (name, args) => {
    const answer = await fetch(server.resource, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
    });
    assert.equal(answer.status, 200);
  };
  await call('chess_new_game', { opponent: 'nobody', moves: 'f3 e5 g4 Qh4#' });
  await call('chess_new_game', { opponent: 'nobody', moves: 'e4 e5 Nf3 Nc6 Bb5 a6 Ba4 Nf6 O-O Be7' });
  await call('chess_new_game', { opponent: 'engine', level: 3, color: 'white', moves: 'd4 d5 c4' });
}

async function app(name, callback, at = server) {
  const answer = await fetch(`${at.origin}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: name, redirect_uris: [callback], token_endpoint_auth_method: 'none' }),
  });
  assert.equal(answer.status, 201);
  const { client_id } = await answer.json();
  const challenge = createHash('sha256').update('a'.repeat(43)).digest('base64url');
  const query = new URLSearchParams({ response_type: 'code', client_id, redirect_uri: callback, scope: 'chess offline_access openid profile email', state: 'xyz', code_challenge: challenge, code_challenge_method: 'S256', resource: at.resource });
  return `${at.origin}/oauth/authorize?${query}`;
}

/** The least contrast between text and what lies behind it, with the text that has it. */
const faintest = () => {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const part = (value) => { const share = value / 255; return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  let worst = { ratio: 21, text: '' };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !element.checkVisibility()) continue;
    const [a, b] = [light(channels(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst.ratio) worst = { ratio, text: node.textContent.trim() };
  }
  return worst;
};

/** Everything a finger has to hit is large enough (WCAG 2.5.8). */
const smallest = () => {
  const targets = [...document.querySelectorAll('button, input:not([type=hidden]):not([hidden]), a.button, summary')].filter((one) => one.checkVisibility());
  return targets.map((one) => ({ name: one.textContent.trim() || one.name, height: one.getBoundingClientRect().height })).filter(({ height }) => height < 18);
};

/** Words on buttons that stand on more than one line. */
const torn = () => {
  const found = [];
  for (const button of document.querySelectorAll('button, a.button')) {
    const texts = document.createTreeWalker(button, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      for (const { 0: word, index } of node.textContent.matchAll(/\S+/g)) {
        const range = document.createRange();
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        if (range.getClientRects().length > 1) found.push(word);
      }
    }
  }
  return found;
};

/** A window for one view: `shot` takes a picture and looks at it, `close` looks at what went wrong meanwhile. */
async function open(view) {
  const context = await browser.newContext(view);
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => { if (message.type() === 'error') faults.push(message.text()); });
  page.on('pageerror', (fault) => faults.push(String(fault)));
  const shot = async (name) => {
    await page.screenshot({ path: `${SHOTS}/${name}-${view.name}.png`, fullPage: true, animations: 'disabled' });
    const out = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    assert.equal(out, false, `${name}: nothing sticks out`);
    const { ratio, text } = await page.evaluate(faintest);
    assert.ok(ratio >= 4.5, `${name}: ${JSON.stringify(text)} has a contrast of ${ratio.toFixed(2)}`);
    assert.deepEqual(await page.evaluate(smallest), [], `${name}: targets are large enough`);
    assert.deepEqual(await page.evaluate(torn), [], `${name}: words on buttons are whole`);
    assert.equal(await page.locator('h1').count(), 1, `${name}: one heading`);
  };
  const close = async () => {
    // Refusals are 4xx by design, and a provider that is away is a 503, which the console reports.
    assert.deepEqual(faults.filter((fault) => !/status of (4\d\d|503)/.test(fault)), []);
    await context.close();
  };
  return { page, shot, close };
}

for (const view of VIEWS) {
  test(`every page, ${view.name}`, async () => {
    const { page, shot, close } = await open(view);
    const signIn = async (password) => {
      await page.locator('input[name=username]').fill(PERSON);
      await page.locator('input[name=password]').fill(password);
      await page.getByRole('button', { name: 'Sign in' }).click();
    };

    await page.goto(server.origin);
    await shot('front');
    await page.goto(`${server.origin}/oauth/authorize?client_id=nobody`);
    await shot('unknown-app');

    const site = await app('ChatGPT', 'https://chatgpt.com/connector/oauth/abc');
    await page.goto(site);
    await shot('consent-site');
    await page.goto(await app('Cursor', 'cursor://anysphere.cursor-mcp/oauth/callback'));
    await shot('consent-native');
    await page.goto(await app('An app with a rather long name for a narrow window', 'http://127.0.0.1:33418/callback'));
    await shot('consent-local');
    await page.getByRole('button', { name: 'Allow' }).click();
    await shot('sign-in');
    await page.getByRole('button', { name: 'Create an account' }).click();
    await shot('sign-up');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await signIn('wrong');
    await shot('sign-in-refused');

    await page.goto(`${server.origin}/account`);
    await shot('account-sign-in');
    await page.getByRole('link', { name: 'Create an account' }).click();
    await page.locator('input[name=username]').fill(PERSON);
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.locator('input[name=again]').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await shot('account-sign-up-taken');
    await page.goto(`${server.origin}/account`);
    await signIn(PASSWORD);
    await page.waitForURL(`${server.origin}/account`);
    // Let the app in; wherever that leads from here, nothing follows until the browser has left.
    await page.route('https://chatgpt.com/**', (route) => route.fulfill({ body: 'landed' }));
    await page.goto(site);
    await shot('consent-signed-in');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL((url) => url.origin !== server.origin, { waitUntil: 'commit' });
    await page.goto(site);
    await shot('consent-again');
    await page.getByText('What it may do').click();
    await shot('consent-again-open');
    await page.goto(`${server.origin}/account`);
    await shot('account');
    await page.goto(`${server.origin}/account/games`);
    await shot('games');
    await page.getByRole('link', { name: 'Delete' }).first().click();
    await shot('delete-game');
    await page.goto(`${server.origin}/account/password`);
    await page.locator('input[name=current]').fill(PASSWORD);
    await page.locator('input[name=password]').fill('password1');
    await page.locator('input[name=again]').fill('password1');
    await page.getByRole('button', { name: 'Change password' }).click();
    await shot('password');
    await page.goto(`${server.origin}/account/delete`);
    await shot('delete-account');
    await page.goto(`${server.origin}/account`);
    const row = page.locator('.apps li', { hasText: 'chatgpt.com' }).first();
    await row.getByRole('button', { name: 'Cut' }).click();
    await shot('account-notice');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await shot('account-signed-out');
    await page.goto(`${server.origin}/account/sign-in/nothing`);
    await close();
  });

  test(`every page with providers, ${view.name}`, async () => {
    const { page, shot, close } = await open(view);
    const choose = (name) => page.getByRole('button', { name: `Continue with ${name}` }).click();

    await page.goto(await app('ChatGPT', 'https://chatgpt.com/connector/oauth/abc', crowded));
    await page.getByRole('button', { name: 'Allow' }).click();
    await shot('providers-sign-in');
    await choose('A provider');
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await shot('provider-away');
    await choose('House');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await shot('provider-cancelled');

    await page.goto(`${crowded.origin}/account`);
    await shot('providers-entry');
    await choose('House');
    await signInAt(provider, page, 'frances');
    await page.waitForURL(`${crowded.origin}/account`);
    await shot('providers-account');
    await close();
  });
}

test('a page can be printed', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${server.origin}/account`);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.getByRole('button', { name: 'Sign in' }).isVisible(), false);
  await context.close();
});
