// The official TypeScript SDK, told nothing but the URL: it discovers, registers, signs in through the real
// pages, plays a whole game against the first-day opponent by its own moves, refreshes; another chess library
// replays the game it exported.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Chess } from 'chess.js';
import { chooseMove } from './player.mjs';
import { call, connect, legacyKit, Memory, modernKit } from './sdk.mjs';
import { startServer } from './server.mjs';

let server;
before(async () => { server = await startServer({ TOOL_RATE_LIMIT: 'off', AUTH_RATE_LIMIT: 'off' }); });
after(() => server.stop());

/** A whole game, by moves of our own. */
async function playOut(client) {
  let view = await call(client, 'chess_new_game', { opponent: 'engine', level: 1, color: 'white' });
  for (let turn = 0; turn < 300 && view.status === 'ongoing'; turn += 1) {
    if (view.ply > 200 && view.can.includes('claim_draw')) {
      view = await call(client, 'chess_finish', { game_id: view.game_id, action: 'claim_draw' });
      break;
    }
    view = await call(client, 'chess_move', { game_id: view.game_id, expected_ply: view.ply, move: chooseMove(view.fen) });
  }
  return view;
}

test('a client that knows only the URL plays a whole game', { timeout: 600_000 }, async () => {
  const memory = new Memory(server);
  let client = await connect(memory, legacyKit);
  assert.equal(client.getServerVersion().name, 'chess-mcp');
  const { tools } = await client.listTools();
  assert.ok(tools.some((tool) => tool.name === 'chess_move'));

  const over = await playOut(client);
  assert.equal(over.status, 'finished', over.fen);
  assert.ok(!['resignation', 'agreement', 'aborted', 'timeout'].includes(over.reason), over.reason);

  const { text: pgn } = await call(client, 'chess_export', { game_id: over.game_id });
  const replayed = new Chess();
  replayed.loadPgn(pgn, { strict: true });
  assert.equal(replayed.history().length, over.ply);
  assert.equal(replayed.fen().split(' ')[0], over.fen.split(' ')[0]);
  assert.equal(replayed.getHeaders().Result, over.result);
  if (over.reason === 'checkmate') assert.ok(replayed.isCheckmate());
  console.log(`# ${over.result} by ${over.reason} after ${over.ply} plies`);

  // The access token is lost: the SDK refreshes by itself and the game is still there.
  const before = memory.current;
  memory.current = { ...before, access_token: 'lost' };
  await client.close();
  client = await connect(memory, legacyKit);
  assert.notEqual(memory.current.refresh_token, before.refresh_token, 'refresh tokens rotate');
  const shown = await call(client, 'chess_status', { game_id: over.game_id });
  assert.equal(shown.result, over.result);
  await client.close();
});

for (const [name, kit] of [['SDK', legacyKit], ['next SDK', modernKit]]) {
  test(`the ${name} refreshes a token that is not admitted, and asks again when it was cut off`, { timeout: 180_000 }, async () => {
    const memory = new Memory(server);
    const client = await connect(memory, kit);
    const board = await call(client, 'chess_new_game', { opponent: 'nobody' });
    const first = memory.current;
    memory.current = { ...first, access_token: 'lost' };
    assert.equal((await call(client, 'chess_show')).game_id, board.game_id);
    assert.notEqual(memory.current.refresh_token, first.refresh_token, 'refresh tokens rotate');
    assert.equal(memory.signIns, 1);
    await client.close();

    // The SDK has no call for it; whoever has the token may revoke it.
    const form = new URLSearchParams({ token: memory.current.refresh_token, client_id: memory.information.client_id });
    const answer = await fetch(`${server.origin}/oauth/revoke`, { method: 'POST', body: form });
    assert.equal(answer.status, 200);
    assert.equal(await server.admits(memory.current.access_token), false);
    const again = await connect(memory, kit);
    assert.equal(memory.signIns, 2);
    assert.equal((await call(again, 'chess_show')).game_id, board.game_id, 'the games are the same');
    await again.close();
  });
}

test('the next SDK takes an answer from no other issuer, and none that names no issuer', { timeout: 180_000 }, async () => {
  for (const spoil of [(answer) => answer.set('iss', `${server.origin}/`), (answer) => answer.delete('iss')]) {
    const memory = new Memory(server);
    const finish = (transport, answer) => { spoil(answer); return transport.finishAuth(answer); };
    await assert.rejects(connect(memory, { ...modernKit, finish }), /issuer/i);
    assert.equal(memory.current, undefined);
  }
});

test('the next SDK gets in and plays too', { timeout: 120_000 }, async () => {
  const client = await connect(new Memory(server), modernKit);
  const view = await call(client, 'chess_new_game', { opponent: 'engine', level: 1, color: 'white' });
  const next = await call(client, 'chess_move', { game_id: view.game_id, expected_ply: 0, move: 'e4' });
  assert.equal(next.played.san, 'e4');
  assert.equal(next.reply.by, 'engine');
  await client.close();
});
