// The board in a plain browser: after a sign-in, and for a guest who was invited from a chat.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mateInOne } from './board/puzzle.mjs';
import { BoardInPage, openChat, serveHost } from './board/table.mjs';
import { launch } from './chromium.mjs';
import { PASSWORD, PERSON, startServer, until } from './server.mjs';

const SHOTS = process.env.WEB_SHOTS ?? fileURLToPath(new URL('.cache/shots', import.meta.url));

let server; let browser; let host;

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  server = await startServer();
  browser = await launch();
  host = await serveHost();
});

after(async () => {
  await browser?.close();
  host?.close();
  await server?.stop();
});

/** A window of its own. Whatever a strict policy stops, and any other fault in it, fails the test. */
async function open(t, path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 760 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (fault) => faults.push(String(fault)));
  page.on('console', (message) => { if (message.type() === 'error') faults.push(message.text()); });
  t.after(async () => {
    await context.close();
    assert.deepEqual(faults, []);
  });
  await page.goto(`${server.origin}${path}`);
  return { page, board: new BoardInPage(page, page) };
}

async function signIn(page) {
  await page.locator('input[name=username]').fill(PERSON);
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('after signing in one plays, keeps, finds and imports games', async (t) => {
  const { page, board } = await open(t, '/play');
  await signIn(page);
  await page.waitForURL(`${server.origin}/play`);
  await board.says('No game yet');
  await board.button('New game').click();
  const dialog = page.getByRole('dialog', { name: 'New game' });
  assert.equal(await dialog.getByLabel('The assistant').count(), 0, 'there is no model here');
  await dialog.getByRole('slider').fill('1');
  await dialog.getByRole('button', { name: 'Start' }).click();
  await board.says('Your move');
  await board.drag('e2', 'e4');
  await until('an answer', async () => (await board.moves()).length === 2);
  await page.screenshot({ path: `${SHOTS}/play-game.png` });

  await board.button('More').click();
  const [download] = await Promise.all([page.waitForEvent('download'), board.button('Download PGN').click()]);
  assert.match(readFileSync(await download.path(), 'utf8'), /1\. e4 \S+/);

  await board.button('More').click();
  await board.button('Puzzle').click();
  await board.root.locator('h1', { hasText: 'Puzzle' }).waitFor();
  await until('a position to solve', async () => page.evaluate(() => document.querySelectorAll('[role=gridcell][aria-label*="can move"]').length > 0));

  await board.button('More').click();
  await board.button('Your games').click();
  const library = page.getByRole('dialog', { name: 'Your games' });
  await library.getByRole('button', { name: /Engine 1/ }).waitFor();
  const pgn = [1, 2, 3].map((n) => `[Event "Cup"]\n[White "Ana"]\n[Black "Ben ${n}"]\n[Result "1-0"]\n\n1. e4 e5 2. Qh5 Nc6 3. Bc4 Nf6 4. Qxf7# 1-0\n`).join('\n');
  await library.locator('input[type=file]').setInputFiles({ name: 'games.pgn', mimeType: 'application/x-chess-pgn', buffer: Buffer.from(`${pgn}\n[Event "Broken"]\n\n1. e4 Ke4 *\n`) });
  await library.getByText('3 games imported.').waitFor();
  await library.getByText(/^Game 4, line 24/).waitFor();
  await page.screenshot({ path: `${SHOTS}/play-library.png` });
  await library.getByRole('button', { name: 'Imported' }).click();
  await library.getByRole('button', { name: /Ben 2/ }).click();
  await board.last('Qxf7#');
  await board.shows('f7', 'white queen');

});

test('a puzzle is solved in the browser', async (t) => {
  const { page, board } = await open(t, '/play');
  await signIn(page);
  await page.waitForURL(`${server.origin}/play`);
  const token = server.command(['token', '--user', PERSON]);
  const ask = async (wish) => {
    const answer = await fetch(server.resource, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'chess_puzzle', arguments: wish } }),
    });
    return (await answer.json()).result.structuredContent;
  };
  const { game, mate } = await mateInOne(ask);
  await page.goto(`${server.origin}/play/${game}`);
  await board.drag(mate.from, mate.to);
  await board.says('Solved');
});

test('two people finish a game, one by the link in the browser, one in the chat', async (t) => {
  const chat = await openChat(browser, host.url, server, server.command(['token', '--user', PERSON]));
  t.after(() => chat.close());
  const { result } = await chat.call('chess_new_game', { opponent: 'friend', color: 'white' });
  const { url } = result.structuredContent.invitation;
  const white = chat.board();
  await white.says('Your move');

  const { page, board: black } = await open(t, new URL(url).pathname);
  await page.screenshot({ path: `${SHOTS}/join.png` });
  await page.locator('input[name=name]').fill('Ben');
  await page.getByRole('button', { name: 'Play as a guest' }).click();
  await page.waitForURL(new RegExp(`${server.origin}/play/`));
  await black.says('Waiting for');

  const line = [['f2', 'f3', 'f3'], ['e7', 'e5', 'e5'], ['g2', 'g4', 'g4'], ['d8', 'h4', 'Qh4#']];
  for (const [index, [from, to, san]] of line.entries()) {
    const [mover, watcher] = index % 2 ? [black, white] : [white, black];
    await mover.says('Your move');
    await mover.drag(from, to);
    await mover.last(san);
    await watcher.last(san);
  }
  await black.says('You won by checkmate');
  await white.says('You lost by checkmate');
  assert.match(await white.root.locator('h1').textContent(), /Ben/);
  await page.screenshot({ path: `${SHOTS}/play-guest.png` });
  assert.equal(await black.button('New game').count(), 0, 'a guest has this game alone');
});

for (const colorScheme of ['light', 'dark']) {
  for (const width of [360, 1200]) {
    test(`the page looks right, ${colorScheme}, ${width} px`, async (t) => {
      const { page, board } = await open(t, '/play', { colorScheme, viewport: { width, height: 760 } });
      await signIn(page);
      await page.waitForURL(`${server.origin}/play`);
      await board.root.locator('h1').waitFor();
      await until('a board', () => page.evaluate(() => document.querySelectorAll('cg-board piece').length > 2));
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'nothing sticks out');
      await page.screenshot({ path: `${SHOTS}/play-${colorScheme}-${width}.png`, animations: 'disabled' });
    });
  }
}
