// Signing in through a certified provider, in a real browser: our consent page, the provider's own pages, and back.
// What the two servers say to each other is looked at from the provider's side, where another implementation checks it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { authorizationUrl } from './app.mjs';
import { launch } from './chromium.mjs';
import { REFUSAL, sayWho, signInAt, startProvider } from './provider.mjs';
import { call, connect, legacyKit, Memory, modernKit } from './sdk.mjs';
import { startServer } from './server.mjs';

// What a server may fetch at any time: it says nothing about a person or an app.
const DOCUMENT = /^GET \/(\.well-known\/openid-configuration|jwks)$/;

let house; let other; let alone; let both; let browser; let app; let callback;

/** A server that knows these providers by these names, and is known to them. */
async function serverWith(providers, settings = {}) {
  const named = Object.entries(providers);
  const known = Object.assign({}, ...named.map(([name, provider]) => provider.settings(name)));
  const server = await startServer({ ...known, ...settings });
  for (const [name, provider] of named) await provider.welcome(`${server.origin}/oauth/callback/${name.toLowerCase()}`);
  return server;
}

before(async () => {
  [house, other] = await Promise.all([startProvider(), startProvider()]);
  alone = await serverWith({ TEST: house });
  both = await serverWith({ TEST: house, OTHER: other }, { OIDC_OTHER_LABEL: 'Other House' });
  app = createServer((request, response) => { response.setHeader('content-type', 'text/html'); response.end('<title>landed</title><h1>Landed</h1>'); });
  await new Promise((resolve) => { app.listen(0, 'localhost', resolve); });
  callback = `http://localhost:${app.address().port}/callback`;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  app?.close();
  await Promise.all([alone, both, house, other].map((running) => running?.stop()));
});

/** A window of somebody who was nowhere yet. */
async function newWindow() {
  // Every page works without scripts, and so does the way to the provider and back.
  const context = await browser.newContext({ javaScriptEnabled: false });
  const window = await context.newPage();
  // A page policy that holds the browser back says so here and nowhere else.
  window.on('console', (message) => { if (/form-action/.test(message.text())) console.log(`# ${message.text()}`); });
  return window;
}

/** Opens an app's request and allows it. Until the click, nobody was sent or announced to the provider. */
async function allow(window, start) {
  const seen = house.requests.length;
  await window.goto(start);
  const button = window.getByRole('button', { name: 'Allow' });
  await button.waitFor();
  assert.deepEqual(house.requests.slice(seen).filter((request) => !DOCUMENT.test(request)), []);
  await button.click();
}

/** Where the window has come to, once that is the app. */
async function landed(window) {
  await window.waitForURL(`${callback}?**`);
  return new URL(window.url());
}

/** A whole sign-in of somebody at the only provider. */
async function signIn(window, server, name) {
  await allow(window, await authorizationUrl(server, 'Provider Test', callback));
  await signInAt(house, window, name);
  const { searchParams } = await landed(window);
  assert.match(searchParams.get('code') ?? '', /^\S{20,}$/, searchParams.toString());
  assert.equal(searchParams.get('state'), 'xyz');
  assert.equal(searchParams.get('iss'), server.origin);
}

const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const keyOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid;

for (const [name, kit] of [['SDK', legacyKit], ['next SDK', modernKit]]) {
  test(`the ${name} signs somebody in through the provider and plays`, { timeout: 180_000 }, async () => {
    const window = await newWindow();
    const seen = house.requests.length;
    const memory = new Memory(alone, callback, async (start) => {
      await allow(window, start);
      await signInAt(house, window, 'bob');
      return landed(window);
    });
    const client = await connect(memory, kit);
    const view = await call(client, 'chess_new_game', { opponent: 'engine', level: 1, color: 'white' });
    const next = await call(client, 'chess_move', { game_id: view.game_id, expected_ply: 0, move: 'e4' });
    assert.equal(next.played.san, 'e4');
    assert.equal(next.reply.by, 'engine');
    await client.close();

    // What the provider was sent, and that it is ours alone: nothing of the app travels on.
    const request = house.requests.slice(seen).find((line) => line.startsWith('GET /auth?'));
    const query = new URL(request.slice('GET '.length), house.issuer).searchParams;
    assert.deepEqual(
      [...query.keys()].sort(),
      ['client_id', 'code_challenge', 'code_challenge_method', 'nonce', 'redirect_uri', 'response_type', 'scope', 'state'],
    );
    assert.equal(query.get('redirect_uri'), `${alone.origin}/oauth/callback/test`);
    assert.equal(query.get('scope'), 'openid profile email');
    assert.match(query.get('state'), /^[\w-]{43,}$/);
    assert.notEqual(query.get('state'), memory.state());

    // What the provider made of it: the request it granted, and the redemption it accepted.
    const asked = house.asked.at(-1);
    assert.equal(asked.nonce, query.get('nonce'));
    assert.match(asked.nonce, /^[\w-]{22,}$/);
    assert.equal(asked.code_challenge_method, 'S256');
    const told = house.told.at(-1);
    assert.equal(createHash('sha256').update(told.verifier).digest('base64url'), asked.code_challenge);
    assert.equal(told.codeChallenge, asked.code_challenge);
    assert.equal(told.nonce, asked.nonce);
    assert.equal(claims(told.idToken).nonce, asked.nonce);
    assert.match(told.authorization, /^Basic /);
    // Name and address are not in this provider's ID token, so they had to be asked for.
    assert.equal(house.requests.slice(seen).filter((line) => line === 'GET /me').length, 1);
    assert.deepEqual(house.faults, []);

    await window.goto(`${alone.origin}/account`);
    await window.getByRole('heading', { name: 'Bob', level: 1 }).waitFor();
    await window.context().close();
  });
}

test('the second time one is known, and the provider is not asked', async () => {
  const window = await newWindow();
  await signIn(window, alone, 'bob');
  const seen = house.requests.length;
  await window.goto(await authorizationUrl(alone, 'Provider Test', callback));
  await window.getByRole('button', { name: 'Continue as Bob' }).click();
  await landed(window);
  assert.deepEqual(house.requests.slice(seen).filter((request) => !DOCUMENT.test(request)), []);
  await window.context().close();
});

test('who wants to use another account is asked for it, though the provider knows one', async () => {
  const window = await newWindow();
  await signIn(window, alone, 'bob');
  await window.goto(await authorizationUrl(alone, 'Provider Test', callback));
  await window.getByRole('button', { name: 'Use another account' }).click();
  await sayWho(house, window, 'bob');
  assert.ok((await landed(window)).searchParams.get('code'));
  await window.context().close();
});

test('the provider changes its key, and somebody else signs in', async () => {
  const first = await newWindow();
  await signIn(first, alone, 'bob');
  await first.context().close();
  const former = keyOf(house.told.at(-1).idToken);

  house.rotate();
  const seen = house.requests.length;
  const window = await newWindow();
  await signIn(window, alone, 'carol');
  assert.notEqual(keyOf(house.told.at(-1).idToken), former);
  assert.equal(house.requests.slice(seen).filter((line) => line === 'GET /jwks').length, 1, 'the keys were fetched once more');
  await window.goto(`${alone.origin}/account`);
  await window.getByRole('heading', { name: 'Carol', level: 1 }).waitFor();
  await window.context().close();
});

test('with two providers one chooses, and either leads on', async () => {
  for (const [label, provider] of [['Test', house], ['Other House', other]]) {
    const window = await newWindow();
    await allow(window, await authorizationUrl(both, 'Choice', callback));
    await window.getByRole('button', { name: 'Continue with' }).first().waitFor();
    const names = await window.getByRole('button', { name: 'Continue with' }).allTextContents();
    assert.deepEqual(names.map((name) => name.trim()).sort(), ['Continue with Other House', 'Continue with Test']);
    assert.equal(await window.locator('input[name=password]').count(), 0, 'no local accounts beside providers');
    await window.getByRole('button', { name: `Continue with ${label}`, exact: true }).click();
    await signInAt(provider, window, 'dora');
    assert.ok((await landed(window)).searchParams.get('code'));
    await window.context().close();
  }
  assert.deepEqual(other.faults, []);
});

test('a provider and local accounts stand side by side, and without a provider there are local accounts alone', async () => {
  for (const [server, choices] of [[await serverWith({ TEST: house }, { LOCAL_SIGN_IN: 'on' }), 1], [await serverWith({}), 0]]) {
    const window = await newWindow();
    await allow(window, await authorizationUrl(server, 'Choice', callback));
    await window.locator('input[name=password]').waitFor();
    assert.equal(await window.getByRole('button', { name: 'Continue with' }).count(), choices);
    await window.goto(`${server.origin}/account`);
    await window.locator('input[name=password]').waitFor();
    assert.equal(await window.getByRole('button', { name: 'Continue with' }).count(), choices);
    await window.context().close();
    await server.stop();
  }
});

/** Presses Cancel at the provider's first page; our page about that follows. */
async function cancel(window) {
  await window.waitForURL(`${house.issuer}/**`);
  const answer = window.waitForResponse((response) => response.url().startsWith(`${alone.origin}/oauth/callback/test?`));
  await window.getByRole('button', { name: 'Cancel' }).click();
  assert.equal((await answer).status(), 403);
  await window.getByRole('button', { name: 'Back to the app' }).waitFor();
}

test('who cancels at the provider goes back to the app, which learns it', async () => {
  const window = await newWindow();
  await allow(window, await authorizationUrl(alone, 'Cancelled', callback));
  await cancel(window);
  assert.ok(!(await window.content()).includes(REFUSAL), 'our page speaks for itself');
  await window.getByRole('button', { name: 'Back to the app' }).click();
  const { searchParams } = await landed(window);
  assert.equal(searchParams.get('error'), 'access_denied');
  assert.equal(searchParams.get('state'), 'xyz');
  assert.equal(searchParams.get('iss'), alone.origin);
  assert.equal(searchParams.get('code'), null);
  assert.ok(!searchParams.toString().includes('Cancel'), searchParams.toString());
  await window.context().close();
});

test('who cancels at the provider may try again', async () => {
  const window = await newWindow();
  await allow(window, await authorizationUrl(alone, 'Cancelled', callback));
  await cancel(window);
  await window.getByRole('button', { name: 'Try again' }).click();
  await signInAt(house, window, 'bob');
  assert.ok((await landed(window)).searchParams.get('code'));
  await window.context().close();
});

test('a second provider is linked on the account page, and leads to the same account', async () => {
  const window = await newWindow();
  const account = `${both.origin}/account`;
  await window.goto(account);
  await window.getByRole('button', { name: 'Continue with Test' }).click();
  await signInAt(house, window, 'erin');
  await window.waitForURL(account);
  await window.getByRole('heading', { name: 'Sign-in' }).waitFor();
  const unlink = 'form[action="/account/providers/unlink"]';
  assert.equal(await window.locator(unlink).count(), 0, 'the only way in stays');

  await window.locator('form[action="/account/providers/link"] button[value=other]').click();
  await signInAt(other, window, 'erin-elsewhere');
  await window.waitForURL(account);
  await window.locator('.notice').waitFor();
  assert.equal(await window.locator(unlink).count(), 2);
  await window.context().close();

  // Who comes from the other provider now is the same person.
  const elsewhere = await newWindow();
  await elsewhere.goto(account);
  await elsewhere.getByRole('button', { name: 'Continue with Other House' }).click();
  await signInAt(other, elsewhere, 'erin-elsewhere');
  await elsewhere.waitForURL(account);
  assert.equal(await elsewhere.locator(unlink).count(), 2);
  await elsewhere.locator(unlink).first().getByRole('button').click();
  await elsewhere.locator('.notice').waitFor();
  assert.equal(await elsewhere.locator(unlink).count(), 0, 'one is left, and stays');
  await elsewhere.context().close();
});
