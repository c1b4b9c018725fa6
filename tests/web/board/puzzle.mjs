// Puzzles that a test can solve without an engine.
import { Chess } from 'chess.js';

/**
 * A mate in one, a move that is not it, and the number of the answer that had it: `ask` calls `chess_puzzle` and gives
 * the structured half. Promotions would want a choice besides the drag, so others are asked for.
 */
export async function mateInOne(ask) {
  for (let number = 0; number < 20; number += 1) {
    const { fen, game_id: game } = await ask({ theme: 'mateIn1', another: number > 0 });
    const moves = new Chess(fen).moves({ verbose: true }).filter((move) => !move.promotion);
    const mate = moves.find((move) => move.san.endsWith('#'));
    const wrong = moves.find((move) => !/[#+]/.test(move.san));
    if (mate && wrong) return { game, fen, mate, wrong, number };
  }
  throw new Error('twenty mates in one were all promotions');
}
