// The parts of the board that draw nothing: positions read, files cut, lines numbered.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chess } from 'chess.js';
import { chunksOf } from '../../assets/board/src/pgn.ts';
import { after, destinations, movesBetween, numbered, piecesOf, squaresSeenBy, taken, turnOf } from '../../assets/board/src/position.ts';

const START = new Chess().fen();

test('pieces stand where the FEN says', () => {
  const game = new Chess();
  for (const san of ['e4', 'c5', 'Nf3', 'd6', 'd4', 'cxd4', 'Nxd4', 'Nf6']) {
    game.move(san);
    const pieces = piecesOf(game.fen());
    const expected = game.board().flat().filter(Boolean);
    assert.equal(pieces.size, expected.length);
    const names = { p: 'pawn', n: 'knight', b: 'bishop', r: 'rook', q: 'queen', k: 'king' };
    for (const { square, type, color } of expected) {
      assert.deepEqual(pieces.get(square), { color: color === 'w' ? 'white' : 'black', role: names[type] });
    }
    assert.equal(turnOf(game.fen())[0], game.turn());
  }
});

test('pieces go where recorded moves lead', () => {
  const seen = (fen) => fen.split(' ').slice(0, 2).join(' ');
  const kinds = new Set();
  let random = 1;
  for (let count = 0; count < 60 && kinds.size < 7; count += 1) {
    const game = new Chess();
    let fen = game.fen();
    while (!game.isGameOver() && game.moveNumber() < 60) {
      random = (random * 48271) % 0x7fffffff;
      const moves = game.moves({ verbose: true });
      // Rare kinds first, or they never come.
      const rare = moves.filter(({ flags }) => /[ekqp]/.test(flags));
      const choice = rare.length ? rare : moves;
      const { from, to, promotion, flags } = choice[random % choice.length];
      game.move({ from, to, promotion });
      fen = after(fen, `${from}${to}${promotion ?? ''}`);
      assert.equal(fen, seen(game.fen()));
      for (const flag of flags) kinds.add(flag);
    }
  }
  assert.deepEqual([...kinds].sort(), ['b', 'c', 'e', 'k', 'n', 'p', 'q']);
});

test('in Chess960 the king takes its rook to castle', () => {
  const fen = '1r2k2r/8/8/8/8/8/8/RK4R1 w - - 0 1';
  assert.equal(after(fen, 'b1g1'), '1r2k2r/8/8/8/8/8/8/R4RK1 b');
  assert.equal(after(fen, 'b1a1'), '1r2k2r/8/8/8/8/8/8/2KR2R1 b');
  const near = '4k3/8/8/8/8/8/8/5KR1 w - - 0 1';
  assert.equal(after(near, 'f1g1'), '4k3/8/8/8/8/8/8/5RK1 b');
  assert.equal(after(near, 'f1e1'), '4k3/8/8/8/8/8/8/4K1R1 b');
});

test('each side sees its own squares at the bottom', () => {
  assert.equal(squaresSeenBy('white')[7][0], 'a1');
  assert.equal(squaresSeenBy('black')[7][0], 'h8');
  assert.equal(new Set(squaresSeenBy('black').flat()).size, 64);
});

test('what was taken is counted, and promoted pawns are not', () => {
  const fen = 'rnbqkb1r/pp2pppp/3p1n2/8/3NP3/8/PPP2PPP/RNBQKB1R w KQkq - 1 5';
  assert.deepEqual(taken(START, fen, 'white'), { pieces: ['pawn'], ahead: 0 });
  assert.deepEqual(taken(START, START, 'black'), { pieces: [], ahead: 0 });
  const start = '4k3/P7/8/8/8/8/8/r3K3 w - - 0 1';
  assert.deepEqual(taken(start, 'Q3k3/8/8/8/8/8/8/r3K3 b - - 0 1', 'black'), { pieces: [], ahead: -8 });
  assert.deepEqual(taken(start, 'Q3k3/8/8/8/8/8/8/r3K3 b - - 0 1', 'white'), { pieces: [], ahead: 8 });
});

test('squares lead where moves lead, promotions share theirs', () => {
  const legal = [{ san: 'a8=Q', uci: 'a7a8q' }, { san: 'a8=N', uci: 'a7a8n' }, { san: 'axb8=Q', uci: 'a7b8q' }, { san: 'Kd1', uci: 'e1d1' }];
  assert.deepEqual([...destinations(legal)], [['a7', ['a8', 'b8']], ['e1', ['d1']]]);
  assert.deepEqual(movesBetween(legal, 'a7', 'a8').map(({ san }) => san), ['a8=Q', 'a8=N']);
  assert.deepEqual(movesBetween(legal, 'e1', 'e2'), []);
});

test('lines are numbered as in a score sheet', () => {
  const moves = ['e4', 'e5', 'Nf3'].map((san) => ({ san }));
  assert.equal(numbered(START, moves, 0), '1. e4 e5 2. Nf3');
  assert.equal(numbered(START, moves, 1), '1... e5 2. Nf3');
  assert.equal(numbered('4k3/8/8/8/8/8/8/4K3 b - - 0 30', [{ san: 'Kd8' }, { san: 'Kd2' }], 0), '30... Kd8 31. Kd2');
});

test('a file is cut between games and nothing is lost', () => {
  const game = (n) => `[Event "Game ${n}"]\n[Result "*"]\n\n1. e4 { a comment\n[%clk 0:01:00] } e5 *\n\n`;
  const all = Array.from({ length: 250 }, (_, n) => game(n + 1)).join('');
  const chunks = chunksOf(all.replaceAll('\n', '\r\n'));
  assert.deepEqual(chunks.map(({ first }) => first), [1, 101, 201]);
  assert.equal(chunks.map(({ pgn }) => pgn).join('\n').trim(), all.trim());
  for (const { pgn, first, line } of chunks) {
    assert.ok(pgn.startsWith(`[Event "Game ${first}"]`));
    assert.equal(all.split('\n')[line - 1], `[Event "Game ${first}"]`);
    assert.ok(pgn.match(/\[Event/g).length <= 100);
  }
  assert.deepEqual(chunksOf('  \n'), []);
  assert.equal(chunksOf('1. e4 e5').length, 1);
  const long = game(1).replace('a comment', 'x'.repeat(120_000)) + game(2).replace('a comment', 'x'.repeat(120_000));
  assert.equal(chunksOf(long).length, 2);
});
