// A player who beats beginners: mates where it can, else counts material after the best answer, does not
// stalemate, and walks king and pawns towards the end once ahead.
import { Chess } from 'chess.js';

const VALUES = { p: 100, n: 300, b: 300, r: 500, q: 900, k: 0 };

function balance(board, us) {
  let sum = 0;
  for (const row of board.board()) for (const piece of row) if (piece) sum += piece.color === us ? VALUES[piece.type] : -VALUES[piece.type];
  return sum;
}

function kings(board) {
  const found = {};
  board.board().forEach((row, rank) => row.forEach((piece, file) => { if (piece?.type === 'k') found[piece.color] = { rank, file }; }));
  return found;
}

/** How good a position is for `us` after our move, seen with the other side's best answer. */
function worth(board, us) {
  if (board.isCheckmate()) return 1e6;
  if (board.isStalemate() || board.isInsufficientMaterial()) return -1e6;
  const answers = board.moves({ verbose: true });
  let worst = Infinity;
  for (const answer of answers) {
    board.move(answer);
    const value = board.isCheckmate() ? -5e5 : balance(board, us);
    board.undo();
    worst = Math.min(worst, value);
  }
  let score = worst * 10;
  if (balance(board, us) > 500) {
    const { [us]: own, [us === 'w' ? 'b' : 'w']: other } = kings(board);
    const edge = Math.min(other.rank, 7 - other.rank) + Math.min(other.file, 7 - other.file);
    const distance = Math.max(Math.abs(own.rank - other.rank), Math.abs(own.file - other.file));
    score += 4 * (40 - answers.length) + 6 * (6 - edge) - 3 * distance;
  }
  return score;
}

/** The move to play in this position, in SAN. */
export function chooseMove(fen) {
  const board = new Chess(fen);
  const us = board.turn();
  let best;
  for (const move of board.moves({ verbose: true })) {
    board.move(move);
    const value = worth(board, us) + (move.piece === 'p' ? 4 : 0);
    board.undo();
    if (!best || value > best.value) best = { value, san: move.san };
  }
  return best.san;
}
