// The board in a chat: a real browser, the official host side of MCP Apps, the real server.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mateInOne } from './board/puzzle.mjs';
import { openChat, serveHost } from './board/table.mjs';
import { launch } from './chromium.mjs';
import { PERSON, startServer, until } from './server.mjs';

const SHOTS = process.env.WEB_SHOTS ?? fileURLToPath(new URL('.cache/shots', import.meta.url));
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let server; let host; let browser;

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  server = await startServer({ OWNER_PASSWORD: 'a password that nobody needs here' });
  host = await serveHost();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  host?.close();
  await server?.stop();
});

const token = (name = PERSON) => server.command(['token', '--user', name]);

/** A chat for one test, closed after it. */
async function chat(t, options, bearer = token()) {
  const opened = await openChat(browser, host.url, server, bearer, options);
  t.after(() => opened.close());
  return opened;
}

const analysis = (moves, more = {}) => ({ opponent: 'nobody', moves, ...more });

/** The game as the server has it. */
const status = async (table, id) => (await table.call('chess_status', id ? { game_id: id } : {})).result.structuredContent;

test('the board is one small document that hosts find by a tool and read', async (t) => {
  const table = await chat(t);
  const document = await table.page.evaluate(async () => {
    const { client, tools } = window.host;
    const { resources } = await client.listResources();
    const [read] = (await client.readResource({ uri: resources[0].uri })).contents;
    const older = (await client.readResource({ uri: 'ui://chess/board-000000000000.html' })).contents[0];
    const bound = [...tools.values()].filter((tool) => tool._meta.ui?.resourceUri).map((tool) => tool.name);
    return { resources, read, older, bound, meta: tools.get('chess_move')._meta, sync: tools.get('chess_board_sync')._meta };
  });
  const { resources: [resource], read, older, bound, meta, sync } = document;
  console.log(`the board is ${Buffer.byteLength(read.text)} bytes`);
  assert.ok(Buffer.byteLength(read.text) < 150_000);
  assert.equal(read.text, older.text);
  assert.equal(read.mimeType, 'text/html;profile=mcp-app');
  assert.match(resource.uri, /^ui:\/\/chess\/board-[0-9a-f]{12}\.html$/);
  for (const one of [resource, read]) {
    assert.deepEqual(one._meta.ui.csp, { connectDomains: [], resourceDomains: [], frameDomains: [], baseUriDomains: [] });
    assert.equal('domain' in one._meta.ui, false);
  }
  assert.deepEqual(bound.sort(), ['chess_join', 'chess_move', 'chess_new_game', 'chess_play_line', 'chess_puzzle', 'chess_show', 'chess_undo']);
  assert.deepEqual([meta.ui.resourceUri, meta['ui/resourceUri'], meta['openai/outputTemplate']], Array(3).fill(resource.uri));
  assert.deepEqual(sync.ui.visibility, ['app']);
});

test('a game is dragged to mate, and the model learns of every move', async (t) => {
  const table = await chat(t);
  const { result } = await table.call('chess_new_game', analysis(''));
  const id = result.structuredContent.game_id;
  const board = table.board();
  for (const [from, to, san] of [['f2', 'f3', 'f3'], ['e7', 'e5', 'e5'], ['g2', 'g4', 'g4'], ['d8', 'h4', 'Qh4#']]) {
    await board.drag(from, to);
    await board.last(san);
  }
  await board.says('Black won by checkmate');
  assert.deepEqual(await board.moves(), ['f3', 'e5', 'g4', 'Qh4#']);
  assert.equal((await status(table, id)).result, '0-1');
  const told = (await table.get('contexts')).map((context) => context.content[0].text);
  assert.equal(told.at(-1), `On the board: 2... Qh4#. Recorded, ply 4, game ${id}. No call needed.`);
  assert.equal(told.length, 4);
});

test('a game against the engine is clicked, and the answer arrives', async (t) => {
  const table = await chat(t);
  await table.call('chess_new_game', { opponent: 'engine', level: 1 });
  const board = table.board();
  await board.says('Your move');
  await board.click('e2', 'e4');
  await board.shows('e4', 'white pawn');
  await until('an answer', async () => (await board.moves()).length === 2);
  await board.says('Your move');
  const told = await until('the model to know', async () => (await table.get('contexts'))[0]);
  assert.match(told.content[0].text, /^On the board: 1\. e4 \S+\. Recorded, ply 2, game \w{8}\. No call needed\.$/);
  assert.deepEqual(told.content[0].annotations, { audience: ['assistant'] });
});

test('a phone taps', async (t) => {
  const table = await chat(t, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await table.call('chess_new_game', analysis(''));
  const board = table.board();
  await board.shows('e2', 'white pawn');
  await board.tap('e2', 'e4');
  await board.last('e4');
  await board.tap('e7', 'e5');
  await board.last('e5');
});

test('everything goes by keyboard, and is called by its name', async (t) => {
  const table = await chat(t);
  await table.call('chess_new_game', analysis(''));
  const board = table.board();
  await board.shows('e2', 'white pawn, can move');
  await board.square('e2').focus();
  await table.page.keyboard.press('Enter');
  await board.shows('e4', 'empty, legal target');
  assert.equal(await board.square('e2').getAttribute('aria-selected'), 'true');
  await table.page.keyboard.press('Escape');
  await board.shows('e4', 'empty');
  await board.type('e2', 'e4');
  await board.last('e4');
  await board.root.locator('[role=status].heard', { hasText: /pawn/ }).waitFor({ state: 'attached' });
  await board.button('Flip the board').click();
  await board.type('g8', 'f6');
  await board.last('Nf6');
});

test('a pawn becomes what the person chooses', async (t) => {
  const table = await chat(t);
  await table.call('chess_new_game', analysis('', { fen: '8/P6k/8/8/8/8/7K/8 w - - 0 1' }));
  const board = table.board();
  await board.drag('a7', 'a8');
  const choice = board.root.getByRole('dialog', { name: 'Promote to' });
  await choice.waitFor();
  await table.page.screenshot({ path: `${SHOTS}/board-promotion.png` });
  await table.page.keyboard.press('Escape');
  await choice.waitFor({ state: 'detached' });
  await board.shows('a7', 'white pawn');
  await board.drag('a7', 'a8');
  await choice.getByRole('button', { name: 'knight' }).click();
  await board.last('a8=N');
  await board.shows('a8', 'white knight');
});

test('looking back plays nothing', async (t) => {
  const table = await chat(t);
  const { result } = await table.call('chess_new_game', analysis('e4 e5 Nf3 Nc6 Bb5'));
  const board = table.board();
  await board.shows('b5', 'white bishop');
  await board.root.locator('h1').click();
  await table.page.keyboard.press('ArrowLeft');
  await board.shows('f1', 'white bishop');
  await board.says('Looking back');
  await board.drag('a7', 'a6');
  await table.page.keyboard.press('Home');
  await board.shows('e2', 'white pawn');
  await board.button('Next move').click();
  await board.shows('e4', 'white pawn');
  await board.root.locator('.sheet button', { hasText: 'Nf3' }).click();
  await board.shows('f3', 'white knight');
  await table.page.keyboard.press('End');
  await board.shows('b5', 'white bishop');
  assert.deepEqual(await board.moves(), ['e4', 'e5', 'Nf3', 'Nc6', 'Bb5']);
  const now = await status(table, result.structuredContent.game_id);
  assert.deepEqual([now.ply, now.revision], [5, result.structuredContent.revision]);
  await board.drag('a7', 'a6');
  await board.last('a6');
});

test('the board turns, whichever side is played', async (t) => {
  const table = await chat(t);
  await table.call('chess_new_game', { opponent: 'assistant', color: 'black' });
  const board = table.board();
  const corner = () => board.root.locator('[role=gridcell]').first().getAttribute('data-square');
  await board.says('The assistant is to move');
  assert.equal(await corner(), 'h1');
  await board.button('Flip the board').click();
  assert.equal(await corner(), 'a8');
});

test('a puzzle is solved by moving; a wrong move comes back', async (t) => {
  const table = await chat(t);
  const ask = async (wish) => (await table.call('chess_puzzle', wish)).result.structuredContent;
  const { game, mate, wrong, number } = await mateInOne(ask);
  const board = table.board(number);
  await board.drag(wrong.from, wrong.to);
  await board.says('It was taken back');
  await board.shows(wrong.from, wrong.color === 'w' ? 'white' : 'black');
  await board.drag(mate.from, mate.to);
  await board.says('Solved');
  assert.equal((await status(table, game)).status, 'solved');
  await board.button('Next puzzle').click();
  await until('another puzzle', async () => (await table.get('calls')).some((call) => call.arguments.another));
  await board.says(/White|Black|mate|best/i);
});

test('a hint points, costs are said before', async (t) => {
  const table = await chat(t);
  await table.call('chess_new_game', { opponent: 'engine', level: 1 });
  const board = table.board();
  await board.button('Hint').click();
  await board.says('Your move');
  const dialog = board.root.getByRole('dialog', { name: 'A hint?' });
  assert.match(await dialog.textContent(), /no longer rated/);
  await dialog.getByRole('button', { name: 'Give me a hint' }).click();
  await board.root.locator('.note').first().waitFor();
});

test('without the server a move waits, and is not made twice', async (t) => {
  const table = await chat(t);
  const { result } = await table.call('chess_new_game', analysis(''));
  const board = table.board();
  await table.set('down');
  await board.drag('e2', 'e4');
  await board.says('was not answered');
  await board.shows('e2', 'white pawn');
  await table.page.screenshot({ path: `${SHOTS}/board-trouble.png` });
  await table.set('up');
  await board.button('Try again').click();
  await board.last('e4');
  await table.set('deaf');
  await board.drag('e7', 'e5');
  await board.says('was not answered');
  await table.set('up');
  await board.button('Try again').click();
  await board.last('e5');
  assert.equal((await status(table, result.structuredContent.game_id)).ply, 2);
});

test('a hint that was not answered is not asked for again by itself', async (t) => {
  const table = await chat(t);
  await table.call('chess_new_game', analysis(''));
  const board = table.board();
  await table.set('deaf');
  await board.button('Hint').click();
  await board.says('The server did not answer');
  assert.equal(await board.button('Try again').count(), 0, 'it would tell more than was asked for');
  await table.set('up');
  await board.button('Dismiss').click();
  await board.button('Hint').click();
  await board.root.locator('.note').first().waitFor();
});

test('the server dies in the middle of a game, comes back, and the game goes on', async (t) => {
  const own = await startServer();
  t.after(() => own.stop());
  const table = await openChat(browser, host.url, own, own.command(['token', '--user', PERSON]));
  t.after(() => table.close(/ERR_CONNECTION_REFUSED/));
  await table.call('chess_new_game', analysis(''));
  const board = table.board();
  await board.drag('e2', 'e4');
  await board.last('e4');
  await own.kill();
  await board.drag('e7', 'e5');
  await board.says('was not answered');
  await own.restart();
  await board.button('Try again').click();
  await board.last('e5');
  await board.drag('g1', 'f3');
  await board.last('Nf3');
});

test('a refused move rolls back and says why', async (t) => {
  const table = await chat(t);
  const { result } = await table.call('chess_new_game', analysis(''));
  const id = result.structuredContent.game_id;
  const board = table.board();
  await board.shows('e2', 'white pawn');
  // The model plays meanwhile without showing a board.
  await table.call('chess_export', { game_id: id });
  await table.page.evaluate((game) => window.host.client.callTool({ name: 'chess_move', arguments: { game_id: game, move: 'd4', expected_ply: 0 }, _meta: { 'chess-mcp/board': true } }), id);
  await board.drag('e2', 'e4');
  await board.root.locator('.trouble').waitFor();
  await board.shows('e2', 'white pawn');
  await board.shows('d4', 'white pawn');
  assert.deepEqual(await board.moves(), ['d4']);
});

test('a board that is shown again shows what happened since', async (t) => {
  const table = await chat(t);
  await table.call('chess_new_game', analysis(''));
  await table.board().drag('e2', 'e4');
  await table.board().last('e4');
  // Hosts show the same result again, long after it was made.
  await table.page.clock.install({ time: Date.now() + 3_600_000 });
  await table.remount(0);
  const again = table.board();
  await again.last('e4');
  await again.drag('e7', 'e5');
  await again.last('e5');
});

test('an older board freezes when a newer one shows the game, and can go on', async (t) => {
  const table = await chat(t, { viewport: { width: 720, height: 1600 } });
  const { result } = await table.call('chess_new_game', analysis(''));
  const id = result.structuredContent.game_id;
  await table.call('chess_move', { game_id: id, move: 'e4', expected_ply: 0 });
  const [older, newer] = [table.board(0), table.board(1)];
  await newer.shows('e4', 'white pawn');
  await older.drag('d2', 'd4');
  await older.says('A newer board shows this game');
  await older.shows('d2', 'white pawn');
  assert.equal(await older.button('Flip the board').count(), 0);
  const asked = async () => (await table.get('calls')).filter((call) => call.board === 0).length;
  const before = await asked();
  await older.root.locator('h1').click();
  await older.drag('c2', 'c4');
  await older.shows('c2', 'white pawn');
  await newer.drag('e7', 'e5');
  await newer.last('e5');
  await table.page.screenshot({ path: `${SHOTS}/board-frozen.png` });
  assert.equal(await asked(), before, 'a frozen board asks nothing');
  await older.button('Continue here').click();
  await older.last('e5');
  await older.drag('g1', 'f3');
  await older.last('Nf3');
});

test('against the assistant the move is put into the chat', async (t) => {
  const table = await chat(t);
  const { result } = await table.call('chess_new_game', { opponent: 'assistant' });
  const board = table.board();
  await board.drag('e2', 'e4');
  const said = await until('a message', async () => (await table.get('said'))[0]);
  assert.equal(said, `1. e4 recorded in game ${result.structuredContent.game_id}, your move as Black (ply 1).`);
  await board.says('The assistant is to move');
});

const WITHOUT = [
  ['serverTools', 'Moves made here are written into the chat'],
  ['updateModelContext', 'White to move'],
  ['message', 'White to move'],
  ['downloadFile', 'White to move'],
];
for (const [missing, text] of WITHOUT) {
  test(`a host without ${missing} shows a board that says what can be done`, async (t) => {
    const table = await chat(t);
    const all = { serverTools: {}, openLinks: {}, downloadFile: {}, updateModelContext: { text: {} }, message: { text: {} } };
    delete all[missing];
    await table.call('chess_new_game', analysis(''), { capabilities: all });
    const board = table.board();
    await board.says(text);
    await board.drag('e2', 'e4');
    if (missing === 'serverTools') {
      assert.equal(await until('the move in the chat', async () => (await table.get('said'))[0]), 'I play e4.');
      await board.shows('e2', 'white pawn');
    } else await board.last('e4');
    assert.equal((await table.get('contexts')).length, missing === 'serverTools' || missing === 'updateModelContext' ? 0 : 1);
  });
}

test('a host that can do nothing at all still shows the position', async (t) => {
  const table = await chat(t);
  await table.call('chess_new_game', analysis('e4'), { capabilities: {} });
  await table.board().says('Say your moves in the chat');
  await table.board().shows('e4', 'white pawn');
});

test('a cancelled call leaves a way on', async (t) => {
  const table = await chat(t);
  await table.call('chess_new_game', analysis('d4'), { deliver: 'cancelled' });
  const board = table.board();
  await board.says('The call was cancelled');
  await board.button('Show the board').click();
  await board.shows('d4', 'white pawn');
});

test('what ChatGPT delivered before the board listened is taken', async (t) => {
  const table = await chat(t);
  const { result } = await table.call('chess_new_game', analysis('c4'));
  const openai = { toolOutput: result.structuredContent, toolResponseMetadata: result._meta };
  await table.call('chess_show', {}, { deliver: 'nothing', openai });
  await table.board(1).shows('c4', 'white pawn');
});

test('two friends see each other’s moves without asking', async (t) => {
  server.command(['users', 'add', 'bob', '--password-stdin'], 'another horse battery staple\n');
  const [white, black] = [await chat(t), await chat(t, {}, token('bob'))];
  const { result } = await white.call('chess_new_game', { opponent: 'friend' });
  await white.board().says('Your move');
  await black.call('chess_join', { code: result.structuredContent.invitation.code });
  await black.board().says('Waiting for');
  await white.board().drag('e2', 'e4');
  await black.board().last('e4');
  await black.board().drag('e7', 'e5');
  await white.board().last('e5');
  await white.board().says('Your move');
});

test('no game yet: the board offers one', async (t) => {
  server.command(['users', 'add', 'carol', '--password-stdin'], 'another horse battery staple\n');
  const table = await chat(t, {}, token('carol'));
  await table.call('chess_show');
  const board = table.board();
  await board.says('No game yet');
  await board.button('New game').click();
  const dialog = board.root.getByRole('dialog', { name: 'New game' });
  await dialog.getByLabel('The assistant').check();
  await dialog.getByLabel('White').check();
  await table.page.screenshot({ path: `${SHOTS}/board-new-game.png` });
  await dialog.getByRole('button', { name: 'Start' }).click();
  await board.says('Your move');
});

test('the position that is shown is copied, also an earlier one', async (t) => {
  const table = await openChat(browser, host.url, server, token());
  // Frames may not write to the clipboard here; then the text is there to be copied by hand.
  t.after(() => table.close(/Clipboard API has been blocked/));
  await table.call('chess_new_game', analysis('e4 c5 Nf3'));
  const board = table.board();
  const copied = async () => {
    await board.button('More').click();
    await board.button('Copy FEN or PGN').click();
    await board.button('FEN').click();
    return until('a text', () => board.root.getByLabel('To copy').inputValue());
  };
  assert.equal(await copied(), 'rnbqkbnr/pp1ppppp/8/2p5/4P3/5N2/PPPP1PPP/RNBQKB1R b KQkq - 1 2');
  await table.page.keyboard.press('Escape');
  await board.root.locator('.sheet button', { hasText: 'e4' }).click();
  assert.equal(await copied(), 'rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR b KQkq - 0 1');
});

test('PGN is handed over, squares change their colours, fullscreen is asked for', async (t) => {
  const table = await chat(t);
  await table.call('chess_new_game', analysis('e4 e5'));
  const board = table.board();
  await board.button('More').click();
  await board.root.getByLabel('Green').check();
  assert.equal(await board.root.locator('main').getAttribute('data-board'), 'green');
  await table.page.screenshot({ path: `${SHOTS}/board-menu.png` });
  await board.button('Download PGN').click();
  const file = await until('a file', async () => (await table.get('files'))[0]);
  assert.match(file.text, /1\. e4 e5/);
  await board.button('Full screen').click();
  await until('fullscreen', async () => (await table.get('modes'))[0] === 'fullscreen');
  await board.root.locator('main.fullscreen').waitFor();
});

test('the first board is painted soon after its result', async (t) => {
  const times = [];
  for (let round = 0; round < 5; round += 1) {
    // A chat each: a frame below the edge of the window is not painted.
    const table = await chat(t);
    await table.call('chess_new_game', analysis('e4'));
    await table.board().shows('e4', 'white pawn');
    const frame = table.page.frames().at(-1);
    times.push(await until('the first picture', () => frame.evaluate(() => performance.getEntriesByName('chess-painted')[0]?.duration)));
  }
  console.log(`from the tool result to a painted board: ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`);
});

const LOOKS = [];
for (const theme of ['light', 'dark']) {
  for (const width of [320, 480, 900]) LOOKS.push({ theme, width, mode: 'inline' });
  LOOKS.push({ theme, width: 900, mode: 'fullscreen' }, { theme, width: 360, mode: 'fullscreen' });
}
for (const { theme, width, mode } of LOOKS) {
  test(`it looks right, ${theme}, ${mode}, ${width} px`, async (t) => {
    const table = await chat(t, { viewport: { width, height: 800 }, colorScheme: theme });
    const line = 'e4 e5 Nf3 Nc6 Bb5 a6 Bxc6 dxc6 O-O Bg4 h3 h5 d3 Qf6 Nbd2 Ne7 Re1 Ng6 d4 Nf4 dxe5 Qg6';
    const how = { context: { theme, displayMode: mode } };
    const { result } = await table.call('chess_new_game', { opponent: 'engine', level: 3, moves: line }, how);
    const board = table.board();
    await board.says('Your move');
    if (mode === 'fullscreen') await table.page.evaluate(() => { document.querySelector('iframe').style.height = `${innerHeight}px`; });
    const frame = table.page.frames().at(-1);
    // Resizing the frame, measuring the board and painting it take turns.
    let before = '';
    await until('the board to keep its size', async () => {
      const now = await frame.evaluate(() => new Promise((resolve) => {
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(`${innerWidth} ${innerHeight} ${document.querySelector('cg-board').getBoundingClientRect().width}`)));
      }));
      const still = now === before;
      before = now;
      return still;
    });
    const pieces = await frame.evaluate(() => [...document.querySelectorAll('cg-board piece')].filter((piece) => !piece.classList.contains('ghost')).length);
    assert.equal(pieces, result.structuredContent.fen.split(' ')[0].match(/[a-z]/gi).length);
    const wide = await frame.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(wide, false, 'nothing sticks out');
    await table.page.screenshot({ path: `${SHOTS}/board-${theme}-${mode}-${width}.png`, fullPage: mode === 'inline', animations: 'disabled' });
    await frame.addScriptTag({ path: AXE }).catch(() => frame.evaluate(() => undefined));
    const found = await frame.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
      return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(' | ')}`);
    });
    assert.deepEqual(found, []);
  });
}
